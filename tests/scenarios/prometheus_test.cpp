// deploy/prometheus and deploy/grafana against a real proxy and a real Prometheus: every rule and every panel has data.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <regex>

#include "tests/scenarios/tls_support.hpp"
#include "tests/support/load_client.hpp"
#include "tests/support/metrics_page.hpp"
#include "tests/support/tool_process.hpp"

namespace drishti::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Steady = std::chrono::steady_clock;
using Names = std::set<std::string>;

constexpr const char* promtool = "/usr/bin/promtool";
constexpr const char* prometheus = "/usr/bin/prometheus";
const fs::path rules_folder = DRISHTI_SOURCE_DIR "/deploy/prometheus";
const fs::path dashboard = DRISHTI_SOURCE_DIR "/deploy/grafana/drishti.json";

std::vector<fs::path> files(const fs::path& folder, const std::string& ending) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().string().ends_with(ending)) found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

std::string text_of(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

struct Rule {
  std::string record, alert;  ///< one of them
  std::string expr;
};

std::vector<Rule> all_rules() {
  std::vector<Rule> rules;
  for (const fs::path& file : files(rules_folder, ".rules.yml"))
    for (const YAML::Node& group : YAML::LoadFile(file.string())["groups"])
      for (const YAML::Node& rule : group["rules"])
        rules.push_back({rule["record"].as<std::string>(""), rule["alert"].as<std::string>(""),
                         rule["expr"].as<std::string>()});
  return rules;
}

/// With the dashboard's variables as they are when everything is shown.
std::vector<std::string> panel_queries() {
  std::vector<std::string> queries;
  for (const YAML::Node& panel : YAML::LoadFile(dashboard.string())["panels"])
    for (const YAML::Node& target : panel["targets"]) {
      std::string query = target["expr"].as<std::string>();
      replace_all(query, "$__rate_interval", "1m");
      replace_all(query, "$job", ".*");
      replace_all(query, "$instance", ".*");
      queries.push_back(query);
    }
  return queries;
}

/// The names of series in a query: its words with `drishti`, `process_` or a colon, outside quotes.
Names series_in(const std::string& query) {
  const std::string bare = std::regex_replace(query, std::regex("\"[^\"]*\""), "");
  static const std::regex word("[a-zA-Z_:][a-zA-Z0-9_:]*");
  Names names;
  for (std::sregex_iterator at(bare.begin(), bare.end(), word), end; at != end; ++at) {
    const std::string name = at->str();
    if (name.starts_with("drishti_") || name.starts_with("process_") || name.find(':') != name.npos) names.insert(name);
  }
  return names;
}

/// Everything that the rules and the dashboard look at. Nobody listens at the address of Redis.
std::string service(const std::string& one, const std::string& two, const std::string& more = {}) {
  return http_config(more +
      "proxy_cache_path memory keys_zone=pages:1m; proxy_cache_path redis://127.0.0.1:1 keys_zone=shared:1m;\n"
      "upstream backend { server " + one + "; server " + two + " slow_start=1s; queue 10 timeout=1s; }\n"
      "server { listen 127.0.0.1:@port@; server_name shop.test;\n"
      "location / { proxy_pass http://backend; proxy_cache pages; health_check uri=/health interval=1s; }\n"
      "location = /bad { return 500; }\nlocation = /metrics { metrics; } }");
}

TEST(PrometheusRules, AreValidAndDoWhatTheirTestsSay) {
  if (!installed(promtool)) GTEST_SKIP() << "promtool is not installed";
  const std::string said = ::testing::TempDir() + "promtool." + std::to_string(::getpid());
  auto run = [&](std::vector<std::string> words, const std::vector<fs::path>& of) {
    words.insert(words.begin(), promtool);
    for (const fs::path& file : of) words.push_back(file);
    EXPECT_EQ(ToolProcess(words, said).wait(), 0) << text_of(said);
  };
  run({"check", "rules"}, files(rules_folder, ".rules.yml"));
  ASSERT_GE(files(rules_folder / "tests", ".yml").size(), 5u);
  run({"test", "rules"}, files(rules_folder / "tests", ".yml"));
  fs::remove(said);
}

TEST(PrometheusRules, EveryAlertHasATest) {
  std::string tests;
  for (const fs::path& file : files(rules_folder / "tests", ".yml")) tests += text_of(file);
  std::size_t alerts = 0;
  for (const Rule& rule : all_rules()) {
    if (rule.alert.empty()) continue;
    ++alerts;
    EXPECT_THAT(tests, ::testing::HasSubstr(rule.alert));
  }
  EXPECT_GE(alerts, 20u);
}

TEST(PrometheusRules, RulesAndDashboardNameOnlyWhatAProxyServes) {
  FakeUpstream one(answers("1")), two(answers("2"));
  TlsFolder certificates;
  certificates.add("shop.test");
  ProxyUnderTest proxy(service(one.address(), two.address(), certificates.lines("shop.test")));
  page_with(proxy, "drishti_scaling_present_replicas{upstream=\"backend\"}", 2);
  Names served, asked;
  for (const std::string& series : MetricsPage::of(proxy).series()) served.insert(series.substr(0, series.find('{')));
  for (const Rule& rule : all_rules()) {
    if (!rule.record.empty()) served.insert(rule.record);
    asked.merge(series_in(rule.expr));
  }
  for (const std::string& query : panel_queries()) asked.merge(series_in(query));
  EXPECT_GE(asked.size(), 60u);
  for (const std::string& name : asked) EXPECT_TRUE(served.contains(name)) << name;
}

/// A Prometheus that scrapes a proxy and evaluates the rules, all of them several times in a second or two.
struct RealPrometheus : ::testing::Test {
  FakeUpstream one{answers("1")}, two{answers("2")};
  ProxyUnderTest proxy{service(one.address(), two.address())};
  std::string address = "127.0.0.1:" + std::to_string(proxy.port(9));
  std::unique_ptr<ToolProcess> server;

  void SetUp() override {
    if (!installed(prometheus)) GTEST_SKIP() << "prometheus is not installed";
    const fs::path folder = proxy.directory();
    for (const fs::path& file : files(rules_folder, ".rules.yml")) {
      std::string rules = text_of(file);
      replace_all(rules, "interval: 1h", "interval: 1s");
      std::ofstream(folder / file.filename()) << rules;
    }
    std::string config = text_of(rules_folder / "prometheus.yml");
    replace_all(config, "127.0.0.1:9145", "127.0.0.1:" + std::to_string(proxy.port()));
    replace_all(config, "scrape_interval: 15s", "scrape_interval: 500ms\n  scrape_timeout: 500ms\n  evaluation_interval: 1s");
    std::ofstream(folder / "prometheus.yml") << config;
    server = std::make_unique<ToolProcess>(
        std::vector<std::string>{prometheus, "--config.file=" + (folder / "prometheus.yml").string(),
                                 "--storage.tsdb.path=" + (folder / "tsdb").string(), "--web.listen-address=" + address},
        (folder / "prometheus.log").string());
  }

  void make_traffic() {
    for (const char* path : {"/", "/", "/bad"}) ask(proxy, request_text("GET", path));
  }

  std::string get(const std::string& target) const {
    RawClient client(proxy.port(9));
    if (!client.connected()) return {};
    client.send("GET " + target + " HTTP/1.1\r\nHost: " + address + "\r\nConnection: close\r\n\r\n");
    return client.read_response().value_or(RawResponse{}).body;
  }

  std::string answer_to(const std::string& query) const {
    std::string encoded;
    for (const char c : query) {
      char code[4];
      std::snprintf(code, sizeof code, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
      encoded += std::isalnum(static_cast<unsigned char>(c)) ? std::string(1, c) : code;
    }
    return get("/api/v1/query?query=" + encoded);
  }

  static bool has_data(const std::string& answer) {
    return answer.starts_with("{\"status\":\"success\"") && answer.find("\"result\":[]") == answer.npos;
  }

  /// Keeps traffic up until all QUERIES have data; those that never have.
  std::vector<std::string> without_data(std::vector<std::string> queries) {
    for (auto end = Steady::now() + seconds(60); !queries.empty() && Steady::now() < end;) {
      make_traffic();
      std::erase_if(queries, [&](const std::string& query) { return has_data(answer_to(query)); });
      std::this_thread::sleep_for(milliseconds(100));
    }
    return queries;
  }
};

TEST_F(RealPrometheus, RecordsEveryRuleAndHasDataForEveryPanel) {
  std::vector<std::string> queries = panel_queries();
  ASSERT_GE(queries.size(), 50u);
  for (const Rule& rule : all_rules())
    if (!rule.record.empty()) queries.push_back(rule.record);
  for (const std::string& query : without_data(queries)) ADD_FAILURE() << query << "\n" << answer_to(query);
}

TEST_F(RealPrometheus, EvaluatesEveryRuleWithoutAnError) {
  const std::size_t count = all_rules().size();
  std::size_t evaluated = 0;
  std::string rules;
  for (auto end = Steady::now() + seconds(60); evaluated < count && Steady::now() < end;) {
    make_traffic();
    rules = get("/api/v1/rules");
    evaluated = 0;
    for (auto at = rules.find("\"health\":\"ok\""); at != rules.npos; at = rules.find("\"health\":\"ok\"", at + 1)) ++evaluated;
    std::this_thread::sleep_for(milliseconds(100));
  }
  EXPECT_EQ(evaluated, count) << rules;
  EXPECT_EQ(rules.find("lastError"), rules.npos) << rules;
}

}  // namespace
}  // namespace drishti::testing
