// `admin_listen ... ssl`: the admin listener over TLS, and the subcommands that speak to it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <iterator>

#include "tests/scenarios/admin_support.hpp"
#include "tests/support/openssl_files.hpp"
#include "tests/support/tls_client.hpp"
#include "tests/support/tool_process.hpp"

namespace drishti::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* curl = "/usr/bin/curl";

struct Result {
  int code = -1;
  std::string output;
};

struct AdminTls : ::testing::Test {
  OpensslFiles files;
  TokenFile token;
  FakeUpstream upstream{answers("a")};
  std::unique_ptr<ProxyUnderTest> proxy;

  AdminTls() {
    files.make("admin", "DNS:localhost,DNS:admin.test,IP:127.0.0.1");
    proxy = std::make_unique<ProxyUnderTest>(config("ssl"));
  }
  std::string config(const std::string& option) const {
    return "admin_listen 127.0.0.1:@port9@ " + option + ";\nadmin_ssl_certificate " + files.file("admin.pem") +
           ";\nadmin_ssl_certificate_key " + files.file("admin.key") + ";\nadmin_token_file " + token.path() + ";\n" +
           proxy_config("server " + upstream.address() + ";");
  }
  std::string url(const std::string& host = "127.0.0.1") const { return "https://" + host + ":" + std::to_string(proxy->port(9)); }

  Result run(std::vector<std::string> words) const {
    const std::string path = proxy->directory() + "/tool.out";
    Result result;
    result.code = ToolProcess(std::move(words), path).wait();
    std::ifstream file(path);
    result.output.assign(std::istreambuf_iterator<char>(file), {});
    return result;
  }
  Result ctl(std::vector<std::string> words) const {
    words.insert(words.begin(), {DRISHTI_BINARY, "ctl"});
    return run(std::move(words));
  }
  std::string configuration() const { return proxy->directory() + "/nginx.conf"; }
};

TEST_F(AdminTls, IsUnderstoodByCurlWhichVerifiesIt) {
  if (!installed(curl)) GTEST_SKIP() << "no curl";
  const Result api = run({curl, "-sS", "--cacert", files.file("ca.pem"), url() + "/api/1/status"});
  EXPECT_EQ(api.code, 0) << api.output;
  EXPECT_THAT(api.output, HasSubstr("\"generation\""));
  const Result metrics = run({curl, "-sS", "--cacert", files.file("ca.pem"), url() + "/metrics"});
  EXPECT_THAT(metrics.output, HasSubstr("drishti_build_info")) << "larger than a record";
  EXPECT_NE(run({curl, "-sS", url() + "/api/1/status"}).code, 0) << "nobody vouches for it";
}

TEST_F(AdminTls, SpeaksModernTlsAlone) {
  EXPECT_EQ(TlsClient(proxy->port(9)).version(), "TLSv1.3");
  EXPECT_TRUE(TlsClient(proxy->port(9), {.max_version = TLS1_2_VERSION}).connected());
  EXPECT_FALSE(TlsClient(proxy->port(9), {.min_version = TLS1_1_VERSION, .max_version = TLS1_1_VERSION,
                                          .ciphers = "ALL:@SECLEVEL=0", .allows_weak = true}).connected());
  EXPECT_FALSE(TlsClient(proxy->port(9), {.max_version = TLS1_2_VERSION, .ciphers = "AES128-GCM-SHA256"}).connected());
}

