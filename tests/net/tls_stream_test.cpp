// TLS inside a Stream.

#include "tls_stream_pair.hpp"

#include <cstdlib>

namespace drishti::net {
namespace {

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
  Stream moved = std::move(server);
  run(send(client, "", sent), receive(moved, text.size(), 100, received, last));
  EXPECT_TRUE(received == text);
  received.clear();
  run(send(moved, "and back", sent), receive(client, 8, 64, received, last));
  EXPECT_EQ(received, "and back");
}

TEST_F(TlsStreamTest, TheEndComesWithTheLastWriteHoweverLongItIs) {
  for (const std::size_t size : {std::size_t{3}, std::size_t{3} << 20}) {
    if (!server.is_open()) SetUp();
    shake_hands();
    const std::string text = pattern(size);
    IoResult sent, last;
    std::string received;
    server.end_with_next_write();
    run(send(server, text, sent), receive(client, size + 1, 65536, received, last));
    EXPECT_TRUE(received == text) << size;
    EXPECT_EQ(last.status, IoStatus::eof);
    EXPECT_TRUE(server.is_open());
    server.close();
    client.close();
  }
}

TEST_F(TlsStreamTest, WhatCameWithTheEndOfTheHandshakeIsReadWithoutAskingTheSocketAgain) {
  const auto shake_and_speak = [](Stream& stream, IoResult& result) -> Task<void> {
    result = co_await stream.handshake(milliseconds(5000));
    iovec piece{const_cast<char*>("early"), 5};
    result = co_await stream.write_all({&piece, 1}, milliseconds(5000));
  };
  start_server_tls();
  start_client_tls();
  IoResult spoken, shaken;
  run(shake_and_speak(client, spoken), shake(server, shaken));
  char space[64];
  EXPECT_TRUE(server.channel().maybe_readable());
  EXPECT_FALSE(server.channel().descriptor_maybe_readable());
  EXPECT_EQ(server.try_read(space).bytes, 5u);
  EXPECT_FALSE(server.channel().maybe_readable());
}

TEST_F(TlsStreamTest, ASocketThatIsOpenedAnewBeginsWithoutTls) {
  shake_hands();
  server.close();
  client.close();
  SetUp();
  EXPECT_EQ(server.tls(), nullptr);
  IoResult sent, last;
  std::string received;
  run(send(server, "plain", sent), receive(client, 5, 64, received, last));
  EXPECT_EQ(received, "plain");
}

/// How many tickets the client was given.
int tickets_seen = 0;

struct TicketTest : TlsStreamTest {
  void SetUp() override {
    TlsStreamTest::SetUp();
    tickets_seen = 0;
    SSL_CTX_set_session_cache_mode(client_context.get(), SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(client_context.get(), [](SSL*, SSL_SESSION*) { return ++tickets_seen, 0; });
    start_server_tls();
    start_client_tls();
  }
};

TEST_F(TicketTest, TicketsGoWithTheFirstAnswerInOnePiece) {
  const auto shake_and_answer = [](Stream& stream, int other_end, std::string& sent_before, IoResult& result) -> Task<void> {
    result = co_await stream.handshake(milliseconds(5000));
    char bytes[4096];
    const ssize_t before = ::recv(other_end, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
    sent_before.assign(bytes, before > 0 ? static_cast<std::size_t>(before) : 0);
    iovec piece{const_cast<char*>("answer"), 6};
    result = co_await stream.write_all({&piece, 1}, milliseconds(5000));
  };
  IoResult answered, shaken, last;
  std::string sent_before, received;
  run(shake_and_answer(server, client.fd(), sent_before, answered), shake(client, shaken));
  EXPECT_EQ(sent_before, "");
  run(send(server, "", answered), receive(client, 6, 64, received, last));
  EXPECT_EQ(received, "answer");
  EXPECT_EQ(tickets_seen, 2);
}

TEST_F(TicketTest, TicketsDoNotWaitForAnAnswerThatIsLongInComing) {
  const auto await_tickets = [](Stream& stream, IoResult& result) -> Task<void> {
    result = co_await stream.handshake(milliseconds(5000));
    char none[1];
    while (tickets_seen < 2 && result.ok()) {
      if (co_await stream.channel().readable(milliseconds(5000)) != Wake::ready) break;
      result = stream.try_read(none);
    }
  };
  IoResult shaken, waited;
  run(shake(server, shaken), await_tickets(client, waited));
  EXPECT_EQ(tickets_seen, 2);
}

TEST_F(TicketTest, AServerThatClosesAtOnceSendsTicketsBeforeTheEnd) {
  IoResult shaken, last, none;
  run(shake(server, shaken), shake(client, shaken));
  server.close();
  std::string received;
  run(receive(client, 1, 64, received, last), send(client, "", none));
  EXPECT_EQ(last.status, IoStatus::eof);
  EXPECT_EQ(tickets_seen, 2);
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
