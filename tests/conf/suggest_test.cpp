#include "conf/suggest.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace drishti::conf {
namespace {

TEST(DidYouMean, FindsTheNearMiss) {
  const std::vector<std::string_view> known = {"listen",           "server",        "server_name",       "location",
                                               "proxy_pass",       "proxy_bind",    "proxy_set_header",  "proxy_read_timeout",
                                               "proxy_send_timeout", "least_conn",  "return",            "root",
                                               "set",              "if",            "map",               "proxy_hide_header"};
  const struct { const char* typed; const char* meant; } cases[] = {
      {"lisen", "listen"},
      {"listne", "listen"},
      {"sever", "server"},
      {"Location", "location"},
      {"proxy_passs", "proxy_pass"},
      {"proxypass", "proxy_pass"},
      {"proxy-pass", "proxy_pass"},
      {"least_con", "least_conn"},
      {"leastconn", "least_conn"},
      {"proxy_hide", "proxy_hide_header"},
      {"server_nam", "server_name"},
      {"proxy_read_timout", "proxy_read_timeout"},
      {"rooot", "root"},
      {"mpa", "map"},
      {"proxy_", ""},       // the beginning of many
      {"gzip", ""},
      {"st", "set"},
      {"xyz", ""},
      {"listen", ""},       // known: nothing to suggest
      {"", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(did_you_mean(c.typed, known), c.meant) << c.typed;
  EXPECT_EQ(did_you_mean(std::string(100000, 'l'), known), "");
  EXPECT_EQ(did_you_mean("listen", {}), "");
}

}  // namespace
}  // namespace drishti::conf
