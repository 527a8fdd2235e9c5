// The advisor of a proxy and what it says: triggers, words, JSON, families.

#include "metrics/scaling/advisor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metrics/scaling/dashboard.hpp"
#include "metrics/scaling/families.hpp"
#include "tests/scaling/simulated_upstream.hpp"

namespace drishti::scaling {
namespace {

using conf::TriggerKind;
using ::testing::Contains;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

/// A proxy in simulated time with one upstream.
struct SimulatedProxy {
  conf::ScalingSettings settings;
  SimulatedUpstream upstream;
  Advisor advisor{settings};
  ProcessSample process;

  explicit SimulatedProxy(SimulatedUpstream::Settings servers = {}) : upstream(servers) {
    process.cpu = CpuTime{};
    process.unix_time = 20'000 * std::int64_t{86'400};
  }

  Report run(int seconds, double rate, double cpu = 0.1, double failed = 0, double users = 10, double memory = 0.5) {
    for (int i = 0; i < seconds; ++i) {
      const UpstreamSample sample = upstream.run_second(rate);
      process.at = sample.at;
      ++process.unix_time;
      process.requests = sample.ended;
      process.failed += failed * rate;
      process.open_connections = users;
      process.cpu->busy += 100 * cpu;
      process.cpu->total += 100;
      process.memory_usage = memory;
      advisor.add(process, {{"api", sample}});
    }
    return advisor.report();
  }
};

TriggerReport trigger(const Report& report, TriggerKind kind) { return report.triggers[static_cast<std::size_t>(kind)]; }
TriggerState state(const Report& report, TriggerKind kind) { return trigger(report, kind).state; }

TEST(Advisor, SaysSomethingOfEverythingFromTheFirstSampleOn) {
  SimulatedProxy proxy;
  const Report report = proxy.run(1, 0);
  ASSERT_EQ(report.upstreams.size(), 1u);
  EXPECT_EQ(report.upstreams[0].required, 2);
  EXPECT_EQ(report.triggers.size(), conf::trigger_names.size());
  EXPECT_THAT(recommendations(report), ::testing::ElementsAre("Nothing to do."));
}

TEST(Advisor, AdvisesMoreServersInAnOverloadAndSaysWhy) {
  SimulatedProxy proxy;
  proxy.run(120, 60);
  const Report report = proxy.run(120, 600);  // two servers carry 400
  const UpstreamAdvice& advice = report.upstreams[0];
  EXPECT_EQ(advice.reason == Reason::demand || advice.reason == Reason::panic, true);
  EXPECT_NEAR(advice.required, 4, 1) << "600 / 200 / 80 %";
  EXPECT_GT(advice.utilization, 1.2);
  EXPECT_EQ(advice.headroom, 0);
  EXPECT_EQ(advice.to_saturation.value_or(-1), 0);
  EXPECT_NEAR(advice.unloaded_service, 0.02, 0.003) << "not what the queue made of it";
  EXPECT_GT(advice.mean_service, 1) << "which is long by now";
  EXPECT_THAT(recommendations(report)[0], HasSubstr("api: add"));
  EXPECT_THAT(recommendations(report)[0], HasSubstr("requests/s need"));
}

TEST(Advisor, SeesSaturationComing) {
  SimulatedProxy proxy;
  proxy.run(60, 60);
  proxy.run(60, 600);   // learned
  proxy.run(600, 100);
  Report report;
  for (int i = 0; i < 300; ++i) report = proxy.run(1, 100 + 0.5 * i);
  ASSERT_TRUE(report.upstreams[0].to_saturation);
  EXPECT_NEAR(*report.upstreams[0].to_saturation, 300, 75) << "150 requests/s to go, 0.5 more each second";
  EXPECT_NEAR(report.upstreams[0].headroom, 165, 40);
}

TEST(Advisor, WorkThatGotSlowerIsNoReasonForServersOnceItIsKnown) {
  SimulatedProxy proxy;
  proxy.run(120, 60);
  proxy.upstream.set_service(0.04);
  EXPECT_EQ(proxy.run(900, 60).upstreams[0].required, 2);
}

TEST(Advisor, ForgetsUpstreamsThatAreGone) {
  SimulatedProxy proxy;
  proxy.run(10, 10);
  proxy.advisor.add(proxy.process, {});
  EXPECT_TRUE(proxy.advisor.report().upstreams.empty());
}

TEST(Advisor, FiresTheGuidesTriggers) {
  SimulatedProxy proxy;
  Report report = proxy.run(16 * 60, 50, 0.9, 0.1, 150, 0.9);
  EXPECT_EQ(state(report, TriggerKind::cpu), TriggerState::pending);
  EXPECT_EQ(state(report, TriggerKind::memory), TriggerState::pending);
  EXPECT_EQ(state(report, TriggerKind::error_rate), TriggerState::firing);
  EXPECT_EQ(state(report, TriggerKind::concurrent_users), TriggerState::firing);
  EXPECT_EQ(state(report, TriggerKind::response_time), TriggerState::ok);
  report = proxy.run(16 * 60, 50, 0.9, 0.1, 150, 0.9);
  EXPECT_EQ(state(report, TriggerKind::cpu), TriggerState::firing);
  EXPECT_EQ(state(report, TriggerKind::memory), TriggerState::firing);
  EXPECT_NEAR(trigger(report, TriggerKind::cpu).value, 0.9, 1e-6);
  const auto said = recommendations(report);
  EXPECT_THAT(said, Contains(HasSubstr("High CPU usage")));
  EXPECT_THAT(said, Contains(HasSubstr("High memory usage")));
  EXPECT_THAT(said, Contains(HasSubstr("High error rate (")));
  EXPECT_THAT(said, Contains(HasSubstr("150 concurrent users")));
  report = proxy.run(120, 50, 0.1, 0, 10, 0.5);
  EXPECT_THAT(recommendations(report), ::testing::ElementsAre("Nothing to do."));
}

TEST(Advisor, FiresForSlowResponsesAfterAnHour) {
  SimulatedProxy proxy({2, 100, 4, true});
  EXPECT_EQ(state(proxy.run(3500, 5), TriggerKind::response_time), TriggerState::pending);
  const Report report = proxy.run(300, 5);
  EXPECT_EQ(state(report, TriggerKind::response_time), TriggerState::firing);
  EXPECT_THAT(recommendations(report), Contains(HasSubstr("High response time (")));
}

TEST(Advisor, CountsTheMonth) {
  SimulatedProxy proxy;
  proxy.run(5, 10);
  proxy.process.requests += 2e6;
  proxy.advisor.add(proxy.process, {});
  const Report report = proxy.advisor.report();
  EXPECT_EQ(state(report, TriggerKind::monthly_requests), TriggerState::firing);
  EXPECT_THAT(recommendations(report), Contains(HasSubstr("requests in 30 days")));
}

TEST(Words, PutWhatIsUrgentFirst) {
  Report report;
  UpstreamAdvice spare, lacking;
  spare.name = "spare", spare.required = 1, spare.present = 3, spare.reason = Reason::demand;
  spare.arrival_rate = 10, spare.peer_capacity = 100, spare.target_utilization = 0.8;
  lacking = spare;
  lacking.name = "lacking", lacking.required = 5;
  report.upstreams = {spare, lacking};
  report.triggers = {{TriggerKind::cpu, TriggerState::firing, 0.9, 0.8, 1800, 2000}};
  const auto said = recommendations(report);
  ASSERT_EQ(said.size(), 3u);
  EXPECT_THAT(said[0], HasSubstr("lacking: add 2 servers, 5 in all"));
  EXPECT_EQ(said[1], "High CPU usage of the proxy's machine (90 % for 33 min): a bigger machine or one more");
  EXPECT_EQ(said[2], "spare: 1 server would be enough instead of 3: 10 requests/s need 0.1 servers that carry "
                     "100 requests/s each and are used to 80 %");
}

TEST(ReportJson, IsWhatTheDocumentationPromises) {
  Report report;
  report.unix_time = 1767225600;
  report.cpu_usage = 0.25;
  UpstreamAdvice advice;
  advice.name = "a\"b\\\n";
  advice.required = 3, advice.present = 2, advice.healthy = 1;
  report.upstreams = {advice};
  report.triggers = {{TriggerKind::memory, TriggerState::pending, 0.9, 0.85, 1800, 12.5}};
  EXPECT_EQ(json(report),
            R"({"version":1,"time":1767225600,"machine":{"cpu_usage":0.25,"memory_usage":0},)"
            R"("traffic":{"requests_per_second":0,"response_seconds":0,"error_ratio":0,"concurrent_users":0,)"
            R"("requests_last_30_days":0,"requests_30_days_before":0,"days_known":0},)"
            R"("upstreams":{"a\"b\\\u000a":{"required_replicas":3,"present_replicas":2,"healthy_replicas":1,)"
            R"("reason":"warming_up","explanation":"not watched for long enough yet","panic":false,"arrival_rate":0,)"
            R"("concurrency":0,"service_seconds":0,"unloaded_service_seconds":0,"peer_capacity":0,)"
            R"("capacity_learned":false,"utilization":0,"target_utilization":0,"headroom":0,"seconds_to_saturation":null}},)"
            R"("triggers":{"memory":{"state":"pending","value":0.9,"threshold":0.85,"for_seconds":1800,"above_for_seconds":12.5}},)"
            R"("recommendations":["a\"b\\\u000a: add 1 server, 3 in all: not watched for long enough yet"]})"
            "\n");
}

