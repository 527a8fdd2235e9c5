#include "upstream/outcome.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "balancer_support.hpp"

namespace drishti::upstream {
namespace {

struct Log : net::ErrorLog {
  bool enabled(conf::LogLevel) const override { return true; }
  void write(conf::LogLevel level, std::uint64_t, std::string_view text) override {
    EXPECT_EQ(level, conf::LogLevel::warn);
    lines.emplace_back(text);
  }
  std::vector<std::string> lines;
};

TEST(Report, CountsFailuresAndSaysWhenThePeerIsDisabled) {
  Fixture f({{"10.0.0.1", 1, 2}, {"10.0.0.2"}});
  Log log;
  EXPECT_FALSE(report(f.peer(0), Outcome::failed, false, 1000, log));
  EXPECT_TRUE(report(f.peer(0), Outcome::failed, false, 1000, log));
  EXPECT_EQ(log.lines, std::vector<std::string>{"upstream server temporarily disabled, upstream: \"10.0.0.1:80\""});
  EXPECT_EQ(f.order(2), "bb");
}

TEST(Report, TheContextOfTheRequestFollowsTheMessage) {
  Fixture f({{"10.0.0.1"}, {"10.0.0.2"}});
  Log log;
  report(f.peer(0), Outcome::failed, false, 1000, log, 7, " while connecting to upstream, client: 127.0.0.1");
  EXPECT_EQ(log.lines.at(0),
            "upstream server temporarily disabled while connecting to upstream, client: 127.0.0.1");
}

TEST(Report, PassedOn403And404AreNotCounted) {
  Fixture f({{"10.0.0.1"}, {"10.0.0.2"}});
  Log log;
  for (int i = 0; i < 5; ++i) report(f.peer(0), Outcome::not_counted, false, 1000, log);
  EXPECT_EQ(f.peer(0).state->health.fails(), 0);
}

TEST(Report, ASinglePeerIsNeverDisabledAndForgetsItsFailures) {
  Fixture f({{"10.0.0.1"}});
  Log log;
  f.peer(0).state->health.failed(f.peer(0).limits(), 1000);
  EXPECT_FALSE(report(f.peer(0), Outcome::failed, true, 1000, log));
  EXPECT_EQ(f.peer(0).state->health.fails(), 0);
  EXPECT_TRUE(log.lines.empty());
}

TEST(Report, FailuresInConsecutiveSecondsAddUpToMaxFails) {
  Fixture f({{"10.0.0.1", 1, 3}, {"10.0.0.2"}});
  Log log;
  std::vector<bool> disabled;
  for (int i = 0; i < 3; ++i) {
    PickRequest request;
    request.now_seconds = 1000 + i;
    for (auto lease = f.balancer->pick(request); lease && Fixture::number(lease) != 1;)
      lease = f.balancer->pick(request);
    disabled.push_back(report(f.peer(0), Outcome::failed, false, 1000 + i, log));
    f.balancer->note_failure(f.peer(0));
  }
  EXPECT_EQ(disabled, (std::vector<bool>{false, false, true}));
}

}  // namespace
}  // namespace drishti::upstream
