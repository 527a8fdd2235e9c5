// Peers that are sick in ways their checks do not see, that leave, that move; and how long all that takes. Whole proxy.

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "tests/scenarios/health_support.hpp"
#include "tests/support/backend_process.hpp"
#include "tests/support/fake_dns.hpp"
#include "tests/support/load_client.hpp"
#include "tests/support/metrics_page.hpp"

namespace drishti::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Steady = std::chrono::steady_clock;

void reload(ProxyUnderTest& proxy, const std::string& config, int generation) {
  proxy.write_config(config);
  proxy.send_signal(SIGHUP);
  ASSERT_TRUE(proxy.wait_for_log("generation " + std::to_string(generation) + " of the configuration ended"));
}

// U09 in all its forms: 200 on /health, and this on everything else.
TEST(AServerThatPassesItsChecks, AndFailsEveryRequestIsTriedOnce) {
  const struct {
    const char* name;
    FakeUpstream::Script traffic;
  } cases[] = {
      {"lies", answers_status(500, "broken")},
      {"resets", [](const UpstreamRequest&) { return Actions{Action::reset()}; }},
      {"closes", [](const UpstreamRequest&) { return Actions{Action::close()}; }},
      {"hangs", stays_silent()},
      {"is slow", [](const UpstreamRequest&) { return Actions{Action::dribble(ok_response("slow"), milliseconds(1500))}; }},
      {"talks nonsense", [](const UpstreamRequest&) { return Actions{Action::send("nonsense\r\n\r\n"), Action::close()}; }}};
  for (const auto& c : cases) {
    FakeUpstream bad(peer(answers("ok"), c.traffic)), good(well("good"));
    ProxyUnderTest proxy(checked_config(
        server(bad, "max_fails=1 fail_timeout=60s") + server(good, "max_fails=0"), "interval=100ms",
        "proxy_read_timeout 1s; proxy_next_upstream error timeout invalid_header http_500;"));
    for (int i = 0; i < 10; ++i) EXPECT_EQ(ask(proxy, request_text("GET", "/")).body, "good") << c.name;
    ASSERT_TRUE(wait_for_checks(bad, 2)) << c.name;
    for (int i = 0; i < 4; ++i) EXPECT_EQ(ask(proxy, request_text("GET", "/")).body, "good") << c.name;
    EXPECT_EQ(traffic(bad), 1u) << c.name;
    bad.kill();  // what still dribbles must not hold up the end
  }
}

TEST(AServerThatDrains, FinishesWhatItHasAndGetsNothingNew) {
  auto release = std::make_shared<Event>();
  auto waits = [=](const UpstreamRequest& request) {
    if (request.path() != "/long") return Actions{Action::send(ok_response("a"))};
    return Actions{Action::wait(release), Action::send(ok_response("late"))};
  };
  FakeUpstream a(peer(answers("ok"), waits)), b(well("b"));
  ProxyUnderTest proxy(checked_config(server(a)));
  RawClient begun(proxy.port());
  begun.send(request_text("GET", "/long"));
  ASSERT_TRUE(a.wait_until([&] { return traffic(a) == 1; }));
  proxy.write_config(checked_config(server(a, "drain") + server(b)));
  proxy.send_signal(SIGHUP);
  ASSERT_TRUE(proxy.wait_for_log("peer is draining"));
  ASSERT_TRUE(becomes(proxy, "b"));
  EXPECT_EQ(bodies(proxy, 10), "bbbbbbbbbb");
  EXPECT_TRUE(wait_for_checks(a, 2)) << "it is still checked";
  EXPECT_EQ(traffic(a), 1u);
  release->set();
  EXPECT_EQ(begun.read_response().value_or(RawResponse{}).body, "late") << "what it had begun is not cut off";
  reload(proxy, checked_config(server(a) + server(b)), 2);
  EXPECT_TRUE(becomes(proxy, "a")) << "and it can be taken back";
}

TEST(AServerThatDrains, IsNotUsedEvenWhenNoneIsLeftAndHealthPanicIsOn) {
  FakeUpstream a(well("a")), b(sick("b"));
  ProxyUnderTest proxy(checked_config(server(a, "drain") + server(b) + "health_panic on;"));
  ASSERT_TRUE(proxy.wait_for_log("peer is unhealthy"));
  EXPECT_EQ(bodies(proxy, 6), "bbbbbb") << "the sick one is, for panic";
  EXPECT_EQ(traffic(a), 0u);
  ProxyUnderTest alone(checked_config(server(a, "drain") + server(a, "drain")));
  EXPECT_EQ(ask(alone, request_text("GET", "/")).status, 502);
}

// Pain 3: the container was replaced. The old one stays for as long as a drain takes, then it is killed.
TEST(AServerThatMoves, IsFollowedToItsNewAddressWithoutAFailedRequest) {
  test::FakeDns dns;
  BackendProcess before("before");
  BackendProcess after("after", "127.0.0.2", before.port());
  dns.move("api.test", "127.0.0.1");
  std::string config = checked_config("server api.test:" + std::to_string(before.port()) + " resolve;", "mandatory interval=1s", {},
                                      "resolver " + dns.address().text() + " ipv6=off valid=1s;\n");
  replace_all(config, "uri=/health ", "");
  ProxyUnderTest proxy(config);
  ASSERT_TRUE(becomes(proxy, "before"));
  LoadClient load(proxy.port(), 3, LoadClient::Connections::kept);
  ASSERT_TRUE(load.wait_for_body("before"));
  // A second server, as a rolling update has it: the name never stands for nothing but an unproven address.
  test::FakeDns::Record both;
  both.a = {"127.0.0.1", "127.0.0.2"};
  both.ttl = 1;
  dns.set("api.test", both);
  ASSERT_TRUE(load.wait_for_body("after"));
  dns.move("api.test", "127.0.0.2");
  ASSERT_TRUE(load.wait_for_answers(50));
  for (std::uint64_t last = 0; load.with_body("before") != last;) {
    last = load.with_body("before");
    ASSERT_TRUE(load.wait_for_answers(300)) << load.reasons();
  }
  before.kill();
  ASSERT_TRUE(load.wait_for_answers(100)) << load.reasons();
  load.stop();
  EXPECT_EQ(load.failed(), 0u) << load.reasons();
}

