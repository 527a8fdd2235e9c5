// `ssl_conf_command Options KTLS` by the built program, on a kernel with TLS and on one without.
#include <gtest/gtest.h>

#include <csignal>

#include "net/kernel_tls.hpp"
#include "tests/scenarios/tls_support.hpp"

namespace drishti::testing {
namespace {

constexpr std::string_view notice = "\"ssl_conf_command Options KTLS\": the kernel has no TLS";

std::size_t count_of(std::string_view text, const std::string& log) {
  std::size_t count = 0;
  for (std::size_t at = log.find(text); at != log.npos; at = log.find(text, at + 1)) ++count;
  return count;
}

TEST(KernelTls, AServerThatAsksForItServesEveryClientWhateverTheKernelHas) {
  TlsFolder files;
  const std::string body(100'000, 'x');
  write_file(files.file("page"), body);
  ProxyUnderTest proxy(tls_config(
      files.server("a.test", "ssl_conf_command Options KTLS; root " + files.path() + ";") +
      files.server("b.test", "ssl_conf_command Options KTLS; location = /m { metrics; } location / { return 200 b; }")));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient file(proxy.port(), {.name = "a.test", .max_version = version});
    EXPECT_TRUE(body_of(file, "/page", "a.test") == body) << version;
    EXPECT_TRUE(body_of(file, "/page", "a.test") == body) << "a second one on the connection";
  }
  TlsClient scrape(proxy.port(), {.name = "b.test"});
  const std::string page = body_of(scrape, "/m", "b.test");
  const std::string taken = net::kernel_has_tls() ? "3" : "0";
  EXPECT_NE(page.find("drishti_tls_ktls_connections_total " + taken + "\n"), page.npos) << page;
}

TEST(KernelTls, ThatTheKernelHasNoneIsSaidOnceForEachConfiguration) {
  TlsFolder files;
  const std::string asking = "ssl_conf_command Options KTLS; return 200 x;";
  const std::string config = tls_config(files.server("a.test", asking) + files.server("b.test", asking));
  ProxyUnderTest proxy(config);
  TlsClient client(proxy.port(), {.name = "a.test"});
  EXPECT_EQ(body_of(client, "/", "a.test"), "x");
  const std::size_t once = net::kernel_has_tls() ? 0 : 1;
  EXPECT_EQ(count_of(notice, proxy.error_log()), once);
  proxy.write_config(tls_config(files.server("a.test", "return 200 y;")));
  proxy.send_signal(SIGHUP);
  ASSERT_TRUE(proxy.wait_for_log("generation 1 of the configuration ended"));
  EXPECT_EQ(count_of(notice, proxy.error_log()), once) << "who does not ask is told nothing";
}

}  // namespace
}  // namespace drishti::testing
