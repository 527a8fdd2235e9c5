#include "net/event_loop.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "net/stream.hpp"

namespace drishti::net {
namespace {

/// A stream of the reactor and the non-blocking other end of it.
struct SocketPair {
  explicit SocketPair(Reactor& reactor) {
    std::array<int, 2> fds{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()), 0);
    stream.open(reactor, fds[0]);
    other = fds[1];
  }
  ~SocketPair() { ::close(other); }
  Stream stream;
  int other = -1;
};

TEST(EventLoop, RunsTasksInTheOrderInWhichTheyWerePosted) {
  EventLoop loop;
  std::vector<int> order;
  for (int i = 0; i < 3; ++i) loop.post([&order, i] { order.push_back(i); });
  loop.post([&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(order, (std::vector{0, 1, 2}));
}

TEST(EventLoop, WakesForATaskOfAnotherThread) {
  EventLoop loop;
  std::thread::id ran_on;
  std::thread runner([&] { loop.run(); });
  const std::thread::id expected = runner.get_id();
  loop.post([&] {
    ran_on = std::this_thread::get_id();
    loop.stop();
  });
  runner.join();
  EXPECT_EQ(ran_on, expected);
}

TEST(EventLoop, RunsWhatATaskPostsAfterATurn) {
  EventLoop loop;
  bool was_deferred_run_before = false, ran = false;
  struct Defer {
    Reactor& reactor;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> handle) { reactor.defer(handle); }
    void await_resume() const {}
  };
  const auto later = [&]() -> Detached {
    co_await Defer{loop.reactor()};
    ran = true;
  };
  loop.post([&] {
    later();
    loop.post([&] {
      was_deferred_run_before = ran;
      loop.stop();
    });
  });
  loop.run();
  EXPECT_TRUE(was_deferred_run_before);
}

TEST(EventLoop, WakesForADeadline) {
  EventLoop loop;
  const auto sleeper = [&]() -> Detached {
    co_await Sleep(loop.reactor(), milliseconds(20));
    loop.stop();
  };
  const auto begun = std::chrono::steady_clock::now();
  loop.post([&] { sleeper(); });
  loop.run();
  EXPECT_GE(std::chrono::steady_clock::now() - begun, milliseconds(20));
}

TEST(EventLoop, DestroysTasksThatCameTooLate) {
  auto captured = std::make_shared<int>(1);
  {
    EventLoop loop;
    loop.stop();
    loop.run();
    loop.post([captured] {});
  }
  EXPECT_EQ(captured.use_count(), 1);
}

// An edge for room that nobody waits for would be a turn for nothing with every new connection.
TEST(EventLoop, ANewSocketCausesNoTurnUntilThereIsSomethingToRead) {
  EventLoop loop;
  SocketPair pair(loop.reactor());
  EXPECT_EQ(loop.reactor().turn(0), 0);
  ASSERT_EQ(::write(pair.other, "x", 1), 1);
  EXPECT_EQ(loop.reactor().turn(0), 1);
}

TEST(EventLoop, ASocketThatWasFullTellsOfRoom) {
  EventLoop loop;
  SocketPair pair(loop.reactor());
  std::string text(1 << 16, 'x');
  iovec piece{text.data(), text.size()};
  while (pair.stream.try_write(&piece, 1).bytes > 0) {
  }
  EXPECT_EQ(loop.reactor().turn(0), 0);
  while (::read(pair.other, text.data(), text.size()) > 0) {
  }
  EXPECT_EQ(loop.reactor().turn(0), 1);
  EXPECT_GT(pair.stream.try_write(&piece, 1).bytes, 0U);
}

}  // namespace
}  // namespace drishti::net