TEST_F(AdminTls, TellsNothingWithoutTls) {
  RawClient plain(proxy->port(9));
  plain.send("GET /api/1/status HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(plain.read_to_close().find("HTTP/"), std::string::npos);
  EXPECT_TRUE(plain.closed());
}

TEST_F(AdminTls, TakesNewCertificatesAtAReloadAndKeepsTheOldOneWhenTheyAreBad) {
  const auto name = [&] { return TlsClient(proxy->port(9)).server_name(); };
  EXPECT_EQ(name(), "admin");
  files.make("fresh", "IP:127.0.0.1");
  std::filesystem::copy_file(files.file("fresh.pem"), files.file("admin.pem"), std::filesystem::copy_options::overwrite_existing);
  proxy->send_signal(SIGHUP);
  ASSERT_TRUE(proxy->wait_for_log("key values mismatch"));
  EXPECT_EQ(name(), "admin");
  std::filesystem::copy_file(files.file("fresh.key"), files.file("admin.key"), std::filesystem::copy_options::overwrite_existing);
  proxy->send_signal(SIGHUP);
  ASSERT_TRUE(proxy->wait_for_log("generation 1 of"));
  EXPECT_EQ(name(), "fresh");
}

TEST_F(AdminTls, ComesAndGoesWithAReload) {
  proxy->write_config(config(""));
  proxy->send_signal(SIGHUP);
  ASSERT_TRUE(proxy->wait_for_log("generation 1 of"));
  EXPECT_EQ(admin_get(*proxy, "/api/1/status").status, 200);
  proxy->write_config(config("ssl"));
  proxy->send_signal(SIGHUP);
  ASSERT_TRUE(proxy->wait_for_log("generation 2 of"));
  EXPECT_TRUE(TlsClient(proxy->port(9)).connected());
}

TEST_F(AdminTls, CtlFindsItByTheConfigurationAndTrustsTheCertificateInThere) {
  const Result look = ctl({"-c", configuration(), "upstreams"});
  EXPECT_EQ(look.code, 0) << look.output;
  EXPECT_THAT(look.output, HasSubstr(upstream.address()));
  const Result change = ctl({"-c", configuration(), "drain", "backend", upstream.address()});
  EXPECT_EQ(change.code, 0) << change.output;
  EXPECT_THAT(change.output, HasSubstr("draining"));
  EXPECT_EQ(ctl({"-c", configuration(), "--cacert", files.file("ca.pem"), "status"}).code, 0);
  files.make("admin", "IP:127.0.0.1");  // not what the running process shows
  const Result other = ctl({"-c", configuration(), "status"});
  EXPECT_EQ(other.code, 1);
  EXPECT_THAT(other.output, HasSubstr("the certificate is not accepted"));
}

TEST_F(AdminTls, CtlVerifiesWhoeverAnAddressLeadsTo) {
  for (const std::string host : {"127.0.0.1", "localhost"}) {
    const Result good = ctl({"--address", url(host), "--cacert", files.file("ca.pem"), "status"});
    EXPECT_EQ(good.code, 0) << good.output;
  }
  const Result unknown = ctl({"--address", url(), "status"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.output, HasSubstr("the certificate is not accepted: "));
  files.make("elsewhere", "DNS:elsewhere.test");
  for (const char* end : {".pem", ".key"})
    std::filesystem::copy_file(files.file(std::string("elsewhere") + end), files.file(std::string("admin") + end),
                               std::filesystem::copy_options::overwrite_existing);
  proxy->send_signal(SIGHUP);
  ASSERT_TRUE(proxy->wait_for_log("generation 1 of"));
  EXPECT_THAT(ctl({"--address", url(), "--cacert", files.file("ca.pem"), "status"}).output, HasSubstr("IP address mismatch"));
  EXPECT_THAT(ctl({"--address", url("localhost"), "--cacert", files.file("ca.pem"), "status"}).output, HasSubstr("hostname mismatch"));
}

TEST_F(AdminTls, CtlSaysWhenItWasCalledTheWrongWay) {
  const std::string plain = "127.0.0.1:" + std::to_string(proxy->port(9));
  EXPECT_THAT(ctl({"--address", plain, "status"}).output, HasSubstr("--address https://HOST:PORT"));
  const Result useless = ctl({"--address", plain, "--cacert", files.file("ca.pem"), "status"});
  EXPECT_EQ(useless.code, 2);
  EXPECT_THAT(useless.output, HasSubstr("--cacert is for a listener with TLS"));
  const Result missing = ctl({"--address", url(), "--cacert", "/nonexistent.pem", "status"});
  EXPECT_THAT(missing.output, HasSubstr("cannot load certificates from \"/nonexistent.pem\""));
  EXPECT_THAT(ctl({"--address", "https://127.0.0.1:" + std::to_string(proxy->port()), "status"}).output, HasSubstr("TLS failed: "));
}

TEST_F(AdminTls, ScalingReadsTheAdviceOverHttps) {
  const Result good = run({DRISHTI_BINARY, "scaling", url() + "/scaling", "--cacert", files.file("ca.pem")});
  EXPECT_EQ(good.code, 0) << good.output;
  EXPECT_THAT(good.output, HasSubstr("backend"));
  const Result unknown = run({DRISHTI_BINARY, "scaling", url() + "/scaling"});
  EXPECT_NE(unknown.code, 0);
  EXPECT_THAT(unknown.output, HasSubstr("the certificate is not accepted: "));
}

TEST_F(AdminTls, ATestOfTheConfigurationReadsItsFiles) {
  std::filesystem::remove(files.file("admin.key"));
  const Result result = run({DRISHTI_BINARY, "-t", "-c", configuration()});
  EXPECT_NE(result.code, 0);
  EXPECT_THAT(result.output, HasSubstr("admin.key"));
}

}  // namespace
}  // namespace drishti::testing
