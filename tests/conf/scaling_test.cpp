// The scaling block in the typed configuration.
#include <gtest/gtest.h>

#include "analyser_support.hpp"

namespace drishti::conf {
namespace {

ScalingSettings settings_of(const std::string& text) { return analyse_text("http { scaling { " + text + " } }")->scaling; }
std::string error_of(const std::string& text) { return error_in_http("scaling { " + text + " }"); }
ScalingTrigger trigger_of(const std::string& text, TriggerKind kind) {
  return settings_of(text).triggers[static_cast<std::size_t>(kind)];
}

TEST(Scaling, HasTheGuidesTriggersWithoutABlock) {
  const auto triggers = analyse_text("http { }")->scaling.triggers;
  const ScalingTrigger expected[] = {{true, 3, 1h},      {true, 0.8, 30min}, {true, 0.85, 30min}, {true, 0.02, 15min},
                                     {true, 100, 1min}, {true, 1e6, 0ms},   {true, 1, 0ms}};
  for (std::size_t i = 0; i < triggers.size(); ++i) {
    EXPECT_TRUE(triggers[i].is_on) << trigger_names[i];
    EXPECT_DOUBLE_EQ(triggers[i].threshold, expected[i].threshold) << trigger_names[i];
    EXPECT_EQ(triggers[i].duration, expected[i].duration) << trigger_names[i];
  }
}

TEST(Scaling, TakesEachTriggerInItsUnit) {
  EXPECT_DOUBLE_EQ(trigger_of("trigger response_time 1500ms;", TriggerKind::response_time).threshold, 1.5);
  EXPECT_EQ(trigger_of("trigger response_time 2s for=10m;", TriggerKind::response_time).duration, 10min);
  EXPECT_EQ(trigger_of("trigger response_time 2s;", TriggerKind::response_time).duration, 1h) << "as it was";
  EXPECT_DOUBLE_EQ(trigger_of("trigger cpu 70%;", TriggerKind::cpu).threshold, 0.7);
  EXPECT_DOUBLE_EQ(trigger_of("trigger traffic_growth 250%;", TriggerKind::traffic_growth).threshold, 2.5);
  EXPECT_DOUBLE_EQ(trigger_of("trigger monthly_requests 5000000;", TriggerKind::monthly_requests).threshold, 5e6);
  EXPECT_FALSE(trigger_of("trigger memory off; trigger cpu 70%;", TriggerKind::memory).is_on);
}

TEST(Scaling, TakesAllSettings) {
  const ScalingSettings s = settings_of(
      "stable_window 30s; panic_window 3s; panic_threshold 150%; target_utilization 70%; scale_in_delay 2m; "
      "service_time_window 20m; capacity_memory 12h; min_replicas 2; max_replicas 9; history_file h;");
  EXPECT_EQ(s.stable_window, 30s);
  EXPECT_EQ(s.panic_window, 3s);
  EXPECT_DOUBLE_EQ(s.panic_threshold, 1.5);
  EXPECT_DOUBLE_EQ(s.target_utilization, 0.7);
  EXPECT_EQ(s.scale_in_delay, 2min);
  EXPECT_EQ(s.service_time_window, 20min);
  EXPECT_EQ(s.capacity_memory, 12h);
  EXPECT_EQ(s.min_replicas, 2);
  EXPECT_EQ(s.max_replicas, 9);
  EXPECT_TRUE(s.history_file.starts_with('/') && s.history_file.ends_with("/h")) << s.history_file;
}

TEST(Scaling, RefusesWhatMakesNoSense) {
  for (const char* text :
       {"trigger disk 80%;", "trigger cpu 80;", "trigger cpu 0%;", "trigger cpu 101%;", "trigger cpu -5%;",
        "trigger response_time 0;", "trigger concurrent_users 10%;", "trigger cpu 80% 30m;", "trigger cpu 80% for=x;",
        "trigger cpu;", "stable_window 0;", "stable_window 2h;", "panic_window 2m;", "target_utilization 0%;",
        "target_utilization 0.8;", "panic_threshold 100%;", "min_replicas 0;", "min_replicas 3; max_replicas 2;",
        "stable_window 10s; stable_window 10s;", "server 127.0.0.1;"})
    EXPECT_NE(error_of(text), "") << text;
  EXPECT_NE(error_in_location("scaling { }"), "");
}

TEST(Scaling, IsWrittenInYamlAsInNginxsGrammar) {
  const auto tree = read_yaml_text(
      "http:\n  scaling:\n    target_utilization: 70%\n    trigger:\n      - cpu 90% for=5m\n      - memory off\n", "t.yaml");
  const ScalingSettings s = analyse(tree, test_options())->scaling;
  EXPECT_DOUBLE_EQ(s.target_utilization, 0.7);
  EXPECT_DOUBLE_EQ(s.triggers[static_cast<std::size_t>(TriggerKind::cpu)].threshold, 0.9);
  EXPECT_FALSE(s.triggers[static_cast<std::size_t>(TriggerKind::memory)].is_on);
}

}  // namespace
}  // namespace drishti::conf
