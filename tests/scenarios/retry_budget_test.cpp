// A storm of failures through the whole proxy: what retry_budget lets through, and what the clients get (threat U15).
#include <gtest/gtest.h>

#include <atomic>
#include <list>

#include "tests/scenarios/health_support.hpp"
#include "tests/support/metrics_page.hpp"
#include "tests/support/patience.hpp"

namespace drishti::testing {
namespace {

/// Three servers that fail all first attempts at one moment, and hold what comes again until it is released.
class Storm {
 public:
  Storm(const std::string& budget, int clients)
      : clients_(clients),
        proxy_(http_config("upstream backend { " + budget + server(a_, "max_fails=0") + server(b_, "max_fails=0") +
                           server(c_, "max_fails=0") +
                           "}\nserver { listen 127.0.0.1:@port@; location / { proxy_pass http://backend; "
                           "proxy_next_upstream http_503; } }\nserver { listen 127.0.0.1:@port2@; location /metrics { metrics; } }")) {
    for (int i = 0; i < clients; ++i) connections_.emplace_back(proxy_.port()).send(request_text("GET", "/"));
    EXPECT_TRUE(eventually([&] { return arrived_ == clients_; }));
  }
  void fail_all() { failed_->set(); }
  void answer_repeats() { released_->set(); }
  bool wait_for_repeats(int repeats) const {
    return eventually([&] { return arrived_ >= clients_ + repeats; });
  }
  int repeats() const { return arrived_ - clients_; }
  /// How many clients are answered with STATUS, of those that are not answered yet.
  int answered(int status, int expected) {
    int count = 0;
    for (auto client = connections_.begin(); client != connections_.end() && count < expected;) {
      const auto response = client->read_response(false, std::chrono::milliseconds(20));
      if (!response) {
        if (++client == connections_.end()) client = connections_.begin();
        continue;
      }
      EXPECT_EQ(response->status, status);
      EXPECT_EQ(response->body, status == 200 ? "again" : "overloaded") << "the answer of a server, not ours";
      client = connections_.erase(client);
      ++count;
    }
    return count;
  }
  double refused() const {
    return MetricsPage::of(proxy_, 2)["drishti_upstream_retries_refused_total{upstream=\"backend\"}"];
  }

 private:
  FakeUpstream::Script script() {
    return [this](const UpstreamRequest&) {
      if (++arrived_ <= clients_) return Actions{Action::wait(failed_), Action::send(status_response(503, "overloaded"))};
      return Actions{Action::wait(released_), Action::send(ok_response("again"))};
    };
  }

  const int clients_;
  std::atomic<int> arrived_{0};
  std::shared_ptr<Event> failed_ = std::make_shared<Event>(), released_ = std::make_shared<Event>();
  FakeUpstream a_{script()}, b_{script()}, c_{script()};
  ProxyUnderTest proxy_;
  std::list<RawClient> connections_;
};

TEST(RetryStorm, RepeatsNoMoreThanTheBudgetAndTheRestGetsTheRealAnswer) {
  Storm storm("retry_budget 25% min=2; ", 20);
  storm.fail_all();
  EXPECT_EQ(storm.answered(503, 15), 15);
  EXPECT_TRUE(storm.wait_for_repeats(5));
  EXPECT_EQ(storm.repeats(), 5) << "a quarter of 20";
  EXPECT_EQ(storm.refused(), 15);
  storm.answer_repeats();
  EXPECT_EQ(storm.answered(200, 5), 5);
}

TEST(RetryStorm, TheBudgetIsFreeAgainWhenRepeatsEnd) {
  Storm storm("retry_budget 0% min=1; ", 1);
  storm.answer_repeats();
  storm.fail_all();
  EXPECT_EQ(storm.answered(200, 1), 1);
  EXPECT_EQ(storm.refused(), 0);
}

TEST(RetryStorm, WithoutABudgetEverythingIsRepeatedAsInNginx) {
  Storm storm("retry_budget off; ", 20);
  storm.fail_all();
  EXPECT_TRUE(storm.wait_for_repeats(20));
  storm.answer_repeats();
  EXPECT_EQ(storm.answered(200, 20), 20);
  EXPECT_EQ(storm.refused(), 0);
}

TEST(RetryStorm, TheUsualBudgetSavesEveryRequestOfAServerThatDies) {
  FakeUpstream dies([&](const UpstreamRequest&) { return Actions{Action::read_to_close()}; }), good(answers("good"));
  ProxyUnderTest proxy(proxy_config(server(dies) + server(good, "backup")));
  std::list<RawClient> clients;
  for (int i = 0; i < 90; ++i) clients.emplace_back(proxy.port()).send(request_text("GET", "/"));
  ASSERT_TRUE(dies.wait_until([&] { return dies.requests().size() == 90; }, std::chrono::seconds(20)));
  dies.kill();
  for (RawClient& client : clients) EXPECT_EQ(client.read_response().value_or(RawResponse{}).body, "good");
}

}  // namespace
}  // namespace drishti::testing
