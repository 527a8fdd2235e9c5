// The parts of the advisor, one promise each. Time is an argument.

#include <gtest/gtest.h>

#include <cmath>

#include "metrics/scaling/machine.hpp"
#include "metrics/scaling/peer_capacity.hpp"
#include "metrics/scaling/queueing.hpp"
#include "metrics/scaling/service_time.hpp"
#include "metrics/scaling/traffic_history.hpp"
#include "metrics/scaling/trend.hpp"
#include "metrics/scaling/trigger_watch.hpp"

namespace drishti::scaling {
namespace {

using namespace std::chrono_literals;

UpstreamSample sample(Seconds at, double ended, double service_seconds, int healthy = 1) {
  return {at, ended, ended, 0, service_seconds, service_seconds, healthy, healthy};
}

TEST(SampleSeries, TellsTheChangeOverTheLastWindow) {
  SampleSeries series(10);
  EXPECT_FALSE(series.change(5));
  for (int i = 0; i <= 20; ++i) series.add(sample(100 + i, 10.0 * i, 2.0 * i));
  const Change change = *series.change(5);
  EXPECT_DOUBLE_EQ(change.elapsed, 5);
  EXPECT_DOUBLE_EQ(change.arrival_rate(), 10);
  EXPECT_DOUBLE_EQ(change.concurrency(), 2);
  EXPECT_DOUBLE_EQ(change.mean_service(), 0.2);
  EXPECT_DOUBLE_EQ(series.change(1000)->elapsed, 10) << "what is kept";
  EXPECT_LE(series.samples().size(), 12u);
}

TEST(SampleSeries, BeginsAnewWhenACounterFell) {
  SampleSeries series(10);
  for (int i = 0; i < 5; ++i) series.add(sample(i, 100.0 * i, i));
  series.add(sample(5, 3, 0));
  EXPECT_FALSE(series.change(10));
  series.add(sample(6, 13, 1));
  EXPECT_DOUBLE_EQ(series.change(10)->arrival_rate(), 10);
}

TEST(SampleSeries, ARequestThatEndsWhileItIsReadChangesNothing) {
  SampleSeries series(10);
  UpstreamSample first = sample(1, 10, 1), second = sample(2, 10, 1);
  second.arrived = 9;
  series.add(first);
  series.add(second);
  ASSERT_TRUE(series.change(10));
  EXPECT_DOUBLE_EQ(series.change(10)->arrival_rate(), 0);
}

Change requests(double ended, double each) { return {1, ended, ended, 0, ended * each, ended * each}; }

TEST(UnloadedServiceTime, IsThatOfQuietTimes) {
  UnloadedServiceTime time(600);
  EXPECT_FALSE(time.value());
  Seconds now = 0;
  for (int i = 0; i < 120; ++i) time.add(++now, requests(20, 0.05), false);
  for (int i = 0; i < 400; ++i) time.add(++now, requests(50, 0.4), false);
  EXPECT_NEAR(*time.value(), 0.05, 1e-9) << "a fifth of the time was quiet";
}

TEST(UnloadedServiceTime, IsNotInflatedByAnOverloadLongerThanTheWindow) {
  UnloadedServiceTime time(600);
  Seconds now = 0;
  for (int i = 0; i < 120; ++i) time.add(++now, requests(20, 0.05), false);
  for (int i = 0; i < 7200; ++i) time.add(++now, requests(50, 2), true);
  EXPECT_NEAR(*time.value(), 0.05, 1e-9);
  for (int i = 0; i < 700; ++i) time.add(++now, requests(20, 0.07), false);
  EXPECT_NEAR(*time.value(), 0.07, 1e-9) << "a slower release is believed once it is quiet";
}

TEST(UnloadedServiceTime, FollowsFewRequestsToo) {
  UnloadedServiceTime time(600);
  for (Seconds now = 1; now < 200; ++now) time.add(now, requests(std::fmod(now, 20) == 0 ? 1 : 0, 0.3), false);
  ASSERT_TRUE(time.value());
  EXPECT_NEAR(*time.value(), 0.3, 1e-9);
}

TEST(Queueing, IsExactForOnePlace) {
  for (const double utilization : {0.1, 0.5, 0.9})
    EXPECT_NEAR(inflation(1, utilization), 1 / (1 - utilization), 1e-9);
  EXPECT_TRUE(std::isinf(inflation(4, 1)));
}

TEST(Queueing, FindsThePlacesAgain) {
  for (const double slots : {1.0, 2.0, 8.0, 100.0})
    for (const double utilization : {0.6, 0.8, 0.95})
      EXPECT_NEAR(slots_for(slots * utilization, inflation(slots, utilization)), slots, slots * 0.001);
}

PeerLoad load(Seconds at, double throughput, double inflation, double concurrency = 5) {
  return {at, 1, throughput, concurrency, inflation, 0.01, 0};
}

TEST(PeerCapacity, IsProvenByWhatWasCarriedWithoutWaiting) {
  PeerCapacity capacity(3600, 15);
  EXPECT_EQ(capacity.value(), 0);
  for (int i = 0; i < 100; ++i) capacity.observe(load(i, i, 1.1));
  for (int i = 100; i < 200; ++i) capacity.observe(load(i, 10, 1.1));
  EXPECT_FALSE(capacity.learned());
  EXPECT_DOUBLE_EQ(capacity.value(), 99);
  for (int i = 200; i < 4000; ++i) capacity.observe(load(i, 10, 1.1));
  EXPECT_DOUBLE_EQ(capacity.value(), 10) << "what was an hour ago is forgotten";
}

TEST(PeerCapacity, IsLearnedOnceRequestsQueueForLongEnough) {
  PeerCapacity capacity(3600, 15);
  for (int i = 0; i < 15; ++i) capacity.observe(load(i, 400, 8));
  EXPECT_FALSE(capacity.learned());
  for (int i = 15; i < 60; ++i) capacity.observe(load(i, 400, 8));
  ASSERT_TRUE(capacity.learned());
  EXPECT_NEAR(*capacity.learned(), 400, 20);
}

TEST(PeerCapacity, ABlipTeachesNothing) {
  PeerCapacity capacity(3600, 15);
  for (int i = 0; i < 600; ++i) capacity.observe(load(i, 50, i % 20 < 12 ? 6 : 1));
  EXPECT_FALSE(capacity.learned());
}

TEST(PeerCapacity, WorkThatGotSlowerWithNobodyWaitingTeachesNothing) {
  PeerCapacity capacity(3600, 15);
  for (int i = 0; i < 600; ++i) capacity.observe(load(i, 5, 6, 0.3));
  EXPECT_FALSE(capacity.learned());
}

TEST(PeerCapacity, AStallBehindTheServersDoesNotPassForASmallServer) {
  PeerCapacity capacity(3600, 15);
  for (int i = 0; i < 100; ++i) capacity.observe(load(i, 200, 1.1));
  for (int i = 100; i < 145; ++i) capacity.observe(load(i, 20, 10));
  EXPECT_GT(capacity.value(), 140);
  for (int i = 145; i < 160; ++i) capacity.observe(load(i, 190, 1.1));
  EXPECT_GE(capacity.value(), 190) << "what is carried is carried";
}

TEST(PeerCapacity, AServerThatCanDoLessIsFoundOut) {
  PeerCapacity capacity(24 * 3600, 15);
  for (int i = 0; i < 100; ++i) capacity.observe(load(i, 200, 1.1));
  for (int i = 100; i < 400; ++i) capacity.observe(load(i, 100, 10));
  EXPECT_NEAR(capacity.value(), 100, 12);
}

TEST(PeerCapacity, ErrorsTeachNothing) {
  PeerCapacity capacity(3600, 15);
  PeerLoad failing = load(0, 5000, 1);
  failing.failed_share = 0.5;
  for (int i = 0; i < 60; ++i, failing.at += 1) capacity.observe(failing);
  EXPECT_EQ(capacity.value(), 0);
}

SampleSeries rising(double from, double slope, int seconds) {
  SampleSeries series(1000);
  double total = 0;
  for (int i = 0; i <= seconds; ++i) {
    series.add(sample(i, total, 0));
    total += from + slope * i;
  }
  return series;
}

TEST(Trend, TellsWhenTheCapacityIsReached) {
  const auto trend = arrival_trend(rising(100, 0.5, 300), 300);
  ASSERT_TRUE(trend);
  EXPECT_NEAR(trend->slope, 0.5, 0.01);
  EXPECT_NEAR(time_to_reach(400, *trend).value_or(-1), 300, 5);
  EXPECT_EQ(time_to_reach(200, *trend).value_or(-1), 0) << "reached already";
}

TEST(Trend, SeesNoRiseInLevelOrFallingLoad) {
  EXPECT_FALSE(time_to_reach(400, arrival_trend(rising(100, 0, 300), 300).value()));
  EXPECT_FALSE(time_to_reach(400, arrival_trend(rising(300, -0.5, 300), 300).value()));
  EXPECT_FALSE(arrival_trend(rising(100, 1, 50), 300)) << "too short a time";
}

TEST(Machine, ReadsProc) {
  const auto time = parse_cpu_time("cpu  100 20 30 800 50 0 0 5 7 0\ncpu0 1 2 3 4 5 6 7 8 9 0\n");
  ASSERT_TRUE(time);
  EXPECT_DOUBLE_EQ(time->busy, 155);
  EXPECT_DOUBLE_EQ(time->total, 1005);
  EXPECT_DOUBLE_EQ(parse_memory_usage("MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable:   250 kB\n").value(), 0.75);
  for (const char* text : {"", "cpu", "cpu  1 2 3\n", "intr 1 2 3 4 5 6 7 8", "cpu  1 2 3 4 5 6 7 x\n"})
    EXPECT_FALSE(parse_cpu_time(text)) << text;
  for (const char* text : {"", "MemTotal: 0 kB\nMemAvailable: 0 kB\n", "MemTotal: 5 kB\n", "XMemTotal: 5\nMemAvailable: 1\n"})
    EXPECT_FALSE(parse_memory_usage(text)) << text;
}

TEST(TriggerWatch, FiresWhenTheValueStayedAboveForLongEnough) {
  const conf::ScalingTrigger trigger{true, 3, 10s};
  TriggerWatch watch;
  EXPECT_EQ(watch.state(), TriggerState::off);
  watch.observe(0, 3, trigger);
  EXPECT_EQ(watch.state(), TriggerState::ok) << "not above it";
  watch.observe(1, 3.1, trigger);
  watch.observe(10.9, 5, trigger);
  EXPECT_EQ(watch.state(), TriggerState::pending);
  watch.observe(11, 4, trigger);
  EXPECT_EQ(watch.state(), TriggerState::firing);
  EXPECT_DOUBLE_EQ(watch.above_for(12), 11);
  watch.observe(12, 2, trigger);
  watch.observe(13, 9, trigger);
  EXPECT_EQ(watch.state(), TriggerState::pending) << "a break begins it anew";
  watch.observe(40, std::nullopt, trigger);
  EXPECT_EQ(watch.state(), TriggerState::ok);
  watch.observe(41, 9, {false, 3, 10s});
  EXPECT_EQ(watch.state(), TriggerState::off);
}

constexpr std::int64_t day = 86'400;

TEST(TrafficHistory, CountsByTheMonth) {
  TrafficHistory history;
  for (std::int64_t i = 0; i < 30; ++i) history.add((20'000 + i) * day, 100);
  EXPECT_EQ(history.last_month(), 3000u);
  EXPECT_FALSE(history.growth()) << "there is no month before";
  for (std::int64_t i = 30; i < 60; ++i) history.add((20'000 + i) * day + 5, 250);
  EXPECT_EQ(history.last_month(), 7500u);
  EXPECT_EQ(history.month_before(), 3000u);
  EXPECT_DOUBLE_EQ(history.growth().value(), 1.5);
  history.add((20'000 + 59) * day, 1);
  EXPECT_EQ(history.last_month(), 7501u);
  history.add((20'000 + 500) * day, 1);
  EXPECT_EQ(history.last_month(), 1u) << "a long sleep";
  EXPECT_EQ(history.days(), 60);
}

TEST(TrafficHistory, AClockThatIsSetBackAddsToTheNewestDay) {
  TrafficHistory history;
  history.add(20'000 * day, 5);
  history.add(19'000 * day, 5);
  EXPECT_EQ(history.last_month(), 10u);
}

TEST(TrafficHistory, SurvivesARestart) {
  TrafficHistory before, after;
  for (std::int64_t i = 0; i < 70; ++i) before.add((20'000 + i) * day, static_cast<std::uint64_t>(i));
  ASSERT_TRUE(after.read(before.text(), 20'069 * day));
  EXPECT_EQ(after.text(), before.text());
  EXPECT_EQ(after.growth(), before.growth());
  TrafficHistory much_later;
  ASSERT_TRUE(much_later.read(before.text(), 20'200 * day));
  EXPECT_EQ(much_later.last_month(), 0u);
}

TEST(TrafficHistory, RefusesWhatIsNone) {
  TrafficHistory history;
  history.add(20'000 * day, 5);
  const std::string kept = history.text(), head = "drishti-traffic-history 1\n";
  for (const std::string& text : {std::string{}, std::string("x"), head + "1 2 3\n", head + "1\n", head + "-1 5\n",
                                  head + "20000 5\n19999 5\n", head + "99999999999999999999 1\n", head + "20000 5\n\n1 1\n",
                                  head + "18446744073709551615 1\n"})
    EXPECT_FALSE(history.read(text, 20'000 * day)) << text;
  EXPECT_EQ(history.text(), kept);
}

}  // namespace
}  // namespace drishti::scaling
