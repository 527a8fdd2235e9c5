#include "server/control_loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <string>
#include <vector>

namespace drishti::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct MemoryLog : net::ErrorLog {
  bool enabled(conf::LogLevel) const override { return true; }
  void write(conf::LogLevel, std::uint64_t, std::string_view message) override { lines.emplace_back(message); }
  std::vector<std::string> lines;
};

/// Notes what the loop asks for; SIGNALS are sent one by one, the next when the former was answered.
class Script : public Lifecycle {
 public:
  explicit Script(boost::asio::io_context& io) : io_(io) {}
  void reload() override { note("reload"); }
  void reopen_logs() override { note("reopen"); }
  void stop_gracefully(std::function<void()> done) override {
    done_ = std::move(done);
    note("graceful");
  }
  void tick() override {}
  void note(const std::string& what) {
    calls.push_back(what);
    if (after) after(what);
  }
  void requests_end() { boost::asio::post(io_, done_); }

  std::vector<std::string> calls;
  std::function<void(const std::string&)> after;

 private:
  boost::asio::io_context& io_;
  std::function<void()> done_;
};

class ControlLoops : public testing::Test {
 protected:
  static void send(int number) { ::kill(::getpid(), number); }
  boost::asio::io_context io_{1};
  MemoryLog log_;
  Script script_{io_};
  ControlLoop loop_{io_, script_, log_};
};

TEST_F(ControlLoops, EndAtTermAndNameTheSender) {
  send(SIGTERM);
  loop_.run();
  EXPECT_TRUE(script_.calls.empty());
  EXPECT_THAT(log_.lines, ElementsAre("signal 15 (SIGTERM) received from " + std::to_string(::getpid()) + ", exiting"));
}

TEST_F(ControlLoops, ReloadAtHupAndReopenAtUsr1) {
  script_.after = [](const std::string& call) { send(call == "reload" ? SIGUSR1 : SIGINT); };
  send(SIGHUP);
  loop_.run();
  EXPECT_THAT(script_.calls, ElementsAre("reload", "reopen"));
  EXPECT_THAT(log_.lines[0], HasSubstr("signal 1 (SIGHUP) received from "));
  EXPECT_THAT(log_.lines[0], HasSubstr(", reconfiguring"));
  EXPECT_THAT(log_.lines[1], HasSubstr("(SIGUSR1)"));
}

TEST_F(ControlLoops, CountManyHupsDuringAReloadAsOne) {
  script_.after = [this](const std::string&) {
    if (script_.calls.size() > 1) return send(SIGTERM);
    for (int i = 0; i < 5; ++i) send(SIGHUP);
  };
  send(SIGHUP);
  loop_.run();
  EXPECT_THAT(script_.calls, ElementsAre("reload", "reload"));
}

TEST_F(ControlLoops, EndAfterQuitOnceTheRequestsHaveEnded) {
  script_.after = [this](const std::string& call) {
    if (call == "graceful") send(SIGUSR1);
    if (call == "reopen") script_.requests_end();
  };
  send(SIGQUIT);
  loop_.run();
  EXPECT_THAT(script_.calls, ElementsAre("graceful", "reopen"));
}

TEST_F(ControlLoops, EndAtTermWhileAGracefulStopWaits) {
  script_.after = [](const std::string&) { send(SIGTERM); };
  send(SIGQUIT);
  loop_.run();
  EXPECT_THAT(script_.calls, ElementsAre("graceful"));
}

TEST_F(ControlLoops, IgnoreReloadsAndASecondQuitDuringAGracefulStop) {
  int step = 0;
  script_.after = [&](const std::string& call) {
    if (call == "graceful") {
      send(SIGHUP);
      send(SIGQUIT);
      send(SIGUSR1);
    } else if (step++ == 0) {
      script_.requests_end();
    }
  };
  send(SIGQUIT);
  loop_.run();
  EXPECT_THAT(script_.calls, ElementsAre("graceful", "reopen"));
}

TEST_F(ControlLoops, AnswerUnsupportedSignalsInTheLog) {
  send(SIGUSR2);
  send(SIGWINCH);
  script_.after = [this](const std::string&) { boost::asio::post(io_, [] { send(SIGTERM); }); };
  send(SIGUSR1);
  loop_.run();
  std::string all;
  for (const std::string& line : log_.lines) all += line + "\n";
  EXPECT_THAT(all, HasSubstr("(SIGUSR2) received from " + std::to_string(::getpid()) + ", ignored: not supported\n"));
  EXPECT_THAT(all, HasSubstr("(SIGWINCH) received from " + std::to_string(::getpid()) + ", ignored: not supported\n"));
}

TEST_F(ControlLoops, ReapOrphansAsPidOneMust) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t ended{};
  ::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT);
  std::function<void()> look = [&] {
    if (::kill(child, 0) != 0) return send(SIGTERM);
    boost::asio::post(io_, look);
  };
  look();
  loop_.run();
  EXPECT_EQ(::kill(child, 0), -1);
}

TEST_F(ControlLoops, HearHupAlsoWhenTheStarterIgnoredIt) {
  // nohup leaves HUP ignored; the fixture's loop must have taken it back.
  struct sigaction action {};
  for (const int number : {SIGHUP, SIGINT, SIGQUIT}) {
    ::sigaction(number, nullptr, &action);
    EXPECT_EQ(action.sa_handler, SIG_DFL) << number;
  }
  ::sigaction(SIGPIPE, nullptr, &action);
  EXPECT_EQ(action.sa_handler, SIG_IGN);
}

}  // namespace
}  // namespace drishti::server
