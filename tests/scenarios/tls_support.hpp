#pragma once
// What the scenarios over TLS share: a folder with an authority and certificates, servers, clients.

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "tests/scenarios/scenario.hpp"
#include "tests/support/tls_client.hpp"

namespace drishti::testing {

/// Certificates of one authority, as files NAME.pem and NAME.key.
class TlsFolder {
 public:
  TlsFolder() {
    char name[] = "/tmp/drishti-tls-XXXXXX";
    path_ = ::mkdtemp(name);
    std::filesystem::permissions(path_, std::filesystem::perms(0755));  // workers read what has variables in its path
    write_file(path_ + "/root.pem", root.pem());
  }
  ~TlsFolder() { std::filesystem::remove_all(path_); }
  TlsFolder(const TlsFolder&) = delete;
  TlsFolder& operator=(const TlsFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  /// Makes a certificate and its files.
  const TestCertificate& add(const std::string& name) { return add(CertificateWish{.name = name}, name); }
  const TestCertificate& add(const CertificateWish& wish, const std::string& file) {
    made_[file] = std::make_unique<TestCertificate>(wish, root);
    made_[file]->write(path_, file);
    return *made_[file];
  }
  /// The two directives.
  std::string lines(const std::string& name) const {
    return "ssl_certificate " + file(name + ".pem") + "; ssl_certificate_key " + file(name + ".key") + ";\n";
  }
  /// A server on @port@ for NAME with its certificate and TEXT in it.
  std::string server(const std::string& name, const std::string& text, const std::string& port = "@port@") {
    if (!std::filesystem::exists(file(name + ".pem"))) add(name);
    return "server { listen 127.0.0.1:" + port + " ssl; server_name " + name + ";\n" + lines(name) + text + "}\n";
  }

  const TestCertificate root{CertificateWish{.name = "test root", .authority = true}};

 private:
  std::string path_;
  std::map<std::string, std::unique_ptr<TestCertificate>> made_;
};

/// A whole configuration around SERVERS.
inline std::string tls_config(const std::string& servers) {
  return "events { }\nhttp { access_log off;\n" + servers + "}\n";
}

/// The body of the answer to GET PATH, or a word about what came instead.
inline std::string body_of(TlsClient& client, std::string_view path = "/", std::string_view host = "localhost") {
  if (!client.connected()) return "no handshake";
  const auto response = client.get(path, host);
  return response ? response->body : "no response";
}
inline int status_of(TlsClient& client, std::string_view path = "/", std::string_view host = "localhost") {
  if (!client.connected()) return -1;
  const auto response = client.get(path, host);
  return response ? response->status : 0;
}

/// Connects, asks once (TLS 1.3 sends its ticket behind the handshake), and returns the session.
inline TlsSessionHandle session_of(std::uint16_t port, const TlsOptions& options) {
  TlsClient client(port, options);
  status_of(client, "/", options.name);
  return client.session();
}

/// What a client with SESSION sends before it hears from the server: a ClientHello and DATA.
inline std::string early_flight(const TlsSessionHandle& session, const std::string& data, const std::string& name = "localhost") {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL* ssl = SSL_new(context);
  SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(name.c_str()));
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl, BIO_new(BIO_s_mem()), out);
  SSL_set_connect_state(ssl);
  SSL_set_session(ssl, session.get());
  std::size_t written = 0;
  SSL_write_early_data(ssl, data.data(), data.size(), &written);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out, &bytes);
  std::string flight(bytes, static_cast<std::size_t>(size));
  SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);  // the session stays resumable
  SSL_free(ssl);
  SSL_CTX_free(context);
  return flight;
}

}  // namespace drishti::testing
