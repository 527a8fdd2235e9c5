#include "server/http2_flood.hpp"

#include <gtest/gtest.h>

namespace drishti::server {
namespace {

using Reason = Http2FloodReason;
using std::chrono::milliseconds;

enum Type : std::uint8_t { data, headers, priority, rst, settings, push, ping, goaway, window_update, continuation };

/// A connection's counters with a clock that the test moves.
struct Flood {
  Http2Flood counted{128};
  TokenBucket::Steady now = TokenBucket::Steady{} + std::chrono::hours(1);

  /// How many times STEP goes well, at most MOST.
  template <class Step>
  int times(int most, Step step) {
    for (int i = 0; i < most; ++i)
      if (step() != Reason::none) return i;
    return most;
  }
  Reason frame(std::uint8_t type, std::size_t size, bool ends = false) {
    const Reason reason = counted.received(type, size, ends, now);
    return reason == Reason::none ? counted.read(size + 9) : reason;
  }
};

TEST(Http2Flood, APageThatIsLeftMayResetAllItsStreamsButNotAgainAndAgain) {
  Flood flood;
  EXPECT_EQ(flood.times(1000, [&] { return flood.counted.reset_by_client(flood.now); }), 256);
  EXPECT_EQ(flood.counted.reset_by_client(flood.now), Reason::rapid_reset);
  flood.now += milliseconds(10'000);
  EXPECT_EQ(flood.times(1000, [&] { return flood.counted.reset_by_client(flood.now); }), 256);
}

TEST(Http2Flood, ResetsThatTheClientProvokesCountAsItsOwnWould) {
  Flood flood;
  EXPECT_EQ(flood.times(1000, [&] { return flood.counted.reset_by_us(flood.now); }), 256);
  EXPECT_EQ(flood.counted.reset_by_us(flood.now), Reason::our_resets);
}

struct Control {
  const char* name;
  std::uint8_t type;
  std::size_t size;
  Reason reason;
  int allowed;
};
void PrintTo(const Control& control, std::ostream* out) { *out << control.name; }

class Http2ControlFrames : public ::testing::TestWithParam<Control> {};

TEST_P(Http2ControlFrames, AreAllowedAFewAtOnceAndAFewASecond) {
  Flood flood;
  const Control& control = GetParam();
  EXPECT_EQ(flood.times(100'000, [&] { return flood.frame(control.type, control.size); }), control.allowed);
  EXPECT_EQ(flood.frame(control.type, control.size), control.reason);
}

TEST_P(Http2ControlFrames, AtAModestPaceAreAllowedForEver) {
  Flood flood;
  const Control& control = GetParam();
  if (control.type == window_update) GTEST_SKIP() << "window updates are earned by data, not by time";
  EXPECT_EQ(flood.times(2000, [&] {
    flood.now += milliseconds(1100);
    return flood.frame(control.type, control.size);
  }), 2000);
}

INSTANTIATE_TEST_SUITE_P(All, Http2ControlFrames,
                         ::testing::Values(Control{"settings", settings, 6, Reason::settings, 32},
                                           Control{"ping", ping, 8, Reason::ping, 100},
                                           Control{"priority", priority, 5, Reason::priority, 1000},
                                           Control{"priority_update", 0x10, 5, Reason::priority, 1000},
                                           Control{"window_update", window_update, 4, Reason::window_update, 200},
                                           Control{"unknown", 0x77, 0, Reason::unknown_frames, 100}),
                         [](const auto& test) { return test.param.name; });

TEST(Http2Flood, WindowUpdatesAreEarnedByTheDataThatTheyAnswer) {
  Flood flood;
  EXPECT_EQ(flood.times(100'000, [&] {
    flood.counted.sent_data(8192, true);
    if (const Reason reason = flood.frame(window_update, 4); reason != Reason::none) return reason;
    return flood.frame(window_update, 4);
  }), 100'000);
}

// As grpc-go does, to measure the bandwidth and to make room for as much again.
TEST(Http2Flood, EachMessageMayBeAnsweredWithAPingAndTheUpdatesOfTwoWindows) {
  Flood flood;
  const auto acknowledge = [&] {
    for (const std::uint8_t type : {window_update, window_update})
      if (const Reason reason = flood.frame(type, 4); reason != Reason::none) return reason;
    return flood.frame(ping, 8);
  };
  EXPECT_EQ(flood.times(10'000, [&] {
    flood.counted.sent_data(4, false);
    return acknowledge();
  }), 10'000);
  EXPECT_EQ(flood.times(10'000, [&] {
    flood.counted.sent_head();
    return acknowledge();
  }), 10'000);
}

TEST(Http2Flood, WhatWasSentLongAgoEarnsNoFloodOfPings) {
  Flood flood;
  for (int i = 0; i < 100'000; ++i) flood.counted.sent_data(4, false);
  EXPECT_EQ(flood.times(10'000, [&] { return flood.frame(ping, 8); }), 200);
}

TEST(Http2Flood, AFrameThatTheWindowHeldBackEarnsNoPing) {
  Flood flood;
  EXPECT_EQ(flood.times(10'000, [&] {
    flood.counted.sent_data(1, true);
    return flood.frame(ping, 8);
  }), 100);
}

TEST(Http2Flood, AWindowThatIsOpenedByteByByteEndsTheConnection) {
  Flood flood;
  const int steps = flood.times(100'000, [&] {
    flood.counted.sent_data(1, true);
    return flood.frame(window_update, 4);
  });
  EXPECT_LT(steps, 300);
}

TEST(Http2Flood, EmptyFramesAreCountedInARow) {
  Flood flood;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(flood.times(10, [&] { return flood.frame(data, 0); }), 10);
    EXPECT_EQ(flood.frame(data, 1), Reason::none);
  }
  EXPECT_EQ(flood.times(100, [&] { return flood.frame(data, 0); }), 10);
  EXPECT_EQ(flood.frame(data, 0), Reason::empty_frames);
}

TEST(Http2Flood, AnEmptyFrameThatEndsAStreamIsNoneOfThem) {
  Flood flood;
  EXPECT_EQ(flood.times(100, [&] { return flood.frame(data, 0, true); }), 100);
}

TEST(Http2Flood, FramesThatCarryNothingMayNotOutweighWhatIsCarried) {
  Flood flood;
  const int steps = flood.times(10'000'000, [&] { return flood.frame(data, 0, true); });
  EXPECT_NEAR(steps, 8 * (1 << 20) / 9, 2);
  EXPECT_EQ(flood.frame(data, 0, true), Reason::overhead);
}

TEST(Http2Flood, AHeadBeyondTheLimitIsAnsweredAndOneFarBeyondItEndsTheConnection) {
  EXPECT_EQ(Http2Flood::head_grew(1001, 40'000, 1000, 32'768), Reason::none);
  EXPECT_EQ(Http2Flood::head_grew(4001, 40'000, 1000, 32'768), Reason::header_list);
  EXPECT_EQ(Http2Flood::head_grew(10, 131'073, 1000, 32'768), Reason::header_list);
}

}  // namespace
}  // namespace drishti::server
