// What the page of `metrics` tells about checks, states and queues of peers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/health_support.hpp"
#include "tests/support/metrics_page.hpp"
#include "tests/support/patience.hpp"

namespace drishti::testing {
namespace {

using Steady = std::chrono::steady_clock;

const std::string with_page = "\n} location = /metrics { metrics;";

std::string of_peer(const std::string& family, const FakeUpstream& peer, const std::string& label = {}) {
  const std::string begin = "drishti_upstream_peer_" + family + "{";
  const std::string address = "peer=\"" + peer.address() + "\"";
  const bool is_before = label.substr(0, label.find('=')) < "peer";
  if (label.empty()) return begin + address + ",upstream=\"backend\"}";
  return begin + (is_before ? label + "," + address : address + "," + label) + ",upstream=\"backend\"}";
}

/// Scrapes until the proxy serves more than VALUE; false when that takes too long.
bool rises_above(const ProxyUnderTest& proxy, const std::string& series, double value) {
  return eventually([&] { return MetricsPage::of(proxy)[series] > value; });
}

TEST(MetricsOfHealth, ChecksAndTheStateThatTheyLeadTo) {
  FakeUpstream a(well("a")), b(sick("b"));
  ProxyUnderTest proxy(checked_config(server(a) + server(b, "slow_start=60s"), {}, with_page));
  const MetricsPage page = page_with(proxy, of_peer("state", b, "state=\"unhealthy\""), 1);
  EXPECT_EQ(page[of_peer("state", b, "state=\"unhealthy\"")], 1);
  EXPECT_EQ(page[of_peer("state", b, "state=\"up\"")], 0);
  EXPECT_EQ(page["drishti_upstream_peers{state=\"unhealthy\",upstream=\"backend\"}"], 1);
  EXPECT_EQ(page["drishti_upstream_peers{state=\"up\",upstream=\"backend\"}"], 1);
  EXPECT_EQ(page[of_peer("ejections_total", b, "cause=\"health_check\"")], 1);
  EXPECT_EQ(page[of_peer("ejections_total", b, "cause=\"max_fails\"")], 0);
  EXPECT_GT(page[of_peer("checks_total", b, "result=\"failed\"")], 0);
  EXPECT_EQ(page[of_peer("checks_total", b, "result=\"passed\"")], 0);
  EXPECT_TRUE(rises_above(proxy, of_peer("checks_total", a, "result=\"passed\""), 1));
  b.set_script(well("b"));
  const MetricsPage later = page_with(proxy, of_peer("state", b, "state=\"slow_start\""), 1);
  EXPECT_EQ(later[of_peer("state", b, "state=\"slow_start\"")], 1);
  EXPECT_GE(later[of_peer("share_ratio", b)], 0);
  EXPECT_LT(later[of_peer("share_ratio", b)], 0.9) << "of its 60 seconds few are over";
  EXPECT_EQ(later[of_peer("share_ratio", a)], 1);
  EXPECT_GT(later[of_peer("checks_total", b, "result=\"passed\"")], 0);
  EXPECT_EQ(later[of_peer("ejections_total", b, "cause=\"health_check\"")], 1) << "once, however many checks failed";
}

TEST(MetricsOfHealth, ADrainingPeerAndOneThatWaitsForItsFirstPass) {
  FakeUpstream a(well("a")), b(peer(stays_silent(), answers("b")));
  ProxyUnderTest proxy(checked_config(server(a, "drain") + server(b), "mandatory interval=30s", with_page));
  const MetricsPage page = MetricsPage::of(proxy);
  EXPECT_EQ(page[of_peer("state", a, "state=\"draining\"")], 1);
  EXPECT_EQ(page[of_peer("state", b, "state=\"checking\"")], 1);
}

TEST(MetricsOfHealth, WhatTookAPeerOutOfUse) {
  FakeUpstream bad(answers_status(500, "bad")), good(answers("good"));
  ProxyUnderTest proxy(proxy_config(
      server(bad, "max_fails=2 fail_timeout=60s") + server(good), "proxy_next_upstream error http_500;" + with_page));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(ask(proxy, request_text("GET", "/")).body, "good");
  const MetricsPage page = page_with(proxy, of_peer("state", bad, "state=\"unavailable\""), 1);
  EXPECT_EQ(page[of_peer("state", bad, "state=\"unavailable\"")], 1);
  EXPECT_EQ(page[of_peer("ejections_total", bad, "cause=\"max_fails\"")], 1);
  EXPECT_EQ(page[of_peer("failures_total", bad)], 2);
}

TEST(MetricsOfHealth, EveryWayOutOfTheQueueIsCounted) {
  auto release = std::make_shared<Event>();
  FakeUpstream a([=](const UpstreamRequest&) { return Actions{Action::wait(release), Action::send(ok_response("a"))}; });
  ProxyUnderTest proxy(proxy_config(server(a, "max_conns=1") + "queue 1 timeout=60s;", with_page));
  const auto queued = [](const std::string& result) {
    return "drishti_upstream_queue_requests_total{result=\"" + result + "\",upstream=\"backend\"}";
  };
  const std::string length = "drishti_upstream_queue_length{upstream=\"backend\"}";
  const std::string waits = "drishti_upstream_queue_wait_seconds_count{upstream=\"backend\"}";
  EXPECT_EQ(MetricsPage::of(proxy)[length], 0);
  RawClient first(proxy.port());
  first.send(request_text("GET", "/1"));
  ASSERT_TRUE(a.wait_until([&] { return a.requests().size() == 1; }));
  {
    RawClient leaves(proxy.port());
    leaves.send(request_text("GET", "/2"));
    EXPECT_EQ(page_with(proxy, length, 1)[length], 1);
    EXPECT_EQ(ask(proxy, request_text("GET", "/3")).status, 502) << "full";
  }
  const MetricsPage left = page_with(proxy, queued("client_left"), 1);
  EXPECT_EQ(left[queued("client_left")], 1);
  EXPECT_EQ(left[queued("full")], 1);
  EXPECT_EQ(left[length], 0);
  RawClient waiting(proxy.port());
  waiting.send(request_text("GET", "/4"));
  page_with(proxy, length, 1);
  release->set();
  EXPECT_EQ(waiting.read_response().value_or(RawResponse{}).status, 200);
  const MetricsPage served = page_with(proxy, queued("served"), 1);
  EXPECT_EQ(served[queued("served")], 1);
  EXPECT_EQ(served[waits], 2) << "who found it full did not wait";
}

TEST(MetricsOfHealth, AWaitInVainIsATimeout) {
  auto release = std::make_shared<Event>();
  FakeUpstream a([=](const UpstreamRequest&) { return Actions{Action::wait(release), Action::send(ok_response("a"))}; });
  ProxyUnderTest proxy(proxy_config(server(a, "max_conns=1") + "queue 1 timeout=50ms;", with_page));
  RawClient first(proxy.port());
  first.send(request_text("GET", "/1"));
  ASSERT_TRUE(a.wait_until([&] { return a.requests().size() == 1; }));
  EXPECT_EQ(ask(proxy, request_text("GET", "/2")).status, 502);
  release->set();
  const std::string timeouts = "drishti_upstream_queue_requests_total{result=\"timeout\",upstream=\"backend\"}";
  EXPECT_EQ(page_with(proxy, timeouts, 1)[timeouts], 1);
}

}  // namespace
}  // namespace drishti::testing
