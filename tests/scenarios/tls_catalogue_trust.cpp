#include <csignal>

#include "tests/scenarios/tls_catalogue.hpp"
#include "tests/scenarios/tls_support.hpp"
#include "tests/support/metrics_page.hpp"

namespace drishti::testing::tls_catalogue {
namespace {

std::string verifying(const TlsFolder& files, const std::string& more = {}) {
  return "ssl_verify_client on; ssl_client_certificate " + files.file("root.pem") + "; " + more;
}

void session_of_another_server(Checks& checks) {
  TlsFolder files;
  const TestCertificate& known = files.add("client");
  const TestCertificate stranger(CertificateWish{.name = "stranger"});
  for (const std::string cache : {"", "ssl_session_tickets off; ssl_session_cache shared:x:1m; "}) {
    ProxyUnderTest proxy(tls_config(files.server("open.test", cache + "return 200 open;") +
                                    files.server("closed.test", cache + verifying(files) + "return 200 secret;")));
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      const std::string words = cache + " version " + std::to_string(version);
      const auto session = session_of(proxy.port(), {.name = "open.test", .max_version = version});
      TlsClient same(proxy.port(), {.name = "open.test", .max_version = version, .session = session});
      checks.that(same.resumed(), "the same server resumes" + words);
      TlsClient other(proxy.port(), {.name = "closed.test", .max_version = version, .session = session});
      checks.that(!other.resumed(), "another server does not" + words);
      checks.equal(status_of(other, "/", "closed.test"), 400, "and asks for its certificate" + words);
      const auto verified = session_of(proxy.port(), {.name = "closed.test", .max_version = version, .certificate = &known});
      TlsClient again(proxy.port(), {.name = "closed.test", .max_version = version, .session = verified});
      checks.that(again.resumed(), "a verified client resumes" + words);
      checks.equal(body_of(again, "/", "closed.test"), std::string("secret"), "and is still known" + words);
    }
  }
}

void client_certificates(Checks& checks) {
  TlsFolder files;
  const TestCertificate& good = files.add("good");
  const TestCertificate& expired = files.add(CertificateWish{.name = "expired", .valid_from = -7200, .valid_to = -3600}, "expired");
  const TestCertificate& future = files.add(CertificateWish{.name = "future", .valid_from = 3600}, "future");
  const TestCertificate& revoked = files.add("revoked");
  const TestCertificate other_root(CertificateWish{.name = "other root", .authority = true});
  const TestCertificate foreign(CertificateWish{.name = "foreign"}, other_root);
  write_file(files.file("crl.pem"), files.root.crl_pem({&revoked}));
  ProxyUnderTest proxy(tls_config(files.server(
      "localhost", verifying(files, "ssl_crl " + files.file("crl.pem") + "; ") + "return 200 $ssl_client_s_dn;")));
  const auto ask = [&](const TestCertificate* certificate) {
    TlsClient client(proxy.port(), {.certificate = certificate});
    const auto response = client.get("/");
    return response ? std::to_string(response->status) + (response->status == 200 ? " " + response->body : "") : "nothing";
  };
  checks.equal(ask(&good), std::string("200 CN=good"), "a good one");
  checks.equal(ask(nullptr), std::string("400"), "none");
  for (const auto* bad : {&expired, &future, &revoked, &foreign}) checks.equal(ask(bad), std::string("400"), "a bad one");
}

void chains(Checks& checks) {
  TlsFolder files;
  const TestCertificate middle(CertificateWish{.name = "middle", .authority = true}, files.root);
  const TestCertificate leaf(CertificateWish{.name = "leaf"}, middle);
  ProxyUnderTest proxy(tls_config(files.server("shallow.test", verifying(files) + "ssl_verify_depth 0; return 200 shallow;") +
                                  files.server("deep.test", verifying(files) + "ssl_verify_depth 2; return 200 deep;")));
  const auto status = [&](const std::string& name, int copies) {
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_use_certificate(context, leaf.x509());
    SSL_CTX_use_PrivateKey(context, leaf.key());
    for (int i = 0; i < copies; ++i) {
      X509_up_ref(middle.x509());
      SSL_CTX_add_extra_chain_cert(context, middle.x509());
    }
    RawClient socket(proxy.port());
    ignore_broken_pipes();
    SSL* ssl = SSL_new(context);
    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(name.c_str()));
    SSL_set_fd(ssl, socket.fd());
    const std::string request = "GET / HTTP/1.1\r\nHost: " + name + "\r\nConnection: close\r\n\r\n";
    char answer[256] = "";
    if (SSL_connect(ssl) == 1 && SSL_write(ssl, request.data(), static_cast<int>(request.size())) > 0)
      SSL_read(ssl, answer, sizeof answer - 1);
    SSL_free(ssl);
    SSL_CTX_free(context);
    return std::string(answer).size() < 12 ? std::string() : std::string(answer).substr(9, 3);
  };
  checks.equal(status("deep.test", 1), std::string("200"), "a chain within ssl_verify_depth");
  checks.equal(status("shallow.test", 1), std::string("400"), "one that is longer");
  checks.equal(status("deep.test", 400), std::string(), "one of more bytes than are read");
  checks.equal(status("deep.test", 1), std::string("200"), "the server goes on");
}

