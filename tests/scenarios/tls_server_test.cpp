// TLS towards clients, by the built program and real clients.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include "tests/scenarios/tls_support.hpp"
#include "tests/support/tool_process.hpp"

namespace drishti::testing {
namespace {

TEST(TlsServer, AnswersInBothVersionsAndTellsAllAboutIt) {
  TlsFolder files;
  ProxyUnderTest proxy(tls_config(files.server(
      "localhost", "return 200 \"$scheme $https $ssl_protocol $ssl_cipher $ssl_server_name $ssl_session_reused $ssl_curve "
                   "$ssl_alpn_protocol $ssl_client_verify\";")));
  TlsClient modern(proxy.port(), {.groups = "X25519", .alpn = {"http/1.1"}});
  EXPECT_EQ(body_of(modern), "https on TLSv1.3 TLS_AES_256_GCM_SHA384 localhost . X25519 http/1.1 NONE");
  TlsClient older(proxy.port(), {.max_version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256", .groups = "P-256"});
  EXPECT_EQ(body_of(older), "https on TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256 localhost . prime256v1  NONE");
}

TEST(TlsServer, AnswersWhoHadConnectedBeforeAReloadAndSaysHelloAfterIt) {
  TlsFolder files;
  ProxyUnderTest proxy("worker_processes 1;\n" + tls_config(files.server("localhost", "return 200 old;")));
  TlsClient client(proxy.port(), {.once_connected = [&] {
    proxy.write_config("worker_processes 1;\n" + tls_config(files.server("localhost", "return 200 new;")));
    proxy.send_signal(SIGHUP);
    EXPECT_TRUE(proxy.wait_for_log("reconfigured: new requests use the new configuration"));
    for (std::string body; body != "new";) {
      TlsClient other(proxy.port());
      body = body_of(other);
    }
  }});
  EXPECT_EQ(body_of(client), "new");
}

TEST(TlsServer, AnswersWhoHadConnectedBeforeAQuitAndSaysHelloAfterIt) {
  TlsFolder files;
  ProxyUnderTest proxy(tls_config(files.server("localhost", "return 200 ok;")));
  TlsClient client(proxy.port(), {.once_connected = [&] {
    proxy.send_signal(SIGQUIT);
    while (RawClient(proxy.port()).connected()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }});
  EXPECT_EQ(body_of(client), "ok");
  EXPECT_EQ(proxy.wait_for_exit(), 0);
}

// A write over TLS takes 128 KiB at most: the rest of a chunk is no sign that the socket is full.
TEST(TlsServer, PassesOnChunksThatAreLargerThanOneWrite) {
  TlsFolder files;
  const std::string large(1 << 20, 'x');
  FakeUpstream upstream([&](const UpstreamRequest&) {
    return Actions{Action::send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n" + large + "\r\n0\r\n\r\n")};
  });
  const std::string origin = "proxy_pass http://" + upstream.address() + "; ";
  ProxyUnderTest proxy(tls_config("proxy_cache_path memory keys_zone=z:16m;\n" +
                                  files.server("localhost", "send_timeout 2s; location / { " + origin + "} location /unbuffered { " + origin +
                                                                "proxy_buffering off; } location /cached { " + origin +
                                                                "proxy_cache z; proxy_cache_valid 1m; }")));
  TlsClient client(proxy.port());
  for (const char* path : {"/", "/unbuffered", "/cached", "/cached", "/cached"})
    EXPECT_TRUE(body_of(client, path) == large) << path;
}

TEST(TlsServer, IsChosenByTheNamedServersOfEveryKind) {
  TlsFolder files;
  files.add(CertificateWish{.name = "star"}, "star");
  files.add(CertificateWish{.name = "expression"}, "expression");
  const auto server = [&](const std::string& names, const std::string& certificate) {
    return "server { listen 127.0.0.1:@port@ ssl; server_name " + names + "; " + files.lines(certificate) + "return 200 " +
           certificate + "; }\n";
  };
  ProxyUnderTest proxy(tls_config(files.server("first.test", "return 200 first;") + files.server("b.test", "return 200 b;") +
                                  server("*.star.test", "star") + server("~^x\\d+\\.test$", "expression")));
  const std::pair<std::string, std::string> wanted[] = {
      {"b.test", "b.test"},         {"B.TEST", "b.test"},         {"a.b.star.test", "star"},    {"x42.test", "expression"},
      {"nobody.test", "first.test"}, {"", "first.test"},          {"star.test", "first.test"}};
  for (const auto& [name, certificate] : wanted) {
    TlsClient client(proxy.port(), {.name = name});
    EXPECT_EQ(client.server_name(), certificate) << name;
  }
}

// RFC 8446 C.4: browsers throw a ticket away once they have used it.
TEST(TlsServer, GivesAResumedSessionATicketForTheNextOne) {
  TlsFolder files;
  ProxyUnderTest proxy(tls_config(files.server("localhost", "return 200 ok;")));
  auto session = session_of(proxy.port(), {});
  for (int i = 0; i < 3; ++i) {
    TlsClient client(proxy.port(), {.session = session});
    ASSERT_TRUE(client.resumed()) << i;
    EXPECT_EQ(body_of(client), "ok");
    session = client.session();
    ASSERT_NE(session, nullptr) << i;
  }
}

TEST(TlsServer, GivesEachClientTheKindOfCertificateThatItTakes) {
  TlsFolder files;
  files.add(CertificateWish{.name = "localhost", .rsa = true}, "rsa");
  ProxyUnderTest proxy(tls_config(files.server("localhost", files.lines("rsa") + "return 200 x;")));
  TlsClient modern(proxy.port());
  EXPECT_EQ(modern.server_key_type(), EVP_PKEY_EC);
  TlsClient old(proxy.port(), {.max_version = TLS1_2_VERSION, .ciphers = "ECDHE-RSA-AES128-GCM-SHA256"});
  EXPECT_EQ(old.server_key_type(), EVP_PKEY_RSA);
}

TEST(TlsServer, ObeysVersionsCiphersAndGroupsOfTheNamedServer) {
  TlsFolder files;
  ProxyUnderTest proxy(tls_config(
      files.server("a.test", "ssl_protocols TLSv1.3; return 200 $ssl_protocol;") +
      files.server("b.test", "ssl_protocols TLSv1.2; ssl_ciphers ECDHE-ECDSA-AES256-GCM-SHA384; ssl_ecdh_curve P-384; "
                             "return 200 \"$ssl_protocol $ssl_cipher $ssl_curve\";") +
      files.server("c.test", "ssl_conf_command Ciphersuites TLS_CHACHA20_POLY1305_SHA256; return 200 $ssl_cipher;")));
  TlsClient a(proxy.port(), {.name = "a.test"});
  EXPECT_EQ(body_of(a, "/", "a.test"), "TLSv1.3");
  TlsClient a12(proxy.port(), {.name = "a.test", .max_version = TLS1_2_VERSION});
  EXPECT_FALSE(a12.connected());
  EXPECT_EQ(a12.alert(), SSL_AD_PROTOCOL_VERSION);
  TlsClient b(proxy.port(), {.name = "b.test"});
  EXPECT_EQ(body_of(b, "/", "b.test"), "TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384 secp384r1");
  TlsClient c(proxy.port(), {.name = "c.test"});
  EXPECT_EQ(body_of(c, "/", "c.test"), "TLS_CHACHA20_POLY1305_SHA256");
}

TEST(TlsServer, TakesEncryptedKeysAndFindsCertificatesByVariables) {
  TlsFolder files;
  const auto& locked = files.add("locked.test");
  write_file(files.file("locked.test.key"), locked.key_pem("sesame"));
  write_file(files.file("words"), "no\nsesame\n");
  files.add("one.test");
  files.add("two.test");
  ProxyUnderTest proxy(tls_config(
      files.server("locked.test", "ssl_password_file " + files.file("words") + "; return 200 locked;") +
      "server { listen 127.0.0.1:@port@ ssl; server_name one.test two.test gone.test; ssl_certificate " + files.path() +
      "/$ssl_server_name.pem; ssl_certificate_key " + files.path() + "/$ssl_server_name.key; return 200 $ssl_server_name; }"));
  for (const std::string name : {"locked.test", "one.test", "two.test", "ONE.test"}) {
    TlsClient client(proxy.port(), {.name = name});
    EXPECT_EQ(client.server_name(), name == "ONE.test" ? "one.test" : name);
  }
  TlsClient gone(proxy.port(), {.name = "gone.test"});
  EXPECT_FALSE(gone.connected());
  EXPECT_TRUE(proxy.wait_for_log("cannot load certificate \"" + files.file("gone.test.pem") + "\""));
}

TEST(TlsServer, DressesUpItsRefusalsAsErrorPageSays) {
  TlsFolder files;
  const TestCertificate stranger(CertificateWish{.name = "stranger"});
  ProxyUnderTest proxy(tls_config(files.server(
      "localhost", "ssl_verify_client on; ssl_client_certificate " + files.file("root.pem") +
                       "; error_page 495 =403 /bad; error_page 496 =401 /none; error_page 497 =301 "
                       "https://$host:1$request_uri;\n"
                       "location / { return 200 ok; } location /bad { return 403 \"bad $ssl_client_verify\"; } "
                       "location /none { return 401 none; }")));
  TlsClient none(proxy.port());
  EXPECT_EQ(body_of(none), "none");
  TlsClient bad(proxy.port(), {.certificate = &stranger});
  EXPECT_EQ(body_of(bad), "bad FAILED:self-signed certificate");
  RawClient plain(proxy.port());
  plain.send("GET /x?y HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto response = plain.read_response();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 301);
  EXPECT_EQ(response->field("Location"), "https://localhost:1/x?y");
}

TEST(TlsServer, DescribesTheClientsCertificate) {
  TlsFolder files;
  const TestCertificate& client = files.add(CertificateWish{.name = "client.test", .valid_to = 129'600}, "client.test");
  ProxyUnderTest proxy(tls_config(files.server(
      "localhost", "ssl_verify_client optional; ssl_client_certificate " + files.file("root.pem") +
                       "; return 200 \"$ssl_client_verify|$ssl_client_s_dn|$ssl_client_i_dn|$ssl_client_v_remain|"
                       "$ssl_client_raw_cert|$ssl_client_s_dn_legacy\";")));
  TlsClient with(proxy.port(), {.certificate = &client});
  EXPECT_EQ(body_of(with), "SUCCESS|CN=client.test|CN=test root|1|" + client.pem() + "|/CN=client.test");
  TlsClient without(proxy.port());
  EXPECT_EQ(body_of(without), "NONE|||||");
}

TEST(TlsServer, PassesLargeBodiesBothWays) {
  const std::string large(3 << 20, 'x');
  FakeUpstream upstream([&](const UpstreamRequest& request) {
    return Actions{Action::send(ok_response(std::to_string(request.body.size()) + large))};
  });
  TlsFolder files;
  ProxyUnderTest proxy(tls_config(files.server(
      "localhost", "client_max_body_size 10m; location / { proxy_pass http://" + upstream.address() + "; }")));
  TlsClient client(proxy.port());
  client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(large.size()) + "\r\n\r\n");
  client.send(large);
  const auto response = client.read_response();
  ASSERT_TRUE(response);
  EXPECT_TRUE(response->complete);
  EXPECT_EQ(response->body.size(), 7 + large.size());
}

TEST(TlsServer, IsUnderstoodByCurlWhichVerifiesIt) {
  if (!installed("/usr/bin/curl")) GTEST_SKIP() << "needs curl";
  TlsFolder files;
  ProxyUnderTest proxy(tls_config(files.server("localhost", "return 200 \"hello over $ssl_protocol\";")));
  ToolProcess curl({"/usr/bin/curl", "-sS", "--http1.1", "--cacert", files.file("root.pem"),
                    "https://localhost:" + std::to_string(proxy.port()) + "/"},
                   files.file("out"));
  EXPECT_EQ(curl.wait(), 0);
  std::ifstream out(files.file("out"));
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(out), {}), "hello over TLSv1.3");
}

/// `:LINE` of the first line of the configuration that contains TEXT.
std::string line_of(const ProxyUnderTest& proxy, const std::string& text) {
  const std::string config = proxy.read("nginx.conf");
  const std::string before = config.substr(0, config.find(text));
  return ":" + std::to_string(1 + std::count(before.begin(), before.end(), '\n'));
}

TEST(TlsServer, SaysWhereAFileThatIsBadIsAskedFor) {
  TlsFolder files;
  ProxyUnderTest proxy(tls_config(files.server("one", "return 200 x;") + files.server("two", "return 200 x;") +
                                  "server { listen 127.0.0.1:@port2@; proxy_ssl_verify on;\nproxy_ssl_trusted_certificate " +
                                  files.file("root.pem") + ";\nlocation / { proxy_pass https://127.0.0.1:1; } }\n"));
  write_file(files.file("two.pem"), "half a certificate");
  proxy.send_signal(SIGHUP);
  EXPECT_TRUE(proxy.wait_for_log("nginx.conf" + line_of(proxy, "server_name two"))) << proxy.error_log();
  files.add("two");
  write_file(files.file("root.pem"), "no certificate at all");
  proxy.send_signal(SIGHUP);
  EXPECT_TRUE(proxy.wait_for_log("nginx.conf" + line_of(proxy, "proxy_pass"))) << proxy.error_log();
}

TEST(TlsServer, ReadsItsCertificatesAgainOnHupAndKeepsTheOldOnesWhenTheyAreBad) {
  TlsFolder files;
  const std::string config = tls_config(files.server("localhost", "return 200 x;"));
  ProxyUnderTest proxy(config);
  TlsClient kept(proxy.port());
  EXPECT_EQ(body_of(kept), "x");
  files.add(CertificateWish{.name = "second"}, "localhost");
  proxy.send_signal(SIGHUP);
  ASSERT_TRUE(proxy.wait_for_log("reconfigured"));
  EXPECT_EQ(TlsClient(proxy.port()).server_name(), "second");
  EXPECT_EQ(body_of(kept), "x");
  write_file(files.file("localhost.key"), "half a k");
  proxy.send_signal(SIGHUP);
  ASSERT_TRUE(proxy.wait_for_log("cannot load certificate key \"" + files.file("localhost.key") + "\""));
  EXPECT_EQ(TlsClient(proxy.port()).server_name(), "second");
  EXPECT_EQ(body_of(kept), "x");
}

}  // namespace
}  // namespace drishti::testing
