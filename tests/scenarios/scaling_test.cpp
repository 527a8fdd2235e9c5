// The scaling advice of the running program.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <filesystem>
#include <functional>

#include "tests/support/metrics_page.hpp"

namespace drishti::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using Steady = std::chrono::steady_clock;

std::string scaling_config(const std::string& servers, const std::string& settings = {}) {
  return http_config("scaling { " + settings + " }\nupstream backend { " + servers + " }\n" +
                     "server { listen 127.0.0.1:@port@; location / { proxy_pass http://backend; }\n" +
                     "location = /scaling { scaling_status; } location = /metrics { metrics; } }");
}

std::string advice(const ProxyUnderTest& proxy) { return ask(proxy, request_text("GET", "/scaling")).body; }

/// The number behind `"NAME":`, the first one there is; -1 without one.
double figure(const std::string& json, const std::string& name) {
  const auto at = json.find("\"" + name + "\":");
  return at == json.npos ? -1 : std::strtod(json.c_str() + at + name.size() + 3, nullptr);
}

/// Asks until CONDITION holds, at most 30 s; the last answer.
std::string advice_with(const ProxyUnderTest& proxy, const std::function<bool(const std::string&)>& condition) {
  std::string json = advice(proxy);
  for (auto end = Steady::now() + std::chrono::seconds(30); Steady::now() < end && !condition(json); json = advice(proxy))
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  return json;
}

TEST(ScalingScenario, AnswersJsonToGetAndHeadOnly) {
  FakeUpstream upstream(answers("a"));
  ProxyUnderTest proxy(scaling_config("server " + upstream.address() + ";"));
  const RawResponse got = ask(proxy, request_text("GET", "/scaling"));
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.field("content-type"), "application/json");
  EXPECT_THAT(got.body, HasSubstr("\"upstreams\":{\"backend\":{\"required_replicas\":1,"));
  const RawResponse head = ask(proxy, request_text("HEAD", "/scaling"), true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(ask(proxy, request_text("POST", "/scaling", {}, "x")).status, 405);
}

TEST(ScalingScenario, CountsTheServersThatAreMeantToServeAndThoseThatDo) {
  FakeUpstream upstream(answers("a"));
  DeadPort dead;
  ProxyUnderTest proxy(scaling_config("server " + upstream.address() + "; server " + dead.address() +
                                      " fail_timeout=1h; server 127.0.0.1:9 down; server 127.0.0.1:10 backup; "
                                      "server 127.0.0.1:11 drain;"));
  EXPECT_EQ(figure(advice(proxy), "present_replicas"), 2);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(ask(proxy, request_text("GET", "/")).status, 200);
  const std::string json = advice_with(proxy, [](const std::string& now) { return figure(now, "healthy_replicas") == 1; });
  EXPECT_EQ(figure(json, "healthy_replicas"), 1);
  EXPECT_EQ(figure(json, "required_replicas"), 2);
}

TEST(ScalingScenario, MeasuresWhatPasses) {
  FakeUpstream upstream(answers("a"));
  ProxyUnderTest proxy(scaling_config("server " + upstream.address() + ";", "trigger concurrent_users 1 for=0s;"));
  RawClient other(proxy.port()), third(proxy.port());
  other.send(request_text("GET", "/"));
  other.read_response();
  for (int i = 0; i < 30; ++i) ask(proxy, request_text("GET", "/"));
  const std::string json = advice_with(proxy, [](const std::string& now) {
    return figure(now, "arrival_rate") > 0 && figure(now, "service_seconds") > 0 && figure(now, "concurrent_users") >= 2;
  });
  EXPECT_GT(figure(json, "arrival_rate"), 0);
  EXPECT_GT(figure(json, "concurrency"), 0);
  EXPECT_GT(figure(json, "service_seconds"), 0);
  EXPECT_GE(figure(json, "concurrent_users"), 2);
  EXPECT_GT(figure(json, "memory_usage"), 0);
  EXPECT_THAT(json, HasSubstr("\"concurrent_users\":{\"state\":\"firing\""));
  EXPECT_THAT(json, HasSubstr("concurrent users"));
}

