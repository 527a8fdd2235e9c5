// TLS to upstreams: proxy_ssl_*. Whole proxy, Node.js as the upstream; threats R16, R17 (L10: tls_catalogue_upstream.cpp).

#include <gtest/gtest.h>

#include "tests/scenarios/scenario.hpp"
#include "tests/support/json_text.hpp"
#include "tests/support/metrics_page.hpp"
#include "tests/support/node_backend.hpp"
#include "tests/support/openssl_files.hpp"
#include "tests/support/patience.hpp"

namespace drishti::testing {
namespace {

std::string one_location(const std::string& target, const std::string& more) {
  return http_config("server { listen 127.0.0.1:@port@; location /metrics { metrics; }\nlocation / { proxy_pass https://" +
                     target + ";\n" + more + "\n} }");
}

RawResponse get_path(const ProxyUnderTest& proxy, const std::string& path) { return ask(proxy, request_text("GET", path)); }

double handshakes(const ProxyUnderTest& proxy, const NodeBackend& backend, const std::string& result) {
  return MetricsPage::of(proxy)["drishti_upstream_tls_handshakes_total{result=\"" + result + "\",upstream=\"" +
                                backend.address() + "\"}"];
}

struct UpstreamTls : ::testing::Test {
  OpensslFiles files;
  UpstreamTls() { files.make("backend", "DNS:backend.test,IP:127.0.0.1"); }

