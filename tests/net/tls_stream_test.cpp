// TLS inside a Stream: two of them, one a client and one a server, on the ends of a socket pair and on one loop.

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <optional>
#include <string>

#include "net/join.hpp"
#include "net/stream.hpp"

namespace drishti::net {
namespace {

using Context = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;

/// A server's context with a certificate that signed itself.
Context make_server_context() {
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
  Reactor reactor{io};
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

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 7 + i / 251) % 23);
  return text;
}

TEST_F(TlsStreamTest, CarriesMoreThanTheSocketHoldsWhateverTheReaderTakesAtOnce) {
  shake_hands();
  const std::string text = pattern(3 << 20);
  for (const std::size_t step : {std::size_t{1000}, std::size_t{16} << 10, std::size_t{200'000}}) {
    std::string received;
    IoResult sent, last;
    run(send(server, text, sent), receive(client, text.size(), step, received, last));
    EXPECT_EQ(sent.bytes, text.size());
    EXPECT_TRUE(received == text) << step;
  }
}

TEST_F(TlsStreamTest, WhatWasDecryptedAlreadyIsReadWithoutAnotherEventOfTheSocket) {
  shake_hands();
  std::string received;
  IoResult sent, last;
  run(send(client, "twelve bytes", sent), receive(server, 5, 5, received, last));
  char buffer[5];
  EXPECT_TRUE(server.channel().maybe_readable());
  EXPECT_EQ(server.try_read(buffer).bytes, 5u);
  EXPECT_EQ(server.try_read(buffer).bytes, 2u);
  EXPECT_EQ(server.try_read(buffer).bytes, 0u);
  EXPECT_FALSE(server.channel().maybe_readable());
}

TEST_F(TlsStreamTest, APeekLeavesTheBytes) {
  shake_hands();
  IoResult sent, last;
  std::string received;
  const auto peek = [](Stream& stream, std::string& text) -> Task<void> {
    char buffer[64];
    while (text.empty()) {
      co_await stream.channel().readable(milliseconds(5000));
      const IoResult result = stream.try_peek(buffer);
      text.assign(buffer, result.bytes);
    }
  };
  std::string peeked;
  run(send(client, "still there", sent), peek(server, peeked));
  EXPECT_EQ(peeked, "still there");
  run(send(client, "", sent), receive(server, 11, 64, received, last));
  EXPECT_EQ(received, "still there");
}

TEST_F(TlsStreamTest, TellsAnEndFromACut) {
  for (const bool is_cut : {false, true}) {
    if (!server.is_open()) SetUp();
    shake_hands();
    IoResult sent, last;
    std::string received;
    run(send(server, "last words", sent), receive(client, 10, 64, received, last));
    if (is_cut) server.reset_on_close();
    server.close();
    run(receive(client, 100, 64, received, last), send(client, "", sent));
    EXPECT_EQ(received, "last words");
    EXPECT_EQ(last.status, is_cut ? IoStatus::failed : IoStatus::eof);
    client.close();
  }
}

TEST_F(TlsStreamTest, SaysWhyAHandshakeFailed) {
  start_server_tls();
  IoResult sent, shaken;
  run(send(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", sent), shake(server, shaken));
  EXPECT_EQ(shaken.status, IoStatus::failed);
  EXPECT_NE(server.tls()->error().find("http request"), std::string::npos) << server.tls()->error();
}

TEST_F(TlsStreamTest, APeerThatLeavesInTheHandshakeEndsIt) {
  start_server_tls();
  client.close();
  IoResult sent, shaken;
  run(send(server, "", sent), shake(server, shaken));
  EXPECT_EQ(shaken.status, IoStatus::failed);
  EXPECT_EQ(shaken.error, ECONNRESET);
}

TEST_F(TlsStreamTest, AHandshakeHasADeadline) {
  start_server_tls();
  const auto shake_soon = [](Stream& stream, IoResult& result) -> Task<void> {
    result = co_await stream.handshake(milliseconds(30));
  };
  IoResult sent, shaken;
  run(shake_soon(server, shaken), send(client, "\x16", sent));
  EXPECT_EQ(shaken.status, IoStatus::timeout);
}

TEST_F(TlsStreamTest, MovesToAnotherOwnerWithWhatWasReceivedAndNotReadYet) {
  shake_hands();
  const std::string text = pattern(40'000);
  IoResult sent, last;
  std::string received;
  run(send(client, text, sent), receive(server, 100, 100, received, last));
  Stream moved;
  moved.open(reactor, server.release());
  EXPECT_FALSE(server.is_open());
  run(send(client, "", sent), receive(moved, text.size(), 100, received, last));
  EXPECT_TRUE(received == text);
  received.clear();
  run(send(moved, "and back", sent), receive(client, 8, 64, received, last));
  EXPECT_EQ(received, "and back");
}

TEST_F(TlsStreamTest, SendsAFile) {
  shake_hands();
  const std::string text = pattern(300'000);
  char name[] = "/tmp/drishti-file-XXXXXX";
  const int file = ::mkstemp(name);
  ASSERT_EQ(::write(file, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ::unlink(name);
  const auto send_file = [](Stream& stream, int descriptor, std::size_t size, IoResult& result) -> Task<void> {
    result = co_await stream.send_file(descriptor, 10, size - 10, milliseconds(5000));
  };
  IoResult sent, last;
  std::string received;
  run(send_file(server, file, text.size(), sent), receive(client, text.size() - 10, 65536, received, last));
  EXPECT_TRUE(received == text.substr(10));
  ::close(file);
}

}  // namespace
}  // namespace drishti::net