TEST(ScalingScenario, IsOnTheMetricsPageFromTheStart) {
  FakeUpstream upstream(answers("a"));
  ProxyUnderTest proxy(scaling_config("server " + upstream.address() + "; server 127.0.0.1:9;"));
  const MetricsPage page = MetricsPage::of(proxy);
  EXPECT_EQ(page["drishti_scaling_required_replicas{upstream=\"backend\"}"], 2);
  EXPECT_EQ(page["drishti_scaling_present_replicas{upstream=\"backend\"}"], 2);
  EXPECT_EQ(page["drishti_scaling_reason{reason=\"warming_up\",upstream=\"backend\"}"], 1);
  EXPECT_EQ(page["drishti_scaling_trigger_threshold{trigger=\"cpu\"}"], 0.8);
  EXPECT_GT(page["drishti_machine_memory_usage_ratio"], 0);
}

TEST(ScalingScenario, AReloadChangesServersAndSettingsAndKeepsWhatWasSeen) {
  FakeUpstream upstream(answers("a"));
  const std::string server = "server " + upstream.address() + ";";
  ProxyUnderTest proxy(scaling_config(server, "service_time_window 10s;"));
  for (int i = 0; i < 30; ++i) ask(proxy, request_text("GET", "/"));
  advice_with(proxy, [](const std::string& now) { return figure(now, "unloaded_service_seconds") > 0; });
  proxy.write_config(scaling_config(server + " server 127.0.0.1:9;", "target_utilization 60%; min_replicas 4;"));
  proxy.send_signal(SIGHUP);
  const std::string json = advice_with(proxy, [](const std::string& now) { return figure(now, "required_replicas") == 4; });
  EXPECT_EQ(figure(json, "required_replicas"), 4);
  EXPECT_EQ(figure(json, "present_replicas"), 2);
  EXPECT_EQ(figure(json, "target_utilization"), 0.6);
  EXPECT_GT(figure(json, "unloaded_service_seconds"), 0);
}

/// A folder that the account of the workers may write to.
class OpenFolder {
 public:
  OpenFolder() {
    if (::mkdtemp(path_) == nullptr || ::chmod(path_, 0777) != 0) throw std::runtime_error("mkdtemp failed");
  }
  ~OpenFolder() { std::filesystem::remove_all(path_); }
  OpenFolder(const OpenFolder&) = delete;
  OpenFolder& operator=(const OpenFolder&) = delete;
  std::string file(const std::string& name) const { return std::string(path_) + "/" + name; }

 private:
  char path_[32] = "/tmp/drishti-history-XXXXXX";
};

TEST(ScalingScenario, RemembersTheTrafficOfTheDaysOverARestart) {
  FakeUpstream upstream(answers("a"));
  const OpenFolder folder;
  const std::string config =
      scaling_config("server " + upstream.address() + ";", "history_file " + folder.file("traffic") + ";");
  {
    ProxyUnderTest first(config);
    for (int i = 0; i < 7; ++i) ask(first, request_text("GET", "/"));
    advice_with(first, [](const std::string& now) { return figure(now, "requests_last_30_days") >= 7; });
  }
  std::stringstream history;
  history << std::ifstream(folder.file("traffic")).rdbuf();
  EXPECT_THAT(history.str(), MatchesRegex("drishti-traffic-history 1\n[0-9]+ [0-9]+\n([0-9]+ [0-9]+\n)?"));
  ProxyUnderTest second(config);
  EXPECT_GE(figure(advice(second), "requests_last_30_days"), 7);
}

TEST(ScalingScenario, AFileThatIsNoHistoryIsSaidSoAndReplaced) {
  FakeUpstream upstream(answers("a"));
  const OpenFolder folder;
  std::ofstream(folder.file("traffic")) << "something else\n";
  ProxyUnderTest proxy(scaling_config("server " + upstream.address() + ";", "history_file " + folder.file("traffic") + ";"));
  EXPECT_EQ(figure(advice(proxy), "requests_last_30_days"), 0);
  EXPECT_TRUE(proxy.wait_for_log("is not a traffic history"));
}

}  // namespace
}  // namespace drishti::testing
