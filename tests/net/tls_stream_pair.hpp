#pragma once
// Two Streams with TLS, one a client and one a server, on the ends of a socket pair and on one loop.

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "net/asio_reactor.hpp"
#include "net/join.hpp"
#include "net/stream.hpp"

namespace drishti::net {

using Context = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;

/// A server's context with a certificate that signed itself.
inline Context make_server_context() {
  Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, void (*)(X509*)> certificate(X509_new(), X509_free);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  EXPECT_EQ(SSL_CTX_use_certificate(context.get(), certificate.get()), 1);
  EXPECT_EQ(SSL_CTX_use_PrivateKey(context.get(), key.get()), 1);
  return context;
}

struct TlsStreamTest : ::testing::Test {
  boost::asio::io_context io{1};
  AsioReactor reactor{io};
  Stream server, client;
  Context server_context = make_server_context();
  Context client_context{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};

  void SetUp() override {
    int pair[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    server.open(reactor, pair[0]);
    client.open(reactor, pair[1]);
  }
  void start_server_tls() {
    SSL* ssl = SSL_new(server_context.get());
    SSL_set_accept_state(ssl);
    server.start_tls(ssl);
  }
  void start_client_tls() {
    SSL* ssl = SSL_new(client_context.get());
    SSL_set_connect_state(ssl);
    client.start_tls(ssl);
  }
  /// Runs both to their ends.
  void run(Task<void> one, Task<void> other) {
    const auto body = [](Task<void> first, Task<void> second, bool& is_over, boost::asio::io_context& loop) -> Task<void> {
      Companion companion(std::move(second));
      co_await std::move(first);
      co_await companion.join();
      is_over = true;
      loop.stop();
    };
    bool is_over = false;
    io.restart();
    spawn(body(std::move(one), std::move(other), is_over, io));
    if (!is_over) io.run_for(std::chrono::seconds(10));
    ASSERT_TRUE(is_over);
  }
  static Task<void> shake(Stream& stream, IoResult& result) { result = co_await stream.handshake(milliseconds(5000)); }
  void shake_hands() {
    start_server_tls();
    start_client_tls();
    IoResult as_server, as_client;
    run(shake(server, as_server), shake(client, as_client));
    ASSERT_TRUE(as_server.ok()) << server.tls()->error();
    ASSERT_TRUE(as_client.ok()) << client.tls()->error();
  }
  static Task<void> send(Stream& stream, std::string_view text, IoResult& result) {
    iovec piece{const_cast<char*>(text.data()), text.size()};
    result = co_await stream.write_all({&piece, 1}, milliseconds(5000));
  }
  /// Reads in steps of STEP until SIZE bytes came or the stream ended.
  static Task<void> receive(Stream& stream, std::size_t size, std::size_t step, std::string& text, IoResult& last) {
    std::string buffer(step, '\0');
    while (text.size() < size) {
      last = co_await stream.read_some(buffer, milliseconds(5000));
      if (!last.ok()) break;
      text.append(buffer, 0, last.bytes);
    }
  }
};

inline std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 7 + i / 251) % 23);
  return text;
}

}  // namespace drishti::net