TEST(Dashboard, ShowsWhatTheJsonSays) {
  SimulatedProxy proxy;
  proxy.run(120, 60);
  const Report report = proxy.run(120, 600, 0.42);
  const std::string shown = dashboard(json(report));
  for (const char* part : {"Performance\n", "CPU usage:            42 %", "Requests a minute:", "Concurrent users:     10",
                           "Upstream api\n", "required, 2 present, 2 healthy", "can carry", "Recommendations\n  - api: add",
                           "monthly_requests"})
    EXPECT_THAT(shown, HasSubstr(part));
}

TEST(Dashboard, SendsNoCommandsToTheTerminal) {
  SimulatedProxy proxy;
  Report report = proxy.run(1, 1);
  report.upstreams[0].name = "a\x1b[2J";
  EXPECT_EQ(dashboard(json(report)).find('\x1b'), std::string::npos);
}

TEST(Dashboard, RefusesOtherAnswers) {
  for (const std::string& text : {std::string{}, std::string("{}"), std::string("[1]"), std::string("<html>"),
                                  std::string("{\"version\":2}"), std::string("{\"version\":1}"), std::string("{\"version\":"),
                                  std::string(100'000, '[')})
    EXPECT_THROW(dashboard(text), std::runtime_error) << text.substr(0, 20);
}

TEST(Families, HaveANumberForEverySeriesFromTheStart) {
  SimulatedProxy proxy;
  const auto all = families(proxy.run(1, 0));
  std::size_t series = 0;
  for (const auto& family : all) {
    EXPECT_FALSE(family.metric.empty()) << family.name;
    EXPECT_EQ(family.type, prometheus::MetricType::Gauge);
    for (const auto& metric : family.metric) EXPECT_EQ(metric.gauge.value, metric.gauge.value) << family.name;  // no NaN
    series += family.metric.size();
  }
  EXPECT_EQ(series, 20u + 23u);
  EXPECT_EQ(all[0].name, "drishti_scaling_required_replicas");
  EXPECT_EQ(all[0].metric[0].gauge.value, 2);
}

}  // namespace
}  // namespace drishti::scaling
