// ssl_certificate_watch, and what is told about certificates.
#include <gtest/gtest.h>

#include <chrono>
#include <ctime>

#include "tests/scenarios/admin_support.hpp"
#include "tests/scenarios/tls_support.hpp"
#include "tests/support/metrics_page.hpp"
#include "tests/support/patience.hpp"
#include "tests/support/tool_process.hpp"

namespace drishti::testing {
namespace {

constexpr const char* metrics_server = "server { listen 127.0.0.1:@port2@; location /metrics { metrics; } }\n";

/// The line in the log comes first, then each worker takes what is new.
bool comes_to_serve(const ProxyUnderTest& proxy, const std::string& name) {
  return eventually([&] { return TlsClient(proxy.port()).server_name() == name; });
}

struct WatchedServer {
  explicit WatchedServer(const std::string& more = {})
      : proxy(tls_config(files.server("localhost", "ssl_certificate_watch on; return 200 ok;") + more + metrics_server)) {}
  std::string name() const { return TlsClient(proxy.port()).server_name(); }
  double metric(const std::string& series) const { return MetricsPage::of(proxy, 2)[series]; }
  TlsFolder files;
  ProxyUnderTest proxy;
};

TEST(CertificateWatch, TakesRenewedFilesWithoutTouchingConnections) {
  WatchedServer server;
  TlsClient kept(server.proxy.port());
  EXPECT_EQ(body_of(kept), "ok");
  server.files.add(CertificateWish{.name = "fresh", .valid_to = 999'999}, "localhost");
  ASSERT_TRUE(server.proxy.wait_for_log("certificates were read again", std::chrono::seconds(15)));
  EXPECT_TRUE(comes_to_serve(server.proxy, "fresh"));
  EXPECT_EQ(body_of(kept), "ok");
  const std::string series = "drishti_tls_certificate_not_after_timestamp_seconds{file=\"" +
                             server.files.file("localhost.pem") + "\",server=\"localhost\"}";
  EXPECT_NEAR(server.metric(series), static_cast<double>(std::time(nullptr) + 999'999), 60);
  EXPECT_EQ(server.metric("drishti_config_generation"), 1);
}

TEST(CertificateWatch, KeepsTheOldOnesWhileTheNewAreBadAndSaysSo) {
  WatchedServer server;
  const TestCertificate fresh(CertificateWish{.name = "fresh"});
  write_file(server.files.file("localhost.pem"), fresh.pem());
  ASSERT_TRUE(server.proxy.wait_for_log("the certificates in use stay", std::chrono::seconds(15)));
  EXPECT_NE(server.proxy.error_log().find(server.files.file("localhost.key")), std::string::npos);
  EXPECT_EQ(server.name(), "localhost");
  EXPECT_EQ(server.metric("drishti_tls_certificate_load_successful"), 0);
  EXPECT_EQ(server.metric("drishti_tls_certificate_load_failures_total"), 1);
  write_file(server.files.file("localhost.key"), fresh.key_pem());
  ASSERT_TRUE(server.proxy.wait_for_log("certificates were read again", std::chrono::seconds(15)));
  EXPECT_TRUE(comes_to_serve(server.proxy, "fresh"));
  EXPECT_EQ(server.metric("drishti_tls_certificate_load_successful"), 1);
}

TEST(CertificateWatch, LeavesServersAloneThatDoNotAskForIt) {
  TlsFolder files;
  ProxyUnderTest proxy(tls_config(files.server("localhost", "ssl_certificate_watch on; return 200 ok;") +
                                  files.server("other.test", "return 200 other;")));
  files.add(CertificateWish{.name = "fresh other"}, "other.test");
  files.add(CertificateWish{.name = "fresh"}, "localhost");
  ASSERT_TRUE(proxy.wait_for_log("certificates were read again", std::chrono::seconds(15)));
  EXPECT_TRUE(comes_to_serve(proxy, "fresh"));
  EXPECT_EQ(TlsClient(proxy.port(), {.name = "other.test"}).server_name(), "other.test");
}

TEST(Certificates, AreToldByTheAdminApiAndByCtl) {
  TlsFolder files;
  TokenFile token;
  ProxyUnderTest proxy(with_admin(token, tls_config(files.server("localhost", "return 200 ok;"))));
  const ApiAnswer answer = admin_get(proxy, "/api/1/certificates");
  ASSERT_EQ(answer.status, 200);
  const json::value one = answer.body.at("certificates").as_array().at(0);
  EXPECT_EQ(one.at("server").as_string(), "localhost");
  EXPECT_EQ(one.at("subject").as_string(), "CN=localhost");
  EXPECT_EQ(one.at("issuer").as_string(), "CN=test root");
  EXPECT_EQ(one.at("key").as_string(), "EC 256");
  EXPECT_EQ(one.at("names").as_array().at(0).as_string(), "localhost");
  const std::string out = files.file("out");
  EXPECT_EQ(ToolProcess({DRISHTI_BINARY, "ctl", "-c", proxy.directory() + "/nginx.conf", "certificates"}, out).wait(), 0);
  std::ifstream shown(out);
  const std::string text(std::istreambuf_iterator<char>(shown), {});
  EXPECT_NE(text.find("localhost  " + files.file("localhost.pem") + "  CN=localhost  EC 256"), std::string::npos) << text;
}

}  // namespace
}  // namespace drishti::testing