void forged_fields(Checks& checks) {
  FakeUpstream upstream([](const UpstreamRequest& request) { return Actions{Action::send(ok_response(request.head))}; });
  TlsFolder files;
  ProxyUnderTest proxy(tls_config(files.server(
      "localhost", "location / { proxy_set_header X-SSL-Client-S-DN $ssl_client_s_dn; proxy_pass http://" + upstream.address() + "; }")));
  TlsClient client(proxy.port());
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\nX-SSL-Client-S-DN: CN=admin\r\nx-ssl-client-s-dn: CN=root\r\n\r\n");
  const auto response = client.read_response();
  checks.that(response && response->body.find("CN=") == std::string::npos, "what the client wrote does not pass");
}

void early_data(Checks& checks) {
  TlsFolder files;
  ProxyUnderTest proxy(tls_config(files.server("localhost", "return 200 ok;")));
  const auto session = session_of(proxy.port(), {});
  checks.that(session != nullptr, "a session");
  checks.equal(session ? SSL_SESSION_get_max_early_data(session.get()) : 1u, 0u, "no early data by default");
}

void replayed_early_data(Checks& checks) {
  FakeUpstream upstream([](const UpstreamRequest& request) { return Actions{Action::send(ok_response(request.line()))}; });
  TlsFolder files;
  ProxyUnderTest proxy(tls_config(files.server(
      "localhost", "ssl_early_data on; location / { proxy_pass http://" + upstream.address() + "; }")));
  const auto session = session_of(proxy.port(), {});
  upstream.forget();
  const std::string recorded = early_flight(session, "GET /once HTTP/1.1\r\nHost: localhost\r\n\r\n");
  RawClient first(proxy.port());
  first.send(recorded);
  checks.that(upstream.wait_until([&] { return upstream.requests().size() == 1; }), "the client's own is taken");
  for (int i = 0; i < 3; ++i) {
    RawClient again(proxy.port());
    again.send(recorded);
    checks.that(again.read_some(patience), "a replay gets a handshake");
  }
  TlsClient post(proxy.port(), {.session = session, .early_data = "POST /twice HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", .stays_early = true});
  post.finish_handshake_after_answer();
  const auto refused = post.read_response();
  checks.that(post.early_data_accepted() && refused && refused->status == 425, "a POST gets 425");
  TlsClient after(proxy.port());
  checks.equal(body_of(after, "/after"), std::string("GET /after HTTP/1.1"), "the server goes on");
  std::string seen;
  for (const auto& request : upstream.requests()) seen += request.line() + "\n";
  checks.equal(seen, std::string("GET /once HTTP/1.1\nGET /after HTTP/1.1\n"), "the upstream got each request once");
}

void control_records(Checks& checks) {
  TlsFolder files;
  ProxyUnderTest proxy(tls_config(files.server("localhost", "client_header_timeout 500ms; return 200 ok;")));
  TlsClient client(proxy.port());
  for (int i = 0; i < 200; ++i) {
    SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED);
    if (SSL_do_handshake(client.ssl()) != 1) break;
  }
  checks.that(client.wait_for_close(), "KeyUpdates are no request: the time for its head runs on");
  TlsClient other(proxy.port());
  checks.equal(body_of(other), std::string("ok"), "the server goes on");
}

void dripped_key_updates(Checks& checks) {
  TlsFolder files;
  ProxyUnderTest proxy(tls_config(files.server("localhost", "client_header_timeout 600ms; return 200 ok;")));
  TlsClient client(proxy.port());
  const auto begun = std::chrono::steady_clock::now();
  while (!client.wait_for_close(std::chrono::milliseconds(100)) && std::chrono::steady_clock::now() - begun < patience) {
    SSL_key_update(client.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED);
    SSL_do_handshake(client.ssl());
  }
  checks.that(std::chrono::steady_clock::now() - begun < patience, "a KeyUpdate now and then keeps nothing open");
}

