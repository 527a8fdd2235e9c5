// The page of `metrics` against what was really sent.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/support/backend_process.hpp"
#include "tests/support/load_client.hpp"
#include "tests/support/metrics_page.hpp"

namespace drishti::testing {
namespace {

/// A server with a page of metrics, an upstream `backend` of SERVERS behind `/`, and MORE.
std::string metered(const std::string& servers, const std::string& more = {}) {
  return http_config("upstream backend { " + servers + " }\nserver { listen 127.0.0.1:@port@; server_name shop.test;\n" +
                     "location / { proxy_pass http://backend; }\nlocation = /metrics { metrics; }\n" + more + " }");
}

const std::string backend_ok = "drishti_upstream_requests_total{code=\"2xx\",upstream=\"backend\"}";

std::string of_location(const std::string& location, const std::string& code) {
  return "drishti_http_requests_total{code=\"" + code + "\",location=\"" + location + "\",server=\"shop.test\"}";
}

void reload(ProxyUnderTest& proxy, const std::string& config) {
  proxy.write_config(config);
  proxy.send_signal(SIGHUP);
  ASSERT_TRUE(proxy.wait_for_log("reconfigured: new requests use the new configuration"));
}

TEST(Metrics, UnderLoadOverTwoWorkersEveryRequestIsCountedOnce) {
  BackendProcess one("1"), two("2");
  ProxyUnderTest proxy("worker_processes 2;\n" + metered("server " + one.address() + "; server " + two.address() + ";"));
  LoadClient load(proxy.port(), 6, LoadClient::Connections::kept);
  double before = -1;
  for (int scrape = 0; scrape < 20; ++scrape) {
    ASSERT_TRUE(load.wait_for_answers(50));
    const double now = MetricsPage::of(proxy)[backend_ok];
    EXPECT_GE(now, before) << "a counter fell";
    before = now;
  }
  load.stop();
  EXPECT_EQ(load.failed(), 0u) << load.reasons();
  // A client may be stopped between a request and its answer.
  const double answered = static_cast<double>(load.answered());
  const MetricsPage page = page_with(proxy, "drishti_upstream_requests_active{upstream=\"backend\"}", 0);
  const double counted = page[of_location("/", "2xx")];
  EXPECT_GE(counted, answered);
  EXPECT_LE(counted, answered + 6);
  EXPECT_EQ(page[backend_ok], counted);
  EXPECT_EQ(page.sum("drishti_upstream_peer_requests_total"), counted);
  EXPECT_EQ(page["drishti_upstream_request_duration_seconds_count{upstream=\"backend\"}"], counted);
  EXPECT_EQ(page["drishti_upstream_first_byte_duration_seconds_count{upstream=\"backend\"}"], counted);
  EXPECT_EQ(page.sum("drishti_upstream_connections_opened_total") + page.sum("drishti_upstream_connections_reused_total"),
            counted);
  const double in_all = page.sum("drishti_http_requests_total");
  EXPECT_EQ(in_all, counted + page[of_location("= /metrics", "2xx")]);
  EXPECT_EQ(page.sum("drishti_http_requests_by_method_total"), in_all);
  EXPECT_EQ(page.sum("drishti_http_requests_by_protocol_total"), in_all);
  EXPECT_EQ(page["nginx_http_requests_total"], in_all + 1) << "the scrape itself has begun, but is not answered";
  EXPECT_GT(page["drishti_worker_busy_seconds_total{worker=\"0\"}"], 0);
  EXPECT_GT(page["drishti_worker_busy_seconds_total{worker=\"1\"}"], 0);
}

TEST(Metrics, AReloadKeepsTheCountersOfWhatKeepsItsName) {
  FakeUpstream upstream(answers("a"));
  const std::string servers = "server " + upstream.address() + ";";
  ProxyUnderTest proxy(metered(servers, "location /old { return 204; }"));
  for (int i = 0; i < 3; ++i) ask(proxy, request_text("GET", "/"));
  ask(proxy, request_text("GET", "/old"));
  EXPECT_EQ(page_with(proxy, of_location("/old", "2xx"), 1)[backend_ok], 3);
  reload(proxy, metered(servers, "location /new { return 204; }"));
  ask(proxy, request_text("GET", "/"));
  const MetricsPage page = page_with(proxy, backend_ok, 4);
  EXPECT_EQ(page[backend_ok], 4);
  EXPECT_EQ(page[of_location("/", "2xx")], 4);
  EXPECT_EQ(page["drishti_upstream_peer_requests_total{peer=\"" + upstream.address() + "\",upstream=\"backend\"}"], 4);
  EXPECT_EQ(page[of_location("/old", "2xx")], -1) << "what is configured no more is shown no more";
  EXPECT_EQ(page[of_location("/new", "2xx")], 0) << "and a new place begins at 0";
  EXPECT_EQ(page["drishti_config_generation"], 2);
  EXPECT_EQ(page["drishti_config_reloads_total{result=\"success\"}"], 1);
}

TEST(Metrics, AFailedReloadShowsAndTheConfigurationStays) {
  FakeUpstream upstream(answers("a"));
  ProxyUnderTest proxy(metered("server " + upstream.address() + ";"));
  proxy.write_config("http { nonsense; }");
  proxy.send_signal(SIGHUP);
  const MetricsPage page = page_with(proxy, "drishti_config_reloads_total{result=\"failure\"}", 1);
  EXPECT_EQ(page["drishti_config_reloads_total{result=\"failure\"}"], 1);
  EXPECT_EQ(page["drishti_config_last_reload_successful"], 0);
  EXPECT_EQ(page["drishti_config_generation"], 1);
}

TEST(Metrics, NothingThatAClientSendsMakesASeries) {
  FakeUpstream upstream(answers("a"));
  ProxyUnderTest proxy(metered("server " + upstream.address() + ";", "location ~ ^/re/(.*)$ { return 200 $1; }"));
  const auto before = MetricsPage::of(proxy).series();
  const std::string hostile[] = {
      "GET / HTTP/1.1\r\nHost: evil\"} 1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: other.example\r\n\r\n",
      "GET /nowhere/%22%7d%0a HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /re/\\\"x HTTP/1.1\r\nHost: x\r\n\r\n",
      "BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
      "GET / HTTP/7.3\r\n\r\n",
      "GET / HTTP/1.0\r\n\r\n",
      "\x16\x03\x01",
      "nonsense\r\n\r\n"};
  for (const std::string& request : hostile) {
    RawClient client(proxy.port());
    client.send(request);
    client.shutdown_write();
    client.read_to_close();
  }
  const MetricsPage after = page_with(proxy, "nginx_connections_active", 1);
  EXPECT_THAT(after.series(), ::testing::ContainerEq(before));
  EXPECT_EQ(after["drishti_http_requests_by_method_total{method=\"_OTHER\",server=\"shop.test\"}"], 3)
      << "BREW, and two that are no HTTP";
  EXPECT_EQ(after["drishti_http_rejects_total{reason=\"multiple_hosts\"}"], 1);
  EXPECT_EQ(after["drishti_http_requests_by_protocol_total{protocol=\"HTTP/1.0\",server=\"shop.test\"}"], 1);
}

TEST(Metrics, ARequestIsInProgressAtItsUpstreamUntilTheAnswerCame) {
  auto release = std::make_shared<Event>();
  FakeUpstream upstream([&](const UpstreamRequest&) {
    return Actions{Action::wait(release), Action::send(ok_response("a"))};
  });
  ProxyUnderTest proxy(metered("server " + upstream.address() + ";"));
  RawClient one(proxy.port()), two(proxy.port());
  one.send(request_text("GET", "/"));
  two.send(request_text("GET", "/"));
  const std::string active = "drishti_upstream_requests_active{upstream=\"backend\"}";
  const std::string busy = "drishti_upstream_busy_seconds_total{upstream=\"backend\"}";
  const MetricsPage during = page_with(proxy, active, 2);
  EXPECT_EQ(during[active], 2);
  EXPECT_EQ(during["drishti_upstream_peer_requests_active{peer=\"" + upstream.address() + "\",upstream=\"backend\"}"], 2);
  const auto begun = std::chrono::steady_clock::now();
  const double earlier = MetricsPage::of(proxy)[busy];
  double later = earlier;
  while (later < earlier + 0.2) later = MetricsPage::of(proxy)[busy];
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begun;
  EXPECT_GT(elapsed.count(), 0.09) << "two requests are busy for two seconds a second, and no more";
  release->set();
  one.read_response();
  two.read_response();
  const MetricsPage after = page_with(proxy, active, 0);
  EXPECT_EQ(after[active], 0);
  EXPECT_GE(after[busy], later);
  EXPECT_EQ(MetricsPage::of(proxy)[busy], after[busy]) << "nothing is busy any more";
  const double sum = after["drishti_upstream_request_duration_seconds_sum{upstream=\"backend\"}"];
  EXPECT_NEAR(after[busy], sum, 0.1);
}

TEST(Metrics, RetriesAndPeersTellWhatWentWrong) {
  DeadPort dead;
  FakeUpstream sick(answers_status(503, "no")), well(answers("a"));
  ProxyUnderTest proxy(metered("server " + dead.address() + " max_fails=1 fail_timeout=60s; server " + sick.address() +
                                   " max_fails=0; server " + well.address() + "; server 127.0.0.1:9 down;",
                               "proxy_next_upstream error http_503;"));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(ask(proxy, request_text("GET", "/")).status, 200);
  const MetricsPage page = page_with(proxy, backend_ok, 6);
  auto peer = [&](const std::string& family, const std::string& address, const std::string& code = {}) {
    const std::string labels = (code.empty() ? "" : "code=\"" + code + "\",") + "peer=\"" + address + "\"";
    return page["drishti_upstream_peer_" + family + "{" + labels + ",upstream=\"backend\"}"];
  };
  auto state = [&](const std::string& address, const std::string& name) {
    return page["drishti_upstream_peer_state{peer=\"" + address + "\",state=\"" + name + "\",upstream=\"backend\"}"];
  };
  EXPECT_EQ(page["drishti_upstream_retries_total{cause=\"connect_error\",upstream=\"backend\"}"], 1);
  EXPECT_EQ(peer("failures_total", dead.address()), 1);
  EXPECT_EQ(state(dead.address(), "unavailable"), 1);
  EXPECT_EQ(state(sick.address(), "up"), 1);
  EXPECT_EQ(state("127.0.0.1:9", "down"), 1);
  const double sick_answers = peer("responses_total", sick.address(), "5xx");
  EXPECT_GT(sick_answers, 0);
  EXPECT_EQ(page["drishti_upstream_retries_total{cause=\"http_503\",upstream=\"backend\"}"], sick_answers);
  EXPECT_EQ(peer("responses_total", well.address(), "2xx"), 6);
  EXPECT_GT(peer("sent_bytes_total", well.address()), 6 * 16);
  EXPECT_GT(peer("received_bytes_total", well.address()), 6 * 16);
  EXPECT_EQ(page["drishti_upstream_peers{state=\"up\",upstream=\"backend\"}"], 2);
}

TEST(Metrics, WithoutAnyPeerRequestsFailButSpoilNoLatency) {
  DeadPort dead, dead_too;
  ProxyUnderTest proxy(metered("server " + dead.address() + "; server " + dead_too.address() + ";"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(proxy, request_text("GET", "/")).status, 502);
  const std::string failed = "drishti_upstream_requests_total{code=\"5xx\",upstream=\"backend\"}";
  const MetricsPage page = page_with(proxy, failed, 3);
  EXPECT_EQ(page[failed], 3);
  EXPECT_EQ(page["drishti_upstream_no_live_peer_total{upstream=\"backend\"}"], 2);
  EXPECT_EQ(page["drishti_upstream_request_duration_seconds_count{upstream=\"backend\"}"], 1)
      << "only the first one was tried";
}

TEST(Metrics, AnErrorIsCountedWhereItHappenedNotWhereItsPageIs) {
  DeadPort dead;
  ProxyUnderTest proxy(
      metered("server " + dead.address() + ";", "error_page 502 /sorry; location = /sorry { return 200 sorry; }"));
  EXPECT_EQ(ask(proxy, request_text("GET", "/")).status, 502);
  const MetricsPage page = page_with(proxy, of_location("/", "5xx"), 1);
  EXPECT_EQ(page[of_location("/", "5xx")], 1);
  EXPECT_EQ(page[of_location("= /sorry", "5xx")], 0);
}

TEST(Metrics, AProxyPassWithVariablesIsCountedAsOneUpstream) {
  FakeUpstream upstream(answers("a"));
  ProxyUnderTest proxy(metered("server " + upstream.address() + ";", "location /to/ { proxy_pass http://$arg_to; }"));
  const auto before = MetricsPage::of(proxy).series();
  EXPECT_EQ(ask(proxy, request_text("GET", "/to/?to=" + upstream.address())).status, 200);
  const std::string series = "drishti_upstream_requests_total{code=\"2xx\",upstream=\"(variables)\"}";
  const MetricsPage page = page_with(proxy, series, 1);
  EXPECT_EQ(page[series], 1);
  EXPECT_THAT(page.series(), ::testing::ContainerEq(before));
}

TEST(Metrics, OtherMethodsThanGetAndHeadAreNotAllowed) {
  FakeUpstream upstream(answers("a"));
  ProxyUnderTest proxy(metered("server " + upstream.address() + ";"));
  EXPECT_EQ(ask(proxy, request_text("POST", "/metrics", {}, "x")).status, 405);
  const RawResponse head = ask(proxy, request_text("HEAD", "/metrics"), true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.field("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const RawResponse open = ask(proxy, request_text("GET", "/metrics", "Accept: application/openmetrics-text\r\n"));
  EXPECT_EQ(open.field("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_THAT(open.body, ::testing::EndsWith("# EOF\n"));
}

}  // namespace
}  // namespace drishti::testing
