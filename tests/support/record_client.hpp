#pragma once
// A TLS client that sends early data over HTTP/2, and whose records leave one by one: OpenSSL in memory, the socket apart.

#include <openssl/ssl.h>

#include <string>

#include "tests/support/raw_client.hpp"
#include "tests/support/tls_client.hpp"

namespace drishti::testing {

class RecordClient {
 public:
  RecordClient(std::uint16_t port, const TlsSessionHandle& session, const std::string& early)
      : socket_(port), context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_)) {
    static constexpr unsigned char protocols[] = "\x02h2";
    SSL_set_alpn_protos(ssl_, protocols, sizeof protocols - 1);
    SSL_ctrl(ssl_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>("localhost"));
    SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_);
    SSL_set_session(ssl_, session.get());
    std::size_t written = 0;
    SSL_write_early_data(ssl_, early.data(), early.size(), &written);
    while (send_record()) {
    }
  }
  ~RecordClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  /// What OpenSSL wrote first. False: nothing is left.
  bool send_record() {
    char head[5];
    if (BIO_read(SSL_get_wbio(ssl_), head, sizeof head) != sizeof head) return false;
    std::string record(head, sizeof head);
    record.resize(sizeof head + (static_cast<std::size_t>(static_cast<unsigned char>(head[3])) << 8 | static_cast<unsigned char>(head[4])));
    BIO_read(SSL_get_wbio(ssl_), record.data() + sizeof head, static_cast<int>(record.size() - sizeof head));
    return socket_.send(record);
  }
  /// Up to the end of the server's part; its own is not sent.
  bool hear_server() {
    while (SSL_do_handshake(ssl_) != 1)
      if (!receive()) return false;
    return true;
  }
  std::size_t pending() const { return BIO_ctrl_pending(SSL_get_wbio(ssl_)); }
  bool read_until(const std::string& wanted) {
    char bytes[4096];
    for (std::string got; got.find(wanted) == std::string::npos;) {
      const int size = SSL_read(ssl_, bytes, sizeof bytes);
      if (size > 0) got.append(bytes, static_cast<std::size_t>(size));
      else if (!receive()) return false;
    }
    return true;
  }
  void write(const std::string& bytes) { SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())); }

 private:
  bool receive() {
    if (!socket_.read_some(patience)) return false;
    const std::string& all = socket_.unread();
    const int size = static_cast<int>(all.size() - fed_);
    BIO_write(SSL_get_rbio(ssl_), all.data() + fed_, size);
    fed_ = all.size();
    return size > 0;
  }
  RawClient socket_;
  SSL_CTX* context_;
  SSL* ssl_;
  std::size_t fed_ = 0;
};

}  // namespace drishti::testing
