#include "tests/scenarios/tls_catalogue.hpp"
#include "tests/scenarios/tls_support.hpp"
#include "tests/support/metrics_page.hpp"

namespace drishti::testing::tls_catalogue {
namespace {

constexpr const char* metrics_server = "server { listen 127.0.0.1:@port2@; location /metrics { metrics; } }\n";

/// One server with a certificate of each kind that answers `ok`, and the page of metrics.
struct PlainServer {
  explicit PlainServer(const std::string& more = {}) { start(more); }
  void start(const std::string& more) {
    files.add(CertificateWish{.name = "localhost", .rsa = true}, "rsa");
    proxy = std::make_unique<ProxyUnderTest>(
        tls_config(files.server("localhost", files.lines("rsa") + more + "return 200 ok;") + metrics_server));
  }
  std::uint16_t port() const { return proxy->port(); }
  double metric(const std::string& series) const { return MetricsPage::of(*proxy, 2)[series]; }
  double failures(const std::string& reason) const {
    return metric("drishti_tls_handshake_failures_total{reason=\"" + reason + "\"}");
  }
  bool serves() const {
    TlsClient client(port());
    return body_of(client) == "ok";
  }
  TlsFolder files;
  std::unique_ptr<ProxyUnderTest> proxy;
};

void old_versions(Checks& checks) {
  PlainServer server;
  for (const int version : {SSL3_VERSION, TLS1_VERSION, TLS1_1_VERSION}) {
    TlsClient client(server.port(), {.min_version = version, .max_version = version, .ciphers = "ALL:@SECLEVEL=0", .allows_weak = true});
    checks.that(!client.connected(), "version " + std::to_string(version) + " is refused");
  }
  checks.equal(server.failures("protocol_version"), 2.0, "TLS 1.0 and 1.1 are counted");
  checks.that(server.serves(), "the server goes on");
}

void weak_ciphers(Checks& checks) {
  PlainServer server;
  int tried = 0;
  for (const char* cipher : {"NULL-SHA256", "AES128-SHA", "AES256-GCM-SHA384", "ECDHE-RSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384",
                             "CAMELLIA128-SHA", "DHE-RSA-AES128-GCM-SHA256", "ADH-AES128-SHA", "ECDHE-ECDSA-NULL-SHA"}) {
    TlsClient client(server.port(), {.max_version = TLS1_2_VERSION, .ciphers = std::string(cipher) + ":@SECLEVEL=0", .allows_weak = true});
    checks.that(!client.connected(), std::string(cipher) + " is refused");
    checks.equal(client.alert(), SSL_AD_HANDSHAKE_FAILURE, std::string("alert for ") + cipher);
    ++tried;
  }
  checks.equal(server.failures("no_shared_cipher"), static_cast<double>(tried), "they are counted");
}

void renegotiation(Checks& checks) {
  PlainServer server;
  for (int i = 0; i < 20; ++i) {
    TlsClient client(server.port(), {.max_version = TLS1_2_VERSION});
    checks.that(client.connected(), "handshake");
    SSL_renegotiate(client.ssl());
    checks.that(SSL_do_handshake(client.ssl()) != 1 || !client.send("x"), "renegotiation is refused");
    checks.equal(client.alert(), SSL_AD_NO_RENEGOTIATION, "alert");
  }
  checks.equal(server.metric("drishti_tls_renegotiations_refused_total"), 20.0, "attempts are counted");
  checks.that(server.serves(), "the server goes on");
}

void slow_hello(Checks& checks) {
  PlainServer server("client_header_timeout 300ms;");
  RawClient silent(server.port()), slow(server.port());
  slow.send_bytewise(std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
  checks.that(silent.read_to_close().empty() && silent.closed(), "a silent client is cut off");
  slow.read_to_close();
  checks.that(slow.closed(), "a ClientHello that does not end is cut off");
  checks.equal(server.failures("timeout"), 2.0, "they are counted");
}

void byte_by_byte(Checks& checks) {
  PlainServer server;
  // A ClientHello as OpenSSL makes it, in one segment a byte: records may be cut anywhere.
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL* ssl = SSL_new(context);
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl, in, out);
  SSL_set_connect_state(ssl);
  SSL_do_handshake(ssl);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  RawClient client(server.port());
  client.send_bytewise({data, static_cast<std::size_t>(size)});
  checks.that(client.read_some(patience), "the server answers it");
  checks.equal(static_cast<int>(client.unread().empty() ? 0 : client.unread()[0]), 0x16, "with a handshake record");
  SSL_free(ssl);
  SSL_CTX_free(context);
}

void oversized_hello(Checks& checks) {
  PlainServer server;
  RawClient record(server.port());  // a record larger than there may be
  record.send(std::string_view("\x16\x03\x01\xff\xff", 5));
  record.send(std::string(4096, 'x'));
  record.read_to_close();
  checks.that(record.closed(), "a record of 65535 bytes is refused");
  RawClient message(server.port());  // a handshake message of 16 MiB, in records as large as allowed
  std::string first("\x16\x03\x01\x40\x00\x01\xff\xff\xff", 9);
  message.send_until_answered(first + std::string(16380, 'x'));
  message.read_to_close();
  checks.that(message.closed(), "a ClientHello of 16 MiB is refused at its first record");
  checks.that(server.serves(), "the server goes on");
}

void silent_after_handshake(Checks& checks) {
  PlainServer server("client_header_timeout 400ms;");
  TlsClient client(server.port());
  checks.that(client.connected(), "handshake");
  const auto begun = std::chrono::steady_clock::now();
  checks.that(client.wait_for_close(), "it ends");
  checks.that(std::chrono::steady_clock::now() - begun >= std::chrono::milliseconds(250), "the time begins after the handshake");
}

void flood(Checks& checks) {
  PlainServer server;
  std::vector<std::unique_ptr<RawClient>> begun;
  for (int i = 0; i < 100; ++i) {
    begun.push_back(std::make_unique<RawClient>(server.port()));
    begun.back()->send(std::string_view("\x16\x03\x01\x02\x00\x01", 6));
  }
  for (int i = 0; i < 30; ++i) checks.that(server.serves(), "a client of many");
  checks.that(server.serves(), "a client among unfinished handshakes is served");
  TlsClient modern(server.port());
  checks.equal(body_of(modern), std::string("ok"), "another one");
  checks.equal(modern.server_key_type(), EVP_PKEY_EC, "the cheap key signs for whoever takes it");
  checks.equal(server.metric("drishti_tls_handshakes_total{resumed=\"0\",version=\"TLSv1.3\"}"), 32.0, "handshakes are counted");
}

void unknown_name(Checks& checks) {
  TlsFolder files;
  ProxyUnderTest proxy(tls_config(files.server("a.test", "return 200 a;") + files.server("b.test", "return 200 b;")));
  for (const std::string name : {"", "nobody.test"})
    checks.equal(TlsClient(proxy.port(), {.name = name}).server_name(), std::string("a.test"), "default for [" + name + "]");
}

void rejected_name(Checks& checks) {
  TlsFolder files;
  ProxyUnderTest proxy(tls_config("server { listen 127.0.0.1:@port@ ssl; ssl_reject_handshake on; }\n" +
                                  files.server("b.test", "return 200 b;")));
  for (const std::string name : {"", "nobody.test"}) {
    TlsClient client(proxy.port(), {.name = name});
    checks.that(!client.connected(), "[" + name + "] is rejected");
    checks.equal(client.alert(), SSL_AD_UNRECOGNIZED_NAME, "alert");
  }
  TlsClient known(proxy.port(), {.name = "b.test"});
  checks.equal(body_of(known, "/", "b.test"), std::string("b"), "a known name is served");
}

void malformed_name(Checks& checks) {
  TlsFolder files;
  files.add("..");
  ProxyUnderTest proxy(tls_config(files.server("a.test", "return 200 a;") +
                                  "server { listen 127.0.0.1:@port@ ssl; server_name ~.; ssl_certificate " + files.path() +
                                  "/$ssl_server_name/x.pem; ssl_certificate_key " + files.path() + "/$ssl_server_name/x.key; }"));
  for (const std::string name : {"../..", "a/b", "a..b", "a%00b", "a b"})
    checks.equal(TlsClient(proxy.port(), {.name = name}).server_name(), std::string("a.test"),
                 "[" + name + "] is no name and no path");
}

void alpn(Checks& checks) {
  PlainServer server;
  TlsClient none(server.port());
  checks.equal(none.alpn(), std::string(), "none asked");
  checks.equal(body_of(none), std::string("ok"), "HTTP/1.1 without ALPN");
  TlsClient both(server.port(), {.alpn = {"h2", "http/1.1"}});
  checks.equal(both.alpn(), std::string("http/1.1"), "h2 where it is off");
  for (const std::vector<std::string>& offer : {std::vector<std::string>{"h2"}, {"ftp", "imap"}, {"spdy/3"}}) {
    TlsClient client(server.port(), {.alpn = offer});
    checks.that(!client.connected(), offer[0] + " is refused");
    checks.equal(client.alert(), SSL_AD_NO_APPLICATION_PROTOCOL, "alert for " + offer[0]);
  }
  checks.equal(server.failures("no_application_protocol"), 3.0, "they are counted");
}

void hello_on_plain_port(Checks& checks) {
  TlsFolder files;
  ProxyUnderTest proxy(tls_config("server { listen 127.0.0.1:@port@; return 200 ok; }"));
  TlsClient client(proxy.port());
  checks.that(!client.connected(), "no handshake without TLS");
  checks.equal(get(proxy.port(), "/")->body, std::string("ok"), "the server goes on");
}

void http_on_tls_port(Checks& checks) {
  PlainServer server;
  const auto response = get(server.port(), "/");
  checks.that(response && response->status == 400, "400");
  checks.that(response && response->body.find("The plain HTTP request was sent to HTTPS port") != std::string::npos, "nginx's page");
  checks.equal(server.failures("plain_http"), 1.0, "it is counted");
}

}  // namespace

std::vector<Entry> handshake_entries() {
  return {
      {"L01", "old versions and weak ciphers", {{"SSLv3, TLS 1.0, TLS 1.1", old_versions}, {"ciphers", weak_ciphers}}},
      {"L02", "renegotiation by the client", {{"20 attempts", renegotiation}}},
      {"L03", "handshakes that do not end", {{"silence and a cut ClientHello", slow_hello}, {"a byte a segment", byte_by_byte},
                                            {"too large", oversized_hello}}},
      {"L04", "no HTTP after the handshake", {{"silence", silent_after_handshake}}},
      {"L05", "a flood of handshakes", {{"100 unfinished, 30 finished", flood}}},
      {"L06", "unknown names", {{"the default server", unknown_name}, {"ssl_reject_handshake", rejected_name},
                                {"what is no name", malformed_name}}},
      {"L11", "ALPN", {{"none, h2 where it is off, others only", alpn}}},
      {"H20", "TLS on a plain port, HTTP on a TLS port", {{"ClientHello", hello_on_plain_port}, {"HTTP", http_on_tls_port}}},
  };
}

}  // namespace drishti::testing::tls_catalogue