TEST(HealthCheckTimes, FirstChecksAreSpreadAndJitterLengthensThePauses) {
  using Times = std::vector<Steady::time_point>;
  auto mutex = std::make_shared<std::mutex>();
  auto first = std::make_shared<std::map<int, Steady::time_point>>();
  auto of_first_peer = std::make_shared<Times>();
  std::vector<std::unique_ptr<FakeUpstream>> peers;
  std::string servers;
  constexpr int count = 8;
  for (int i = 0; i < count; ++i) {
    auto note = [=](const UpstreamRequest&) {
      const std::lock_guard lock(*mutex);
      first->emplace(i, Steady::now());
      if (i == 0) of_first_peer->push_back(Steady::now());
      return Actions{Action::send(ok_response("ok"))};
    };
    peers.push_back(std::make_unique<FakeUpstream>(note));
    servers += server(*peers.back());
  }
  ProxyUnderTest proxy(checked_config(servers, "interval=250ms jitter=500ms"));
  for (const auto& one : peers) ASSERT_TRUE(wait_for_checks(*one, 1));
  ASSERT_TRUE(peers[0]->wait_until([&] { return checks(*peers[0]) >= 10; }, seconds(30)));  // the ninth is written down then
  const std::lock_guard lock(*mutex);
  const auto by_time = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto [earliest, latest] = std::minmax_element(first->begin(), first->end(), by_time);
  EXPECT_GT(latest->second - earliest->second, milliseconds(20)) << "eight peers within 250 ms";
  // Eight pauses of 250 ms and, on average, 250 ms of jitter; the first one may be shorter by half.
  EXPECT_GT(of_first_peer->at(8) - of_first_peer->at(0), milliseconds(8 * 250 + 100));
}

/// How long something took, over several rounds.
class Times {
 public:
  explicit Times(const char* what) : what_(what) {}
  ~Times() {
    std::ranges::sort(all_);
    if (all_.empty()) return;
    std::printf("%s: %zu times, median %lld ms, longest %lld ms\n", what_, all_.size(),
                static_cast<long long>(all_[all_.size() / 2].count()), static_cast<long long>(all_.back().count()));
  }
  void add(Steady::duration time) { all_.push_back(std::chrono::duration_cast<milliseconds>(time)); }

 private:
  const char* what_;
  std::vector<milliseconds> all_;
};

/// The page of `metrics` once PEER is in STATE.
MetricsPage page_in_state(const ProxyUnderTest& proxy, const FakeUpstream& peer, const std::string& state) {
  const std::string series =
      "drishti_upstream_peer_state{peer=\"" + peer.address() + "\",state=\"" + state + "\",upstream=\"backend\"}";
  for (const auto end = Steady::now() + seconds(20);; std::this_thread::sleep_for(milliseconds(2))) {
    MetricsPage page = MetricsPage::of(proxy);
    if (page[series] == 1) return page;
    if (Steady::now() < end) continue;
    ADD_FAILURE() << peer.address() << " is never " << state;
    return page;
  }
}

TEST(HealthCheckTimes, EjectionTakesAsManyChecksAsFailsAndReturnAsManyAsPasses) {
  FakeUpstream a(well("a")), b(well("b"));
  ProxyUnderTest proxy(checked_config(server(a) + server(b), "interval=100ms fails=3 passes=2", "} location = /metrics { metrics;"));
  const std::string checks_of_b = "drishti_upstream_peer_checks_total{peer=\"" + b.address() + "\",result=\"";
  const std::string failed = checks_of_b + "failed\",upstream=\"backend\"}", passed = checks_of_b + "passed\",upstream=\"backend\"}";
  Times out("out of use with interval=100ms fails=3"), back("back in use with interval=100ms passes=2");
  ASSERT_TRUE(wait_for_checks(b, 2));  // its phase is found
  for (int round = 0; round < 5; ++round) {
    const double failures = MetricsPage::of(proxy)[failed];
    auto begun = Steady::now();
    b.set_script(sick("b"));
    const MetricsPage sick_page = page_in_state(proxy, b, "unhealthy");
    out.add(Steady::now() - begun);
    EXPECT_GE(sick_page[failed] - failures, 3) << "and not before";
    const std::size_t before = traffic(b);
    EXPECT_EQ(bodies(proxy, 4), "aaaa");
    EXPECT_EQ(traffic(b), before);
    begun = Steady::now();
    b.set_script(well("b"));
    const MetricsPage well_page = page_in_state(proxy, b, "up");
    back.add(Steady::now() - begun);
    EXPECT_GE(well_page[passed] - sick_page[passed], 2);
    EXPECT_TRUE(becomes(proxy, "b"));
  }
}

}  // namespace
}  // namespace drishti::testing
