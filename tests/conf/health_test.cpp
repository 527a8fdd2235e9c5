// health_check, match, queue, slow_start, health_panic, outlier_detection in the typed configuration.
#include <gtest/gtest.h>

#include "analyser_support.hpp"

namespace drishti::conf {
namespace {

std::shared_ptr<const Config> with_check(const std::string& parameters, const std::string& more = {},
                                         const std::string& http = {}) {
  return analyse_text("http { " + http + " upstream b { server 127.0.0.1:1; server 127.0.0.1:2; } server { server_name " +
                      "www.test; location / { proxy_pass http://b; health_check " + parameters + "; " + more + " } } }");
}

const HealthCheck& only_check(const Config& config) { return *config.find_upstream("b")->health_checks.at(0); }

std::string request_of(const std::string& parameters, const std::string& more = {}) {
  return only_check(*with_check(parameters, more)).request;
}

TEST(HealthCheck, HasNginxPlusDefaults) {
  const auto config = with_check("");
  const HealthCheck& check = only_check(*config);
  EXPECT_EQ(check.interval, 5s);
  EXPECT_EQ(check.jitter, 0s);
  EXPECT_EQ(check.fails, 1);
  EXPECT_EQ(check.passes, 1);
  EXPECT_EQ(check.match, nullptr);
  EXPECT_FALSE(check.mandatory);
  EXPECT_EQ(check.type, HealthCheck::Type::http);
  EXPECT_EQ(check.request,
            "GET / HTTP/1.1\r\nHost: b\r\nConnection: close\r\nUser-Agent: drishti (health check)\r\n\r\n");
}

TEST(HealthCheck, TakesAllParameters) {
  const auto config = with_check("uri=/h?x interval=2s jitter=500ms fails=3 passes=2 match=m port=99 mandatory persistent "
                                 "keepalive_time=1m", "proxy_read_timeout 3s; proxy_buffer_size 8k;",
                                 "match m { status 200; }");
  const HealthCheck& check = only_check(*config);
  EXPECT_EQ(check.interval, 2s);
  EXPECT_EQ(check.jitter, 500ms);
  EXPECT_EQ(check.fails, 3);
  EXPECT_EQ(check.passes, 2);
  EXPECT_EQ(check.port, 99);
  EXPECT_TRUE(check.mandatory);
  EXPECT_EQ(check.keepalive_time, 60s);
  EXPECT_EQ(check.match->statuses.size(), 1u);
  EXPECT_EQ(check.read_timeout, 3s);
  EXPECT_EQ(check.buffer_size, 8192u);
  EXPECT_TRUE(check.request.starts_with("GET /h?x HTTP/1.1\r\n"));
  EXPECT_EQ(check.request.find("Connection:"), std::string::npos);
}

TEST(HealthCheck, TakesWhatGrpcNeeds) {
  const auto config = with_check("type=grpc grpc_service=shop.Orders grpc_status=12 port=50051");
  const HealthCheck& check = only_check(*config);
  EXPECT_EQ(check.type, HealthCheck::Type::grpc);
  EXPECT_EQ(check.grpc_service, "shop.Orders");
  EXPECT_EQ(check.grpc_status, 12);
  EXPECT_EQ(check.request, "b") << "the :authority";
}

TEST(HealthCheck, SendsTheLocationsFieldsAsFarAsTheyNeedNoClient) {
  const std::string request =
      request_of("", "proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr; proxy_set_header X-Fixed a; "
                     "proxy_set_header X-Port $proxy_port; proxy_set_header Connection upgrade;");
  EXPECT_NE(request.find("Host: www.test\r\n"), std::string::npos) << request;
  EXPECT_NE(request.find("X-Fixed: a\r\n"), std::string::npos);
  EXPECT_NE(request.find("X-Port: 80\r\n"), std::string::npos);
  EXPECT_EQ(request.find("X-Real-IP"), std::string::npos);
  EXPECT_NE(request.find("Connection: close\r\n"), std::string::npos);
  EXPECT_NE(request_of("", "proxy_set_header Host $http_host;").find("Host: b\r\n"), std::string::npos);
  EXPECT_NE(request_of("", "proxy_set_header Host api.test;").find("Host: api.test\r\n"), std::string::npos);
}

TEST(HealthCheck, OfSeveralLocationsEachDifferentOneCounts) {
  const auto config = analyse_text(
      "http { upstream b { server 127.0.0.1; } server { "
      "location /a { proxy_pass http://b; health_check uri=/one; } "
      "location /b { proxy_pass http://b; health_check uri=/one; } "
      "location /c { proxy_pass http://b; health_check uri=/two; } } }");
  EXPECT_EQ(config->find_upstream("b")->health_checks.size(), 2u);
}

TEST(HealthCheck, WorksForAGroupThatProxyPassMakes) {
  const auto config =
      analyse_text("http { server { location / { health_check; proxy_pass http://127.0.0.1:3000; } } }");
  EXPECT_EQ(config->find_upstream("127.0.0.1:3000")->health_checks.size(), 1u);
}

TEST(HealthCheck, RefusesWhatItCannotDo) {
  const struct {
    const char* text;
    const char* error;
  } cases[] = {
      {"health_check grpc_service=x; proxy_pass http://b;", "parameter \"grpc_service\" needs \"type=grpc\" in test.conf:1"},
      {"health_check type=grpc uri=/x; proxy_pass http://b;", "parameter \"uri\" needs \"type=http\" in test.conf:1"},
      {"health_check type=grpc grpc_status=17; proxy_pass http://b;", "invalid parameter \"grpc_status=17\" in test.conf:1"},
      {"health_check;", "\"health_check\" needs a \"proxy_pass\" to an upstream group in its location in test.conf:1"},
      {"health_check; proxy_pass http://$host;",
       "\"health_check\" needs a \"proxy_pass\" to an upstream group in its location in test.conf:1"},
      {"health_check match=none; proxy_pass http://b;", "unknown match \"none\" in test.conf:1"},
      {"health_check uri=x; proxy_pass http://b;", "invalid parameter \"uri=x\" in test.conf:1"},
      {"health_check interval=0; proxy_pass http://b;", "invalid parameter \"interval=0\" in test.conf:1"},
      {"health_check fails=0; proxy_pass http://b;", "invalid parameter \"fails=0\" in test.conf:1"},
      {"health_check port=70000; proxy_pass http://b;", "invalid parameter \"port=70000\" in test.conf:1"},
      {"health_check type=udp; proxy_pass http://b;", "invalid parameter \"type=udp\" in test.conf:1"},
      {"health_check type=tcp uri=/x; proxy_pass http://b;", "parameter \"uri\" needs \"type=http\" in test.conf:1"},
      {"health_check persistent; proxy_pass http://b;", "\"persistent\" requires \"mandatory\" in test.conf:1"},
      {"health_check; health_check; proxy_pass http://b;", "\"health_check\" directive is duplicate in test.conf:1"}};
  for (const auto& c : cases) EXPECT_EQ(error_in_location(c.text), c.error) << c.text;
}

TEST(HealthMatch, ReadsItsTests) {
  const auto config = with_check("match=m", "",
                                 "match m { status 200-299 301; status ! 204; header X; header ! Y; header A = b; "
                                 "header C != d; header E ~ \"f+\"; header G !~ h; body ~ \"ok\"; body !~* ERROR; }");
  const HealthMatch& match = *only_check(*config).match;
  ASSERT_EQ(match.statuses.size(), 2u);
  EXPECT_EQ(match.statuses[0].ranges, (std::vector<std::pair<int, int>>{{200, 299}, {301, 301}}));
  EXPECT_TRUE(match.statuses[1].negated);
  ASSERT_EQ(match.headers.size(), 6u);
  EXPECT_EQ(match.headers[2].value, "b");
  ASSERT_EQ(match.bodies.size(), 2u);
  EXPECT_TRUE(match.bodies[1].negated);
  EXPECT_TRUE(match.bodies[1].regex.matches("an error"));
}

TEST(HealthMatch, RefusesWhatMakesNoSense) {
  const struct {
    const char* text;
    const char* error;
  } cases[] = {{"match m { status 99; }", "invalid status \"99\" in test.conf:1"},
               {"match m { status 300-200; }", "invalid status range \"300-200\" in test.conf:1"},
               {"match m { status !; }", "no status in \"status\" in test.conf:1"},
               {"match m { header A > b; }", "invalid operator \">\" in test.conf:1"},
               {"match m { body ok; }", "invalid \"body\" test in test.conf:1"},
               {"match m { expect x; }", "unknown directive \"expect\" in test.conf:1"},
               {"match m { require $x; }",
                "\"require\" of the \"match\" directive is not implemented by drishti yet in test.conf:1"},
               {"match m { status 200; } match m { status 201; }", "duplicate match \"m\" in test.conf:1"}};
  for (const auto& c : cases) EXPECT_EQ(error_in_http(c.text), c.error) << c.text;
  EXPECT_NE(error_in_http("match m { body ~ \"(\"; }"), "");
}

TEST(UpstreamHealth, ReadsWhatStandsInTheGroup) {
  const auto config = analyse_text(
      "http { upstream b { server a slow_start=30s; server c drain; queue 10 timeout=3s; health_panic on; "
      "outlier_detection window=5s requests=7 ejection_time=9s keep=60%; } upstream d { server a; queue 5; "
      "outlier_detection on; } upstream e { server a; outlier_detection off; } }");
  const Upstream& b = *config->find_upstream("b");
  EXPECT_EQ(b.servers[0].slow_start, 30s);
  EXPECT_TRUE(b.servers[1].drain);
  EXPECT_EQ(b.queue->length, 10);
  EXPECT_EQ(b.queue->timeout, 3s);
  EXPECT_TRUE(b.health_panic);
  EXPECT_EQ(b.outlier_detection->window, 5s);
  EXPECT_EQ(b.outlier_detection->requests, 7);
  EXPECT_EQ(b.outlier_detection->ejection_time, 9s);
  EXPECT_EQ(b.outlier_detection->keep_percent, 60);
  EXPECT_EQ(config->find_upstream("d")->queue->timeout, 60s);
  EXPECT_TRUE(config->find_upstream("d")->outlier_detection);
  EXPECT_FALSE(config->find_upstream("e")->outlier_detection);
}

TEST(UpstreamHealth, RefusesWhatMakesNoSense) {
  const struct {
    const char* text;
    const char* error;
  } cases[] = {
      {"server a slow_start=x;", "invalid parameter \"slow_start=x\" in test.conf:1"},
      {"ip_hash; server a slow_start=1s;", "balancing method does not support parameter \"slow_start\" in test.conf:1"},
      {"server a slow_start=1s; random;", "balancing method does not support parameter \"slow_start\" in test.conf:1"},
      {"server a; queue 0;", "invalid parameter \"0\" in test.conf:1"},
      {"server a; queue 1 timeout=0;", "invalid parameter \"timeout=0\" in test.conf:1"},
      {"server a; queue 1 wait=1;", "invalid parameter \"wait=1\" in test.conf:1"},
      {"server a; outlier_detection keep=0%;", "invalid parameter \"keep=0%\" in test.conf:1"},
      {"server a; outlier_detection often;", "invalid parameter \"often\" in test.conf:1"}};
  for (const auto& c : cases) EXPECT_EQ(error_in_http("upstream b { " + std::string(c.text) + " }"), c.error) << c.text;
}

}  // namespace
}  // namespace drishti::conf
