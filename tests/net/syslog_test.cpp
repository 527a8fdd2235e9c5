#include "net/syslog.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <stdexcept>

namespace drishti::net {
namespace {

TEST(Syslog, HasNginxDefaults) {
  const SyslogOptions options = parse_syslog("syslog:server=127.0.0.1");
  EXPECT_EQ(options.facility, 23);
  EXPECT_EQ(options.severity, 6);
  EXPECT_EQ(options.tag, "nginx");
  EXPECT_TRUE(options.hostname);
}

TEST(Syslog, WritesTheHeaderOfRfc3164) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  SyslogOptions options;
  EXPECT_EQ(syslog_header(options, "web1", 1767323045), "<190>Jan  2 03:04:05 web1 nginx: ");
  options.hostname = false;
  options.facility = 0;
  options.severity = 0;
  options.tag = "x";
  EXPECT_EQ(syslog_header(options, "web1", 1767323045), "<0>Jan  2 03:04:05 x: ");
}

TEST(Syslog, RefusesWhatNginxRefuses) {
  struct Case {
    const char* text;
    const char* error;
  };
  const Case cases[] = {
      {"syslog:", "no syslog server specified"},
      {"syslog:tag=a", "no syslog server specified"},
      {"syslog:server=127.0.0.1,facility=x", "unknown syslog facility \"x\""},
      {"syslog:server=127.0.0.1,severity=loud", "unknown syslog severity \"loud\""},
      {"syslog:server=127.0.0.1,tag=a-b", "syslog \"tag\" only allows alphanumeric characters and underscore"},
      {"syslog:server=127.0.0.1,tag=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "syslog tag length exceeds 32"},
      {"syslog:server=127.0.0.1,port=1", "unknown syslog parameter \"port=1\""},
      {"syslog:server=127.0.0.1:0", "invalid port in syslog server \"127.0.0.1:0\""},
      {"syslog:server=127.0.0.1:99999", "invalid port in syslog server \"127.0.0.1:99999\""},
  };
  for (const Case& c : cases) {
    try {
      open_syslog(c.text);
      ADD_FAILURE() << c.text << " was taken";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), c.error) << c.text;
    }
  }
}

TEST(Syslog, TakesAddressesWithAndWithoutPort) {
  for (const char* text : {"syslog:server=127.0.0.1", "syslog:server=127.0.0.1:5140", "syslog:server=[::1]",
                           "syslog:server=[::1]:5140", "syslog:server=unix:/nonexistent.sock"}) {
    EXPECT_NE(open_syslog(text), nullptr) << text;
  }
}

}  // namespace
}  // namespace drishti::net