  std::vector<std::string> backend_arguments(const std::string& kind = "https", const std::string& certificate = "backend") {
    return {kind, "one", files.file(certificate + ".key"), files.file(certificate + ".pem"), files.file("ca.pem")};
  }
  std::string trusted() const { return "proxy_ssl_verify on; proxy_ssl_trusted_certificate " + files.file("ca.pem") + ";"; }
};

TEST_F(UpstreamTls, PassesRequestsOnToHttps) {
  NodeBackend backend(backend_arguments());
  ProxyUnderTest proxy(one_location(backend.address(), "proxy_set_header X-Port $proxy_port;"));
  const RawResponse response = ask(proxy, request_text("POST", "/a?b=c", {}, "body!"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(member(response.body, "path"), "/a?b=c");
  EXPECT_EQ(member(response.body, "body"), "5");
  EXPECT_EQ(member(response.body, "host"), backend.address());
  EXPECT_EQ(member(response.body, "x-port"), backend.port());
  EXPECT_EQ(member(response.body, "sni"), "");  // proxy_ssl_server_name is off by default
}

TEST_F(UpstreamTls, CarriesLargeBodiesBothWays) {
  NodeBackend backend(backend_arguments());
  ProxyUnderTest proxy(one_location(backend.address(), "client_max_body_size 20m;"));
  std::string body(9 << 20, 'a');
  for (std::size_t i = 0; i < body.size(); i += 4093) body[i] = static_cast<char>('a' + i % 23);
  EXPECT_TRUE(ask(proxy, request_text("POST", "/body", {}, body)).body == body);
  EXPECT_EQ(get_path(proxy, "/big?bytes=5000000").body.size(), 5000000u);
}

/// Waits until the backend got the head of its COUNTth request for /body.
bool has_begun(const NodeBackend& backend, int count) {
  return eventually([&] {
    std::istringstream words(backend.output());
    int seen = 0;
    for (std::string word; words >> word;) seen += word == "began" ? 1 : 0;
    return seen >= count;
  });
}

TEST_F(UpstreamTls, ATicketThatComesDuringAnUploadIsNoAnswer) {
  NodeBackend backend(backend_arguments());
  ProxyUnderTest proxy(one_location(backend.address(), "proxy_request_buffering off;"));
  for (int i = 1; i <= 5; ++i) {
    RawClient client(proxy.port());
    client.send("POST /body HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nfirst");
    ASSERT_TRUE(has_begun(backend, i));
    client.send("later");
    const RawResponse response = client.read_response().value_or(RawResponse{});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "firstlater");
  }
}

TEST_F(UpstreamTls, VerifiesTheChainAndTheName) {
  NodeBackend backend(backend_arguments());
  ProxyUnderTest by_address(one_location(backend.address(), trusted()));
  EXPECT_EQ(get_path(by_address, "/name").body, "one");
  ProxyUnderTest by_name(one_location(backend.address(), trusted() + "proxy_ssl_name backend.test; proxy_ssl_server_name on;"));
  EXPECT_EQ(member(get_path(by_name, "/").body, "sni"), "backend.test");
}

TEST_F(UpstreamTls, RefusesACertificateOfAnotherNameAndSaysWhyInTheLogAlone) {  // threat R17
  NodeBackend backend(backend_arguments());
  ProxyUnderTest proxy(one_location(backend.address(), trusted() + "proxy_ssl_name other.test;"));
  const RawResponse response = get_path(proxy, "/name");
  EXPECT_EQ(response.status, 502);
  EXPECT_EQ(response.body.find("other.test"), std::string::npos);
  EXPECT_TRUE(proxy.wait_for_log("upstream SSL certificate does not match \"other.test\" while SSL handshaking to upstream"));
}

TEST_F(UpstreamTls, RefusesACertificateOfAnUnknownAuthority) {
  NodeBackend backend(backend_arguments());
  OpensslFiles others;
  ProxyUnderTest proxy(one_location(
      backend.address(), "proxy_ssl_verify on; proxy_ssl_trusted_certificate " + others.file("ca.pem") + ";"));
  EXPECT_EQ(get_path(proxy, "/name").status, 502);
  EXPECT_TRUE(proxy.wait_for_log("upstream SSL certificate verify error: ("));
  EXPECT_EQ(handshakes(proxy, backend, "failed"), 1);
}

TEST_F(UpstreamTls, RefusesAnExpiredCertificate) {
  files.make("old", "IP:127.0.0.1", -1);
  NodeBackend backend(backend_arguments("https", "old"));
  ProxyUnderTest proxy(one_location(backend.address(), trusted()));
  EXPECT_EQ(get_path(proxy, "/name").status, 502);
  EXPECT_TRUE(proxy.wait_for_log("upstream SSL certificate verify error: (10:certificate has expired)"));
}

TEST_F(UpstreamTls, RefusesARevokedCertificate) {
  files.revoke("backend");
  NodeBackend backend(backend_arguments());
  ProxyUnderTest proxy(one_location(backend.address(), trusted() + "proxy_ssl_crl " + files.file("crl.pem") + ";"));
  EXPECT_EQ(get_path(proxy, "/name").status, 502);
  EXPECT_TRUE(proxy.wait_for_log("upstream SSL certificate verify error: (23:certificate revoked)"));
}

TEST_F(UpstreamTls, TriesTheNextServerWhenACertificateIsRefused) {
  files.make("old", "IP:127.0.0.1", -1);
  NodeBackend bad(backend_arguments("https", "old")), good(backend_arguments());
  ProxyUnderTest proxy(http_config("upstream both { server " + bad.address() + "; server " + good.address() +
                                   "; }\nserver { listen 127.0.0.1:@port@; location / { proxy_pass https://both; " +
                                   "proxy_ssl_name backend.test;" + trusted() + "} }"));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(get_path(proxy, "/name").body, "one");
}

TEST_F(UpstreamTls, ShowsItsCertificateWhoseKeyIsEncrypted) {
  files.make("client", "DNS:client");
  files.encrypt_key("client", "open-sesame");
  std::ofstream(files.file("passwords")) << "wrong\nopen-sesame\n";
  NodeBackend backend(backend_arguments());
  ProxyUnderTest proxy(one_location(backend.address(), "proxy_ssl_certificate " + files.file("client.pem") +
                                                           "; proxy_ssl_certificate_key " + files.file("client.key") +
                                                           "; proxy_ssl_password_file " + files.file("passwords") + ";"));
  EXPECT_EQ(member(get_path(proxy, "/").body, "client"), "client");
}

TEST_F(UpstreamTls, ShowsTheCertificateThatVariablesName) {
  files.make("first", "DNS:first");
  files.make("second", "DNS:second");
  NodeBackend backend(backend_arguments());
  const std::string path = files.file("");
  ProxyUnderTest proxy(one_location(backend.address(), "proxy_ssl_certificate " + path + "$arg_who.pem; " +
                                                           "proxy_ssl_certificate_key " + path + "$arg_who.key;"));
  for (const char* who : {"first", "second", "first"})
    EXPECT_EQ(member(get_path(proxy, std::string("/?who=") + who).body, "client"), who);
}

TEST_F(UpstreamTls, UsesAnIdleConnectionAgainAlthoughTicketsCameOnIt) {
  NodeBackend backend(backend_arguments());
  ProxyUnderTest proxy(one_location(backend.address(), ""));
  const std::string first = member(get_path(proxy, "/").body, "connection");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(member(get_path(proxy, "/").body, "connection"), first);
}

TEST_F(UpstreamTls, ResumesSessions) {
  for (const char* version : {"TLSv1.2", "TLSv1.3"}) {
    NodeBackend backend(backend_arguments());
    ProxyUnderTest proxy(one_location(backend.address(), std::string("proxy_set_header Connection close; proxy_ssl_protocols ") +
                                                             version + ";"));
    EXPECT_EQ(member(get_path(proxy, "/").body, "resumed"), "false") << version;
    EXPECT_EQ(member(get_path(proxy, "/").body, "resumed"), "true") << version;
    EXPECT_EQ(handshakes(proxy, backend, "full"), 1) << version;
    EXPECT_EQ(handshakes(proxy, backend, "resumed"), 1) << version;
  }
}

TEST_F(UpstreamTls, ResumesNothingWhereThatIsOff) {
  NodeBackend backend(backend_arguments());
  ProxyUnderTest proxy(one_location(backend.address(), "proxy_set_header Connection close; proxy_ssl_session_reuse off;"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(member(get_path(proxy, "/").body, "resumed"), "false");
}

TEST_F(UpstreamTls, ConnectionsOfDifferentIdentitiesAreNotMixed) {
  files.make("client", "DNS:client");
  NodeBackend backend(backend_arguments());
  const std::string pass = "proxy_pass https://all;";
  ProxyUnderTest proxy(http_config(
      "upstream all { server " + backend.address() + "; }\nserver { listen 127.0.0.1:@port@;\n" +
      "location /plain/ { " + pass + " }\n" +
      "location /named/ { " + pass + "proxy_ssl_server_name on; proxy_ssl_name $arg_sni; }\n" +
      "location /client/ { " + pass + "proxy_ssl_certificate " + files.file("client.pem") +
      "; proxy_ssl_certificate_key " + files.file("client.key") + "; } }"));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(member(get_path(proxy, "/client/").body, "client"), "client");
    EXPECT_EQ(member(get_path(proxy, "/plain/").body, "client"), "");
    EXPECT_EQ(member(get_path(proxy, "/named/?sni=a.test").body, "sni"), "a.test");
    EXPECT_EQ(member(get_path(proxy, "/named/?sni=b.test").body, "sni"), "b.test");
    EXPECT_EQ(member(get_path(proxy, "/plain/").body, "sni"), "");
  }
}

TEST_F(UpstreamTls, PassesByVariablesToo) {
  NodeBackend backend(backend_arguments());
  ProxyUnderTest proxy(http_config("server { listen 127.0.0.1:@port@; location / { proxy_pass https://$arg_to/name;" +
                                   trusted() + "} }"));
  EXPECT_EQ(get_path(proxy, "/?to=" + backend.address()).body, "one");
}

TEST_F(UpstreamTls, PlaintextInPlaceOfAHandshakeIsNoResponse) {  // threat R16
  FakeUpstream plain([](const UpstreamRequest&) { return Actions{Action::send(ok_response("injected")), Action::read_to_close()}; },
                     FakeUpstream::AskAt::accept);
  ProxyUnderTest proxy(one_location(plain.address(), ""));
  const RawResponse response = get_path(proxy, "/");
  EXPECT_EQ(response.status, 502);
  EXPECT_EQ(response.body.find("injected"), std::string::npos);
  EXPECT_TRUE(proxy.wait_for_log("SSL_do_handshake() failed (SSL: "));
}

TEST_F(UpstreamTls, AHandshakeHasTheTimeOfConnecting) {
  FakeUpstream silent(stays_silent(), FakeUpstream::AskAt::accept);
  ProxyUnderTest proxy(one_location(silent.address(), "proxy_connect_timeout 200ms;"));
  EXPECT_EQ(get_path(proxy, "/").status, 504);
  EXPECT_TRUE(proxy.wait_for_log("upstream timed out (110: Connection timed out) while SSL handshaking to upstream"));
}

TEST_F(UpstreamTls, ChecksTheHealthOfAServerThroughTls) {
  files.make("old", "IP:127.0.0.1", -1);
  NodeBackend good(backend_arguments()), bad(backend_arguments("https", "old"));
  ProxyUnderTest proxy(http_config("upstream both { zone z 64k; server " + good.address() + "; server " + bad.address() +
                                   "; }\nserver { listen 127.0.0.1:@port@; location / { proxy_pass https://both;" +
                                   "proxy_ssl_name 127.0.0.1; health_check interval=100ms; " + trusted() + " } }"));
  EXPECT_TRUE(proxy.wait_for_log("certificate has expired"));
  EXPECT_EQ(get_path(proxy, "/name").body, "one");
}

}  // namespace
}  // namespace drishti::testing
