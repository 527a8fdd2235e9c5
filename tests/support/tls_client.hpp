#pragma once
// A TLS client over a blocking socket for tests, with every knob that a scenario turns. One thread at a time.

#include <openssl/ssl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/raw_client.hpp"
#include "tests/support/test_certificates.hpp"

namespace drishti::testing {

struct SessionFree {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using TlsSessionHandle = std::shared_ptr<SSL_SESSION>;

struct TlsOptions {
  std::string name = "localhost";            ///< SNI; "": none is sent
  int min_version = TLS1_2_VERSION;
  int max_version = TLS1_3_VERSION;
  std::string ciphers = {};                  ///< up to TLS 1.2
  std::string groups = {};
  std::vector<std::string> alpn = {};
  const TestCertificate* certificate = nullptr;
  TlsSessionHandle session = {};             ///< to resume
  bool wants_staple = false;
  std::string early_data = {};               ///< goes out with the ClientHello of a session
  bool stays_early = false;                  ///< the handshake ends with finish_handshake() alone
  bool allows_weak = false;                  ///< security level 0
  std::function<void()> once_connected = {}; ///< runs between the connection and the ClientHello
};

/// OpenSSL writes to sockets without MSG_NOSIGNAL.
void ignore_broken_pipes();

class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port, const TlsOptions& options = {});
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  /// The handshake succeeded, as far as this side knows.
  bool connected() const { return connected_; }
  /// Goes on where `stays_early` stopped.
  bool finish_handshake();
  /// After `stays_early`: waits for an answer, which nobody can have sent but in the handshake, and ends that.
  bool finish_handshake_after_answer();
  bool early_data_accepted() const { return SSL_get_early_data_status(ssl_) == SSL_EARLY_DATA_ACCEPTED; }
  /// The alert that the server sent, or 0.
  int alert() const { return alert_; }
  SSL* ssl() const { return ssl_; }
  int fd() const { return socket_.fd(); }
  std::string alpn() const;
  std::string version() const { return SSL_get_version(ssl_); }
  bool resumed() const { return SSL_session_reused(ssl_) == 1; }
  /// The common name of the server's certificate, and the type of its key (EVP_PKEY_EC ...).
  std::string server_name() const;
  int server_key_type() const;
  /// The session to resume; TLS 1.3 sends it with the first bytes of an answer.
  TlsSessionHandle session() const { return session_; }
  /// The OCSP response that came with the handshake (DER); "": none.
  std::string staple() const;

  bool send(std::string_view bytes);
  std::optional<RawResponse> read_response(milliseconds deadline = patience);
  /// GET and the response.
  std::optional<RawResponse> get(std::string_view path, std::string_view host = "localhost");
  /// Reads until the server ends the connection; false when the deadline passed.
  bool wait_for_close(milliseconds deadline = patience);
  /// The server ended with close_notify.
  bool had_close_notify() const { return (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0 && alert_ == 0; }

 private:
  bool read_some(milliseconds deadline);
  static int keep_session(SSL* ssl, SSL_SESSION* session);
  static void note_alert(const SSL* ssl, int where, int value);

  RawClient socket_;
  SSL_CTX* context_;
  SSL* ssl_;
  TlsSessionHandle session_;
  std::string unread_;
  int alert_ = 0;
  bool connected_ = false;
  bool ended_ = false;
};

}  // namespace drishti::testing
