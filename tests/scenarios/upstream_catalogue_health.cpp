// Health checks, slow start, names and queues.

#include <algorithm>
#include <csignal>
#include <optional>
#include <utility>

#include "tests/scenarios/health_support.hpp"
#include "tests/scenarios/upstream_catalogue.hpp"
#include "tests/support/fake_dns.hpp"
#include "tests/support/patience.hpp"

namespace drishti::testing::upstream_catalogue {
namespace {

using std::chrono::seconds;
using Kind = test::FakeDns::Kind;

void a_cold_server_is_not_flooded(Checks& checks) {
  FakeUpstream a(well("a")), b(sick("b"));
  ProxyUnderTest proxy(checked_config("least_conn; " + server(a, "slow_start=300s") + server(b, "slow_start=300s")));
  checks.that(proxy.wait_for_log("peer is unhealthy", seconds(20)), "it is out");
  b.set_script(well("b"));
  checks.that(proxy.wait_for_log("peer is healthy and starts slowly", seconds(20)), "it is back");
  const std::string order = bodies(proxy, 60);
  checks.that(std::ranges::count(order, 'b') < 15, "its share is small: " + order);
}

void flapping_changes_nothing(Checks& checks) {
  auto turn = std::make_shared<std::atomic<int>>(0);
  const auto flaps = [turn](const UpstreamRequest&) {
    return Actions{Action::send(++*turn % 2 == 0 ? ok_response("ok") : status_response(500, "no"))};
  };
  FakeUpstream a(peer(flaps, answers("a"))), b(well("b"));
  ProxyUnderTest proxy(checked_config(server(a) + server(b), "fails=3 passes=2"));
  checks.that(wait_for_checks(a, 12), "checks come");
  checks.that(proxy.error_log().find("peer is") == std::string::npos, "no change");
}

void good_checks_do_not_hide_bad_answers(Checks& checks) {
  FakeUpstream liar(peer(answers("ok"), answers_status(500, "broken"))), good(answers("good"));
  ProxyUnderTest proxy(checked_config(server(liar, "max_fails=1 fail_timeout=60s") + server(good), {},
                                      "proxy_next_upstream error http_500;"));
  for (int i = 0; i < 6; ++i) checks.equal(ask(proxy, request_text("GET", "/")).body, "good", "GET");
  checks.that(wait_for_checks(liar, 3), "checks go on");
  checks.equal(bodies(proxy, 3), "goodgoodgood", "passed checks do not undo it");
  checks.that(traffic(liar) <= 1, "it is left alone");
}

void bad_checks_end_good_traffic(Checks& checks) {
  FakeUpstream a(well("a")), b(sick("b"));
  ProxyUnderTest proxy(checked_config(server(a) + server(b)));
  checks.that(proxy.wait_for_log("peer is unhealthy", seconds(20)), "it is out");
  checks.equal(bodies(proxy, 6), "aaaaaa", "GETs");
}

void one_prober_for_all_threads(Checks& checks) {
  auto now = std::make_shared<std::atomic<int>>(0), most = std::make_shared<std::atomic<int>>(0);
  FakeUpstream a([=](const UpstreamRequest&) {
    const int running = ++*now;
    if (running > *most) *most = running;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    --*now;
    return Actions{Action::send(ok_response("ok"))};
  });
  ProxyUnderTest proxy("worker_processes 8;\n" + checked_config(server(a), "interval=10ms"));
  checks.that(wait_for_checks(a, 12), "checks come");
  checks.equal(most->load(), 1, "at once");
}

/// One server called api.test at the port of UPSTREAM, asked at DNS.
std::string named_config(const test::FakeDns& dns, const FakeUpstream& upstream) {
  return http_config("resolver " + dns.address().text() + " ipv6=off valid=1s;\nupstream backend { server api.test:" +
                     std::to_string(upstream.port()) + " resolve; }\nserver { listen 127.0.0.1:@port@; location / { proxy_pass "
                     "http://backend; }\nlocation /other { return 200 other; } }");
}

test::FakeDns::Record record(std::vector<std::string> addresses, Kind kind = Kind::answer) {
  test::FakeDns::Record made;
  made.a = std::move(addresses);
  made.ttl = 0;
  made.kind = kind;
  return made;
}

bool asked_again(test::FakeDns& dns) {
  const int before = dns.asked("api.test");
  return eventually([&] { return dns.asked("api.test") > before; }, 2 * patience);
}

void names_come_fail_and_go(Checks& checks) {
  test::FakeDns dns;
  FakeUpstream a(answers("a"));
  dns.set("api.test", record({}, Kind::nxdomain));
  ProxyUnderTest proxy(named_config(dns, a));
  checks.equal(ask(proxy, request_text("GET", "/")).status, 502, "no such name at the start");
  checks.equal(ask(proxy, request_text("GET", "/other")).body, "other", "everything else works");
  dns.set("api.test", record({"127.0.0.1"}));
  bool is_used = false;  // asked for again after a pause that grows
  for (int i = 0; i < 6 && !is_used; ++i) is_used = becomes(proxy, "a");
  checks.that(is_used, "the name is there now");
  for (const Kind kind : {Kind::servfail, Kind::nxdomain, Kind::garbage}) {
    dns.set("api.test", record({}, kind));
    checks.that(asked_again(dns), "DNS is asked on");
    checks.equal(ask(proxy, request_text("GET", "/")).body, "a", "the last good answer stays");
  }
}

void many_addresses_are_all_peers(Checks& checks) {
  test::FakeDns dns;
  FakeUpstream a(answers("a"));
  std::vector<std::string> addresses{"127.0.0.1"};
  for (int i = 2; i <= 25; ++i) addresses.push_back("127.0.1." + std::to_string(i));
  dns.set("api.test", record(addresses));
  ProxyUnderTest proxy(named_config(dns, a));
  checks.that(becomes(proxy, "a"), "the one that listens is found among those that refuse");
  dns.set("api.test", record({"127.0.0.1"}));
  checks.that(proxy.wait_for_log("upstream \"backend\" now has 1 peers, had 25", seconds(20)), "those that are gone are gone");
  checks.equal(bodies(proxy, 3), "aaa", "GETs");
}

void a_silent_resolver_blocks_nobody(Checks& checks) {
  test::FakeDns dns;
  FakeUpstream a(answers("a"));
  dns.set("api.test", record({}, Kind::silence));
  ProxyUnderTest proxy(named_config(dns, a));
  checks.equal(ask(proxy, request_text("GET", "/")).status, 502, "nobody to ask");
  checks.equal(ask(proxy, request_text("GET", "/other")).body, "other", "everything else works");
}

void a_full_queue_is_an_error_and_a_place_in_it_an_answer(Checks& checks) {
  auto release = std::make_shared<Event>();
  FakeUpstream a([=](const UpstreamRequest&) { return Actions{Action::wait(release), Action::send(ok_response("a"))}; });
  ProxyUnderTest proxy(proxy_config(server(a, "max_conns=1") + "queue 1 timeout=60s;"));
  RawClient served(proxy.port()), one(proxy.port()), other(proxy.port());
  served.send(request_text("GET", "/served"));
  checks.that(a.wait_until([&] { return a.requests().size() == 1; }), "one is served");
  RawClient* waiting = &one;
  RawClient* refused = &other;
  for (RawClient* client : {waiting, refused}) client->send(request_text("GET", "/"));
  std::optional<RawResponse> refusal;  // whoever comes second finds the queue full
  for (int i = 0; i < 200 && !refusal; ++i) {
    std::swap(waiting, refused);
    refusal = refused->read_response(false, std::chrono::milliseconds(100));
  }
  checks.equal(refusal.value_or(RawResponse{}).status, 502, "the queue is full");
  release->set();
  for (RawClient* client : {&served, waiting})
    checks.equal(client->read_response(false, seconds(20)).value_or(RawResponse{}).body, "a", "who waited");
}

}  // namespace

std::vector<Entry> health_entries() {
  return {
      {"U07", "a server is slow after its start", {{"least_conn", a_cold_server_is_not_flooded}}},
      {"U08", "health flaps", {{"every other check", flapping_changes_nothing}}},
      {"U09", "checks and answers disagree", {{"checks pass", good_checks_do_not_hide_bad_answers}, {"checks fail", bad_checks_end_good_traffic}}},
      {"U10", "check storm", {{"eight workers", one_prober_for_all_threads}}},
      {"U11", "DNS misbehaves", {{"comes, fails, goes", names_come_fail_and_go}, {"25 addresses", many_addresses_are_all_peers}}},
      {"U12", "the resolver hangs", {{"silence", a_silent_resolver_blocks_nobody}}},
      {"U17", "max_conns and queue", {{"full", a_full_queue_is_an_error_and_a_place_in_it_an_answer}}},
  };
}

}  // namespace drishti::testing::upstream_catalogue