void rotated_files(Checks& checks) {
  TlsFolder files;
  const std::string metrics = "server { listen 127.0.0.1:@port2@; location /metrics { metrics; } }\n";
  ProxyUnderTest proxy(tls_config(files.server("localhost", "return 200 ok;") + metrics));
  const auto name = [&] { return TlsClient(proxy.port()).server_name(); };
  const auto reload = [&](const std::string& wanted_in_log) {
    proxy.send_signal(SIGHUP);
    checks.that(proxy.wait_for_log(wanted_in_log), "the log says " + wanted_in_log);
  };
  const auto& old = files.add("localhost");
  const std::string pem = old.pem(), key = old.key_pem();
  write_file(files.file("localhost.pem"), pem.substr(0, 300));
  reload("cannot load certificate \"" + files.file("localhost.pem") + "\"");
  checks.equal(name(), std::string("localhost"), "half a certificate changes nothing");
  checks.equal(MetricsPage::of(proxy, 2)["drishti_config_last_reload_successful"], 0.0, "the metric tells");
  write_file(files.file("localhost.pem"), pem);
  write_file(files.file("localhost.key"), TestCertificate(CertificateWish{}).key_pem());
  reload("key values mismatch");
  checks.equal(name(), std::string("localhost"), "nor does a key of another certificate");
  files.add(CertificateWish{.name = "fresh"}, "localhost");
  reload("reconfigured");
  checks.equal(name(), std::string("fresh"), "a whole pair is taken");
  checks.equal(MetricsPage::of(proxy, 2)["drishti_config_last_reload_successful"], 1.0, "the metric tells");
}

void tickets_over_reload(Checks& checks) {
  TlsFolder files;
  const std::string cached = "ssl_session_tickets off; ssl_session_cache shared:x:1m; return 200 ok;";
  ProxyUnderTest proxy(tls_config(files.server("ticket.test", "return 200 ok;") + files.server("cached.test", cached)));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto ticket = session_of(proxy.port(), {.name = "ticket.test", .max_version = version});
    const auto stored = session_of(proxy.port(), {.name = "cached.test", .max_version = version});
    proxy.send_signal(SIGHUP);
    const std::string generation = version == TLS1_2_VERSION ? "generation 1 of" : "generation 2 of";
    checks.that(proxy.wait_for_log(generation), "reloaded");
    const std::string words = " in version " + std::to_string(version);
    checks.that(TlsClient(proxy.port(), {.name = "ticket.test", .max_version = version, .session = ticket}).resumed(), "a ticket" + words);
    checks.that(TlsClient(proxy.port(), {.name = "cached.test", .max_version = version, .session = stored}).resumed(), "a cached session" + words);
  }
}

void shared_ticket_keys(Checks& checks) {
  TlsFolder files;
  write_file(files.file("keys"), std::string(80, 'k'));
  const std::string config = tls_config(files.server("localhost", "ssl_session_ticket_key " + files.file("keys") + "; return 200 ok;"));
  ProxyUnderTest one(config), other(config);
  const auto ticket = session_of(one.port(), {});
  checks.that(TlsClient(other.port(), {.session = ticket}).resumed(), "a ticket of one machine is another's");
}

void misdirected(Checks& checks) {
  TlsFolder files;
  const TestCertificate& known = files.add("client");
  ProxyUnderTest proxy(tls_config(files.server("open.test", "return 200 open;") + files.server("other.test", "return 200 other;") +
                                  files.server("closed.test", verifying(files) + "return 200 secret;") +
                                  files.server("modern.test", "ssl_protocols TLSv1.3; return 200 modern;")));
  const auto ask = [&](const std::string& name, const std::string& host, const TestCertificate* certificate = nullptr,
                       int version = TLS1_3_VERSION) {
    TlsClient client(proxy.port(), {.name = name, .max_version = version, .certificate = certificate});
    return status_of(client, "/", host);
  };
  checks.equal(ask("open.test", "other.test"), 200, "the same rules");
  checks.equal(ask("open.test", "closed.test"), 421, "a server that wants a certificate, by the name of one that does not");
  checks.equal(ask("open.test", "closed.test", &known), 421, "the same with a certificate at hand");
  checks.equal(ask("", "closed.test"), 421, "and without a name");
  checks.equal(ask("closed.test", "closed.test", &known), 200, "by its own name");
  checks.equal(ask("closed.test", "open.test", &known), 200, "a server that asks for less");
  checks.equal(ask("open.test", "modern.test", nullptr, TLS1_2_VERSION), 421, "a version that the server does not have");
}

}  // namespace

std::vector<Entry> trust_entries() {
  return {
      {"L07", "a session of another server", {{"tickets and cache, both versions", session_of_another_server}}},
      {"L08", "certificates of clients", {{"missing, expired, revoked, foreign", client_certificates}, {"chains", chains},
                                         {"forged fields", forged_fields}}},
      {"L09", "early data", {{"off by default", early_data}, {"recorded and sent again", replayed_early_data}}},
      {"L12", "records without data", {{"200 KeyUpdates", control_records}, {"one now and then", dripped_key_updates}}},
      {"L13", "files that change", {{"half written, mismatched, whole", rotated_files}}},
      {"L14", "ticket keys", {{"over a reload", tickets_over_reload}, {"in a file", shared_ticket_keys}}},
      {"P13", "Host and SNI differ", {{"client certificates and versions", misdirected}}},
  };
}

}  // namespace drishti::testing::tls_catalogue
