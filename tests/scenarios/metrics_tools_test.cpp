// The page of `metrics` as Prometheus and promtool read it, and as docs/METRICS.md describes it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/metrics_page.hpp"
#include "tests/support/tool_process.hpp"

namespace drishti::testing {
namespace {

using std::chrono::seconds;
using Steady = std::chrono::steady_clock;

constexpr const char* promtool = "/usr/bin/promtool";
constexpr const char* prometheus = "/usr/bin/prometheus";
constexpr const char* reference = DRISHTI_SOURCE_DIR "/docs/METRICS.md";

/// One of everything that has series. Nobody listens at the address of Redis.
std::string everything(const std::string& upstream) {
  return http_config("proxy_cache_path memory keys_zone=pages:1m; proxy_cache_path redis://127.0.0.1:1 keys_zone=shared:1m;\n"
                     "upstream backend { server " + upstream + "; server " + upstream + "; queue 10 timeout=1s; }\n" +
                     "server { listen 127.0.0.1:@port@; server_name shop.test;\n"
                     "location / { proxy_pass http://backend; proxy_cache pages; }\n" +
                     "location ~ \\.php$ { proxy_pass http://$arg_to; }\nlocation = /metrics { metrics; } }\n" +
                     "server { listen 127.0.0.1:@port2@; }");
}

std::string page_text(const ProxyUnderTest& proxy) { return ask(proxy, request_text("GET", "/metrics")).body; }

TEST(MetricsTools, PromtoolHasNothingToSay) {
  if (!installed(promtool)) GTEST_SKIP() << "promtool is not installed";
  FakeUpstream upstream(answers("a"));
  ProxyUnderTest proxy(everything(upstream.address()));
  ask(proxy, request_text("GET", "/"));
  const std::string page = proxy.directory() + "/page", said = proxy.directory() + "/said";
  std::ofstream(page) << page_text(proxy);
  ToolProcess check({promtool, "check", "metrics"}, said, page);
  EXPECT_EQ(check.wait(), 0);
  EXPECT_EQ(proxy.read("said"), "");
}

TEST(MetricsTools, APrometheusScrapesUsAndAnswersAQuery) {
  if (!installed(prometheus)) GTEST_SKIP() << "prometheus is not installed";
  FakeUpstream upstream(answers("a"));
  ProxyUnderTest proxy(everything(upstream.address()));
  for (int i = 0; i < 5; ++i) ask(proxy, request_text("GET", "/"));
  page_with(proxy, "drishti_upstream_requests_total{code=\"2xx\",upstream=\"backend\"}", 5);

  std::stringstream example;
  example << std::ifstream(DRISHTI_SOURCE_DIR "/deploy/prometheus/prometheus.yml").rdbuf();
  std::string config = example.str();
  replace_all(config, "127.0.0.1:9145", "127.0.0.1:" + std::to_string(proxy.port()));
  replace_all(config, "scrape_interval: 15s", "scrape_interval: 100ms\n  scrape_timeout: 100ms");
  const std::string& dir = proxy.directory();
  std::ofstream(dir + "/prometheus.yml") << config;
  const std::string address = "127.0.0.1:" + std::to_string(proxy.port(9));
  ToolProcess server({prometheus, "--config.file=" + dir + "/prometheus.yml", "--storage.tsdb.path=" + dir + "/tsdb",
                      "--web.listen-address=" + address}, dir + "/prometheus.log");

  const std::string query = "/api/v1/query?query=sum(drishti_upstream_requests_total%7Bupstream%3D%22backend%22%7D)"
                            "%20%2B%20sum(drishti_upstream_request_duration_seconds_count)";
  std::string answer;
  for (auto end = Steady::now() + seconds(20); Steady::now() < end; std::this_thread::sleep_for(std::chrono::milliseconds(50))) {
    RawClient client(proxy.port(9));
    if (!client.connected()) continue;
    client.send("GET " + query + " HTTP/1.1\r\nHost: " + address + "\r\nConnection: close\r\n\r\n");
    answer = client.read_response().value_or(RawResponse{}).body;
    if (answer.find("\"10\"") != answer.npos) break;
  }
  EXPECT_THAT(answer, ::testing::HasSubstr("\"10\"")) << proxy.read("prometheus.log");
}

/// `| family | type | labels | what it says |` for every family of a page, in its order.
std::string table_of(const std::string& page) {
  std::istringstream lines(page);
  std::string table = "| family | type | labels | meaning |\n|---|---|---|---|\n";
  std::string help, family, type;
  std::set<std::string> labels;
  auto finish = [&] {
    if (family.empty()) return;
    std::string names;
    for (const std::string& label : labels) names += (names.empty() ? "`" : ", `") + label + "`";
    table += "| `" + family + "` | " + type + " | " + names + " | " + help + " |\n";
    labels.clear();
  };
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) {
      finish();
      family = line.substr(7, line.find(' ', 7) - 7);
      help = line.substr(8 + family.size());
    } else if (line.starts_with("# TYPE ")) {
      type = line.substr(line.rfind(' ') + 1);
    } else {
      const auto begin = line.find('{');
      for (auto at = begin; at != line.npos && at < line.rfind('}');) {
        const auto equals = line.find("=\"", at + 1);
        const std::string name = line.substr(at + 1, equals - at - 1);
        if (name != "le") labels.insert(name);
        for (at = equals + 2; line[at] != '"'; ++at) at += line[at] == '\\' ? 1 : 0;
        ++at;  // `,` or `}`
      }
    }
  }
  finish();
  return table;
}

