// Stream, connect() and the reactor's waits, over real sockets and a real loop.

#include "net/stream.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>

#include "net/asio_reactor.hpp"
#include "net/join.hpp"
#include "tests/support/patience.hpp"

namespace drishti::net {
namespace {

struct StreamTest : ::testing::Test {
  boost::asio::io_context io{1};
  AsioReactor reactor{io};
  Stream stream;
  int other = -1;

  void SetUp() override {
    int pair[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    stream.open(reactor, pair[0]);
    other = pair[1];
  }
  void TearDown() override { close_other(); }
  void close_other() {
    if (other >= 0) ::close(other);
    other = -1;
  }
  void say(const std::string& text) { ASSERT_EQ(::send(other, text.data(), text.size(), 0), static_cast<ssize_t>(text.size())); }
  void run() {
    io.restart();
    io.run_for(std::chrono::seconds(5));
  }
  template <class Holds>
  void run_until(Holds holds) {
    io.restart();
    for (const auto end = std::chrono::steady_clock::now() + testing::patience; !holds() && std::chrono::steady_clock::now() < end;)
      io.run_one_for(std::chrono::milliseconds(100));
  }
  /// Runs TASK to its end.
  template <class T>
  T wait_for(Task<T> task) {
    std::optional<T> result;
    auto body = [](Task<T> inner, std::optional<T>& out, boost::asio::io_context& loop) -> Task<void> {
      out = co_await std::move(inner);
      loop.stop();
    };
    io.restart();
    spawn(body(std::move(task), result, io));
    if (!result) io.run_for(std::chrono::seconds(5));
    EXPECT_TRUE(result.has_value());
    return result.value_or(T{});
  }
};

TEST_F(StreamTest, ReadsWhatIsThereAndWaitsForWhatIsNot) {
  char buffer[64];
  say("now");
  IoResult result = wait_for(stream.read_some(buffer, milliseconds(1000)));
  EXPECT_EQ(result.bytes, 3u);
  Companion writer([](StreamTest& test) -> Task<void> {
    co_await Sleep(test.reactor, milliseconds(20));
    test.say("later");
  }(*this));
  result = wait_for(stream.read_some(buffer, milliseconds(3000)));
  EXPECT_EQ(std::string(buffer, result.bytes), "later");
}

TEST_F(StreamTest, TimesOutNotBeforeItsDeadline) {
  char buffer[8];
  auto begin = std::chrono::steady_clock::now();
  reactor.clock().update();  // deadlines count from the loop's time
  EXPECT_EQ(wait_for(stream.read_some(buffer, milliseconds(60))).status, IoStatus::timeout);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(55));
}

TEST_F(StreamTest, SeesTheEndBehindTheLastBytes) {
  char buffer[64];
  say("last words");
  close_other();
  EXPECT_EQ(wait_for(stream.read_some(buffer, milliseconds(1000))).bytes, 10u);
  EXPECT_EQ(wait_for(stream.read_some(buffer, milliseconds(1000))).status, IoStatus::eof);
}

TEST_F(StreamTest, IsWokenByCancelAndByClose) {
  for (bool by_close : {false, true}) {
    char buffer[8];
    Companion canceller([](StreamTest& test, bool close) -> Task<void> {
      co_await Sleep(test.reactor, milliseconds(10));
      if (close) test.stream.close();
      else test.stream.channel().cancel();
    }(*this, by_close));
    EXPECT_EQ(wait_for(stream.read_some(buffer, milliseconds(3000))).status, IoStatus::cancelled);
  }
  EXPECT_FALSE(stream.is_open());
}

TEST_F(StreamTest, WritesMoreThanTheSocketHoldsAsTheReaderTakesIt) {
  std::string sent(3 << 20, 'x');
  for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>('a' + i % 23);
  std::string received;
  std::jthread reader([&] {
    char buffer[65536];
    while (received.size() < sent.size()) {
      ssize_t got = ::recv(other, buffer, sizeof buffer, 0);
      if (got > 0) received.append(buffer, static_cast<std::size_t>(got));
      else std::this_thread::yield();
    }
  });
  iovec pieces[2] = {{sent.data(), 1000}, {sent.data() + 1000, sent.size() - 1000}};
  IoResult result = wait_for(stream.write_all(pieces, milliseconds(4000)));
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.bytes, sent.size());
  reader.join();
  EXPECT_TRUE(received == sent);
}

TEST_F(StreamTest, GivesUpWritingWhenNobodyReads) {
  std::string much(8 << 20, 'x');
  iovec piece{much.data(), much.size()};
  IoResult result = wait_for(stream.write_all({&piece, 1}, milliseconds(50)));
  EXPECT_EQ(result.status, IoStatus::timeout);
  EXPECT_GT(result.bytes, 0u);
  EXPECT_LT(result.bytes, much.size());
}

TEST_F(StreamTest, FailsToWriteToAClosedPeerWithoutASignal) {
  close_other();
  char byte = 'x';
  iovec piece{&byte, 1};
  IoResult result = wait_for(stream.write_all({&piece, 1}, milliseconds(1000)));
  EXPECT_EQ(result.status, IoStatus::failed);
  EXPECT_EQ(result.error, EPIPE);
}

TEST_F(StreamTest, WaitsForReadingAndWritingAtOnce) {
  stream.channel().drained();
  stream.channel().clogged();
  char full[4096] = {};
  while (::send(stream.fd(), full, sizeof full, MSG_DONTWAIT) > 0) continue;
  say("early answer");
  auto wait = [](Stream& s) -> Task<bool> {
    Wake wake = co_await s.channel().readable_or_writable(milliseconds(3000));
    co_return wake == Wake::ready && s.channel().maybe_readable();
  };
  EXPECT_TRUE(wait_for(wait(stream)));
}

TEST_F(StreamTest, SendsAFileAndSaysWhenItShrank) {
  char name[] = "/tmp/drishti-stream-XXXXXX";
  int file = ::mkstemp(name);
  ::unlink(name);
  ASSERT_EQ(::write(file, "0123456789", 10), 10);
  EXPECT_EQ(wait_for(stream.send_file(file, 2, 5, milliseconds(1000))).bytes, 5u);
  char buffer[16];
  EXPECT_EQ(::recv(other, buffer, sizeof buffer, 0), 5);
  EXPECT_EQ(std::string(buffer, 5), "23456");
  EXPECT_EQ(wait_for(stream.send_file(file, 8, 5, milliseconds(1000))).status, IoStatus::eof);
  ::close(file);
}

TEST_F(StreamTest, ConnectsAndReportsRefusal) {
  int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  SocketAddress address = *SocketAddress::from_ip("127.0.0.1", 0);
  ASSERT_EQ(::bind(listener, address.data(), address.size()), 0);
  socklen_t size = sizeof(sockaddr_storage);
  ::getsockname(listener, address.data(), &size);
  Stream client;
  IoResult refused = wait_for(connect(reactor, client, address, nullptr, milliseconds(1000)));
  EXPECT_EQ(refused.error, ECONNREFUSED);
  EXPECT_FALSE(client.is_open());
  ASSERT_EQ(::listen(listener, 4), 0);
  EXPECT_TRUE(wait_for(connect(reactor, client, address, nullptr, milliseconds(1000))).ok());
  EXPECT_FALSE(client.channel().maybe_readable());
  ::close(listener);
}

TEST_F(StreamTest, CallsItsHookOnlyWhileNobodyWaits) {
  int calls = 0;
  stream.channel().set_hook([](Channel& channel, void* count) {
    ++*static_cast<int*>(count);
    channel.drained();
  }, &calls);
  stream.channel().drained();
  char buffer[8];
  Companion writer([](StreamTest& test) -> Task<void> {
    co_await Sleep(test.reactor, milliseconds(10));
    test.say("a");
  }(*this));
  EXPECT_EQ(wait_for(stream.read_some(buffer, milliseconds(3000))).bytes, 1u);
  EXPECT_EQ(calls, 0);
  say("b");
  auto pause = [](Reactor& r) -> Task<int> {
    co_await Sleep(r, milliseconds(20));
    co_return 1;
  };
  wait_for(pause(reactor));
  EXPECT_EQ(calls, 1);
}

// A loop that slept for long must not believe that a deadline set in its first event is over.
TEST_F(StreamTest, CountsDeadlinesFromTheEventNotFromTheTurnBefore) {
  auto idle_then_wait = [](StreamTest& test) -> Task<int> {
    char buffer[8];
    IoResult first = co_await test.stream.read_some(buffer, milliseconds(0));
    IoResult second = co_await test.stream.read_some(buffer, milliseconds(150));
    co_return first.ok() && second.ok() ? 1 : 0;
  };
  std::jthread writer([this] {
    std::this_thread::sleep_for(milliseconds(400));
    ::send(other, "1", 1, 0);
    std::this_thread::sleep_for(milliseconds(40));
    ::send(other, "2", 1, 0);
  });
  EXPECT_EQ(wait_for(idle_then_wait(*this)), 1);
}

// ---- fairness ----

/// Another stream of the same reactor, whose peer has said something.
struct Neighbour {
  explicit Neighbour(Reactor& reactor) {
    int pair[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    stream.open(reactor, pair[0]);
    stream.channel().drained();
    peer = pair[1];
    EXPECT_EQ(::send(peer, "x", 1, 0), 1);
  }
  ~Neighbour() { ::close(peer); }
  static Task<void> listen(Neighbour& self) {
    char byte;
    const IoResult result = co_await self.stream.read_some({&byte, 1}, milliseconds(0));
    self.was_heard = result.bytes == 1;
  }
  Stream stream;
  int peer = -1;
  bool was_heard = false;
};

constexpr std::size_t far_too_much = 64 << 20;

TEST_F(StreamTest, WhoAlwaysHasSomethingToReadLetsOthersReadToo) {
  Neighbour quiet(reactor);
  Companion listener(Neighbour::listen(quiet));
  auto greedy = [](StreamTest& test, Neighbour& neighbour) -> Task<std::size_t> {
    std::string piece(16 << 10, 'x');
    std::size_t size = 0;
    while (!neighbour.was_heard && size < far_too_much) {
      test.say(piece);
      const IoResult result = co_await test.stream.read_some(piece, milliseconds(1000));
      size += result.bytes;
    }
    co_return size;
  };
  EXPECT_LE(wait_for(greedy(*this, quiet)), 1U << 20);
  EXPECT_TRUE(quiet.was_heard);
}

TEST_F(StreamTest, WhoCanAlwaysWriteLetsOthersReadToo) {
  Neighbour quiet(reactor);
  Companion listener(Neighbour::listen(quiet));
  auto greedy = [](StreamTest& test, Neighbour& neighbour) -> Task<std::size_t> {
    std::string piece(16 << 10, 'x'), taken = piece;
    std::size_t size = 0;
    while (!neighbour.was_heard && size < far_too_much) {
      iovec bytes{piece.data(), piece.size()};
      const IoResult result = co_await test.stream.write_all({&bytes, 1}, milliseconds(1000));
      size += result.bytes;
      while (::recv(test.other, taken.data(), taken.size(), 0) > 0) continue;
    }
    co_return size;
  };
  EXPECT_LE(wait_for(greedy(*this, quiet)), 1U << 20);
  EXPECT_TRUE(quiet.was_heard);
}

TEST_F(StreamTest, WhoHadItsShareIsStillWokenByCancelAndByClose) {
  for (bool by_close : {false, true}) {
    char buffer[8];
    say("unread");
    stream.channel().worked(far_too_much);
    std::optional<IoStatus> status;
    spawn([](StreamTest& test, std::span<char> room, std::optional<IoStatus>& out) -> Task<void> {
      const IoResult result = co_await test.stream.read_some(room, milliseconds(1000));
      out = result.status;
    }(*this, buffer, status));
    EXPECT_FALSE(status) << "it waits for the next turn";
    if (by_close) stream.close();
    else stream.channel().cancel();
    run_until([&] { return status.has_value(); });
    EXPECT_EQ(status, IoStatus::cancelled);
  }
}

}  // namespace
}  // namespace drishti::net
