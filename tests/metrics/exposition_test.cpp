#include "metrics/exposition.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/collectable.h>

#include "metrics/connection_families.hpp"
#include "metrics/family.hpp"
#include "metrics/openmetrics.hpp"
#include "metrics/process_collector.hpp"

namespace drishti::metrics {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

struct Fixed : prometheus::Collectable {
  std::vector<prometheus::MetricFamily> Collect() const override {
    return {Family::counter("cats_total", "Cats.").add({{"colour", "black\\white\"\n"}}, 3.0).take()};
  }
};

TEST(Format, IsWhatTheScraperPrefers) {
  const std::pair<const char*, Format> cases[] = {
      {"", Format::text},
      {"*/*", Format::text},
      {"text/plain", Format::text},
      {"application/openmetrics-text", Format::openmetrics},
      {"Application/OpenMetrics-Text; version=1.0.0", Format::openmetrics},
      {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
       "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
       Format::openmetrics},
      {"text/plain, application/openmetrics-text;q=0.3", Format::text},
      {"application/openmetrics-text;q=0", Format::text},
      {"application/openmetrics-text;q=lots", Format::text},
      {"application/openmetrics-text;q=7", Format::text},
      {"application/openmetrics-textual", Format::text},
      {",;,;q=,  ;=", Format::text}};
  for (const auto& [accept, format] : cases) EXPECT_EQ(format_for(accept), format) << accept;
}

TEST(Exposition, WritesWhatWasRegistered) {
  Exposition exposition;
  exposition.add(std::make_shared<Fixed>());
  EXPECT_THAT(exposition.page(Format::text), HasSubstr("# HELP cats_total Cats.\n# TYPE cats_total counter\n"
                                                       "cats_total{colour=\"black\\\\white\\\"\\n\"} 3\n"));
  EXPECT_THAT(exposition.page(Format::openmetrics), HasSubstr("# TYPE cats counter\n# HELP cats Cats.\n"
                                                              "cats_total{colour=\"black\\\\white\\\"\\n\"} 3\n"));
}

TEST(Exposition, ForgetsWorkersThatEnd) {
  Exposition exposition;
  {
    WorkerMetrics worker;
    worker.connections_accepted.add(4);
    exposition.add_worker(worker);
    EXPECT_THAT(exposition.page(Format::text), HasSubstr("drishti_connections_accepted_total 4\n"));
    exposition.forget_workers();
  }
  EXPECT_THAT(exposition.page(Format::text), HasSubstr("drishti_connections_accepted_total 0\n"));
}

TEST(OpenMetrics, NamesEachKindAsItsSpecificationWants) {
  HistogramTotals totals;
  totals.buckets[9] = 2;
  totals.sum_ns = 800'000'000;
  const std::string page = openmetrics_text({Family::gauge("build_info", "B.").add({{"version", "1"}}, 1.0).take(),
                                             Family::untyped("odd", "O.").add(7.0).take(),
                                             Family::histogram("wait_seconds", "W.").add({}, totals).take()});
  EXPECT_THAT(page, HasSubstr("# TYPE build info\n# HELP build B.\nbuild_info{version=\"1\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("# TYPE odd unknown\n# HELP odd O.\nodd 7\n"));
  EXPECT_THAT(page, HasSubstr("wait_seconds_bucket{le=\"0.25\"} 0\nwait_seconds_bucket{le=\"0.5\"} 2\n"
                              "wait_seconds_bucket{le=\"1.0\"} 2\n"));
  EXPECT_THAT(page, HasSubstr("wait_seconds_bucket{le=\"+Inf\"} 2\nwait_seconds_count 2\nwait_seconds_sum 0.8\n"));
  EXPECT_THAT(page, EndsWith("# EOF\n"));
  EXPECT_THAT(page, Not(HasSubstr("\n\n")));
}

TEST(StubStatus, IsNginxsPageByteForByte) {
  EXPECT_EQ(stub_status_text({.accepted = 12, .active = 5, .requests = 34, .reading = 1, .writing = 2}),
            "Active connections: 5 \nserver accepts handled requests\n 12 12 34 \nReading: 1 Writing: 2 Waiting: 2 \n");
}

TEST(StubStatus, FiguresReadWhileTheyMoveAreNeverNegative) {
  WorkerMetrics worker;
  worker.requests_ended.add(3);  // read in another order than written
  worker.heads_read.add(2);
  worker.requests_begun.add(1);
  const WorkerMetrics* workers[] = {&worker};
  const ConnectionTotals totals = connection_totals(workers);
  EXPECT_EQ(totals.reading, 0u);
  EXPECT_EQ(totals.writing, 0u);
  EXPECT_EQ(totals.waiting(), 0u);
}

TEST(Process, IsSeenAsTheSystemSeesIt) {
  std::map<std::string, double> values;
  for (const auto& family : ProcessCollector().Collect()) {
    const auto& metric = family.metric.at(0);
    values[family.name] = family.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value;
  }
  EXPECT_EQ(values.size(), 6u);
  EXPECT_GT(values["process_resident_memory_bytes"], 1e6);
  EXPECT_GT(values["process_virtual_memory_bytes"], values["process_resident_memory_bytes"]);
  EXPECT_GE(values["process_open_fds"], 3);
  EXPECT_GT(values["process_max_fds"], values["process_open_fds"]);
  EXPECT_GT(values["process_cpu_seconds_total"], 0);
  const double now = static_cast<double>(::time(nullptr));
  EXPECT_LE(values["process_start_time_seconds"], now + 1);
  EXPECT_GT(values["process_start_time_seconds"], now - 600);
}

TEST(Blocks, AreFoundAgainByNameForAsLongAsSomebodyUsesThem) {
  BlockTable<LocationMetrics> table(2);
  auto block = table.find_or_make({{"location", "/"}});
  block->workers.of(1).responses.add(200);
  EXPECT_EQ(table.find_or_make({{"location", "/"}}), block);
  EXPECT_NE(table.find_or_make({{"location", "/x"}}), block);
  block.reset();
  EXPECT_EQ(sum(table.find_or_make({{"location", "/"}})->workers, [](const auto& w) { return w.responses.value(2); }), 0u);
  EXPECT_EQ(table.size(), 1u) << "what nobody uses takes no memory";
}

TEST(Blocks, OfWorkersShareNoCacheLine) {
  const PerWorker<PeerMetrics> peers(2);
  const auto distance = reinterpret_cast<const char*>(&peers.of(1)) - reinterpret_cast<const char*>(&peers.of(0));
  EXPECT_EQ(distance % 64, 0);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&peers.of(0)) % 64, 0u);
}

TEST(CodeClasses, KnowEveryStatus) {
  CodeClasses classes;
  for (const int status : {0, 101, 200, 204, 301, 404, 499, 502, 999, -7}) classes.add(status);
  const std::uint64_t expected[] = {2, 1, 2, 1, 2, 2};
  for (std::size_t i = 0; i < CodeClasses::size; ++i) EXPECT_EQ(classes.value(i), expected[i]) << CodeClasses::names[i];
}

}  // namespace
}  // namespace drishti::metrics