TEST(MetricsTools, ThePageInDocsListsWhatIsServed) {
  FakeUpstream upstream(answers("a"));
  ProxyUnderTest proxy(everything(upstream.address()));
  std::stringstream text;
  text << std::ifstream(reference).rdbuf();
  const std::string marker = "<!-- made by test_scenarios -->\n";
  const std::string head = text.str().substr(0, text.str().find(marker) + marker.size());
  const std::string wanted = head + table_of(page_text(proxy));
  if (std::getenv("DRISHTI_UPDATE_DOCS") != nullptr) std::ofstream(reference) << wanted;
  else EXPECT_EQ(text.str(), wanted) << "run this test with DRISHTI_UPDATE_DOCS=1";
}

TEST(MetricsTools, TheNumberOfSeriesIsWhatTheDocumentationSays) {
  FakeUpstream upstream(answers("a"));
  auto count = [&](const std::string& more, const std::string& peers) {
    ProxyUnderTest proxy("worker_processes 2;\n" +
                         http_config("upstream backend { " + peers + " }\nserver { listen 127.0.0.1:@port@;\n" +
                                     "location / { proxy_pass http://backend; } location = /metrics { metrics; } }\n" + more));
    return MetricsPage::of(proxy).series().size();
  };
  const std::string peer = "server " + upstream.address() + ";";
  const std::size_t base = count("", peer);
  EXPECT_EQ(base, 146u + 2 * 2u + 32u + 3 * 6u + 110u + 24u) << "the process, two workers, and one of each";
  EXPECT_EQ(count("", peer + " server 127.0.0.1:9;") - base, 24u) << "a peer";
  EXPECT_EQ(count("upstream more { server 127.0.0.1:9; }", peer) - base, 110u + 24u) << "an upstream and its peer";
  EXPECT_EQ(count("", peer + " queue 10;") - base, 23u) << "a queue";
  EXPECT_EQ(count("proxy_cache_path memory keys_zone=z:1m;", peer) - base, 20u) << "a zone of the cache";
  EXPECT_EQ(count("proxy_cache_path redis://127.0.0.1:1 keys_zone=z:1m;", peer) - base, 20u + 38u) << "one with Redis";
  EXPECT_EQ(count("server { listen 127.0.0.1:@port2@; server_name b.test; }", peer) - base, 32u + 6u)
      << "a server and what is outside its locations";
  EXPECT_EQ(count("server { listen 127.0.0.1:@port2@; server_name b.test; location /x { } }", peer) - base, 32u + 12u)
      << "a location";
}

}  // namespace
}  // namespace drishti::testing
