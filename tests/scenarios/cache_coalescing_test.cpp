// proxy_cache_lock: one request fetches for all.

#include <gtest/gtest.h>

#include <vector>

#include "tests/scenarios/cache.hpp"
#include "tests/support/patience.hpp"

namespace drishti::testing {
namespace {

std::string head_for(std::size_t size) {
  return "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
}

std::vector<std::unique_ptr<RawClient>> ask_all(const ProxyUnderTest& proxy, int count) {
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<RawClient>(proxy.port()));
    clients.back()->send(request_text("GET", "/"));
  }
  return clients;
}

const std::string chunked_begin =
    "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbegi\r\n";

/// Framings of one body: the head with the beginning `begi`, and the end `nend`.
struct FramedBody {
  const char* name;
  std::string begin;
  Actions end;
};

std::vector<FramedBody> framed_bodies() {
  const std::string head = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n";
  return {{"length", head_for(8) + "begi", {Action::send("nend")}},
          {"chunked", chunked_begin, {Action::send("4\r\nnend\r\n0\r\n\r\n")}},
          {"until close", head + "Connection: close\r\n\r\nbegi", {Action::send("nend"), Action::close()}}};
}

/// Waits until CLIENT has TEXT of an answer that is not complete.
bool has_received(RawClient& client, std::string_view text) {
  while (client.unread().find(text) == std::string::npos)
    if (!client.read_some(patience)) return false;
  return true;
}

TEST(CacheLock, OneRequestFetchesForAHundredAndAllReadAlong) {
  for (const FramedBody& framed : framed_bodies()) {
    SCOPED_TRACE(framed.name);
    auto go = std::make_shared<Event>();
    FakeUpstream upstream([=](const UpstreamRequest&) {
      Actions actions{Action::send(framed.begin), Action::wait(go)};
      actions.insert(actions.end(), framed.end.begin(), framed.end.end());
      return actions;
    });
    ProxyUnderTest proxy("worker_processes 2;\n" + cache_config(upstream));
    auto clients = ask_all(proxy, 100);
    for (auto& client : clients)  // all have the beginning while the upstream still holds back the end
      ASSERT_TRUE(has_received(*client, "begi"));
    go->set();
    int collapsed = 0;
    for (auto& client : clients) {
      const auto response = client->read_response();
      ASSERT_TRUE(response && response->complete);
      EXPECT_EQ(response->body, "beginend");
      collapsed += response->field("Cache-Status").starts_with("drishti; fwd=uri-miss; collapsed; ttl=") ? 1 : 0;
    }
    EXPECT_EQ(collapsed, 99);
    EXPECT_EQ(upstream.requests().size(), 1u);
    EXPECT_EQ(told(get(proxy, "/")), "HIT 200 beginend");
  }
}

TEST(CacheLock, WhoWantsItNewDoesNotReadAlongWhatBeganBefore) {
  auto go = std::make_shared<Event>();
  FakeUpstream upstream([=](const UpstreamRequest& request) {
    if (request.connection > 1) return Actions{Action::send(head_for(3) + "new")};
    return Actions{Action::send(head_for(8) + "begi"), Action::wait(go), Action::send("nend")};
  });
  ProxyUnderTest proxy(cache_config(upstream));
  auto clients = ask_all(proxy, 2);
  for (auto& client : clients) ASSERT_TRUE(has_received(*client, "begi"));
  std::this_thread::sleep_for(milliseconds(5));  // a later millisecond
  for (const char* control : {"no-cache", "max-age=0"})
    EXPECT_EQ(get(proxy, "/", std::string("Cache-Control: ") + control + "\r\n").body, "new") << control;
  go->set();
  for (auto& client : clients) EXPECT_EQ(client->read_response().value_or(RawResponse{}).body, "beginend");
  EXPECT_EQ(told(get(proxy, "/")), "HIT 200 beginend");
}

TEST(CacheLock, WhoReadsAlongSeesThatABodyBroke) {
  auto go = std::make_shared<Event>();
  FakeUpstream upstream([=](const UpstreamRequest&) {
    return Actions{Action::send(chunked_begin), Action::wait(go), Action::reset()};
  });
  ProxyUnderTest proxy(cache_config(upstream));
  auto clients = ask_all(proxy, 5);
  for (auto& client : clients) ASSERT_TRUE(has_received(*client, "begi"));
  go->set();
  for (auto& client : clients) {
    const auto response = client->read_response();
    EXPECT_FALSE(response && response->complete) << "half a body passed for a whole one";
  }
}

// Its length was not known when it began, and it is too large to be stored: who reads along gets it all the same.
TEST(CacheLock, WhoReadsAlongGetsABodyThatTurnsOutTooLarge) {
  const std::string half(1'000'000, 'a');
  const std::string chunk = "f4240\r\n" + half + "\r\n";
  auto go = std::make_shared<Event>();
  FakeUpstream upstream([=](const UpstreamRequest& request) {
    const bool is_first = request.connection == 1 && request.number == 1;
    if (!is_first) return Actions{Action::send(chunked_begin + "0\r\n\r\n")};
    return Actions{Action::send(chunked_begin), Action::wait(go), Action::send(chunk + chunk + "0\r\n\r\n")};
  });
  ProxyUnderTest proxy(http_config("proxy_cache_path memory keys_zone=z:16m max_entry=64k;\nserver { listen 127.0.0.1:@port@;\n"
                                   "location / { proxy_pass http://" + upstream.address() + "; proxy_cache z; } }"));
  auto clients = ask_all(proxy, 5);
  for (auto& client : clients) ASSERT_TRUE(has_received(*client, "begi"));
  go->set();
  for (auto& client : clients) {
    const auto response = client->read_response();
    ASSERT_TRUE(response && response->complete);
    EXPECT_EQ(response->body.size(), 4 + 2 * half.size());
  }
  EXPECT_EQ(upstream.requests().size(), 1u);
  EXPECT_EQ(get(proxy, "/").body.size(), 4u) << "it was not stored";
}

TEST(CacheLock, TheFetchGoesOnWhenItsClientLeaves) {
  auto go = std::make_shared<Event>();
  FakeUpstream upstream([=](const UpstreamRequest&) {
    return Actions{Action::wait(go), Action::send(head_for(4) + "body")};
  });
  ProxyUnderTest proxy(cache_config(upstream));
  RawClient leader(proxy.port());
  leader.send(request_text("GET", "/"));
  ASSERT_TRUE(upstream.wait_until([&] { return upstream.requests().size() == 1; }));
  RawClient waiter(proxy.port());
  waiter.send(request_text("GET", "/"));
  leader.close();
  go->set();
  const auto response = waiter.read_response();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->body, "body");
  EXPECT_EQ(upstream.requests().size(), 1u);
}

TEST(CacheLock, AnotherOneFetchesWhenTheFirstFails) {
  auto go = std::make_shared<Event>();
  FakeUpstream upstream([=](const UpstreamRequest& request) {
    if (request.connection == 1) return Actions{Action::wait(go), Action::reset()};
    return Actions{Action::send(head_for(4) + "body")};
  });
  ProxyUnderTest proxy(cache_config(upstream));
  RawClient leader(proxy.port());
  leader.send(request_text("GET", "/"));
  ASSERT_TRUE(upstream.wait_until([&] { return upstream.requests().size() == 1; }));
  auto waiters = ask_all(proxy, 10);
  go->set();
  EXPECT_EQ(leader.read_response().value_or(RawResponse{}).status, 502);
  for (auto& waiter : waiters) EXPECT_EQ(waiter->read_response().value_or(RawResponse{}).body, "body");
  EXPECT_EQ(upstream.requests().size(), 2u);
}

TEST(CacheLock, EachAsksForItselfWhenTheResponseIsForOne) {
  auto go = std::make_shared<Event>();
  auto number = std::make_shared<std::atomic<int>>(0);
  FakeUpstream upstream([=](const UpstreamRequest& request) {
    const Action answer = Action::send(ok_response(std::to_string(++*number), "Cache-Control: private\r\n"));
    return request.connection == 1 ? Actions{Action::wait(go), answer} : Actions{answer};
  });
  ProxyUnderTest proxy(cache_config(upstream));
  RawClient leader(proxy.port());
  leader.send(request_text("GET", "/"));
  ASSERT_TRUE(upstream.wait_until([&] { return upstream.requests().size() == 1; }));
  auto waiters = ask_all(proxy, 5);
  go->set();
  std::set<std::string> bodies{leader.read_response().value_or(RawResponse{}).body};
  for (auto& waiter : waiters) bodies.insert(waiter->read_response().value_or(RawResponse{}).body);
  EXPECT_EQ(bodies.size(), 6u) << "nobody got what was another's";
}

TEST(CacheLock, NobodyWaitsLongerThanItsTimeout) {
  auto go = std::make_shared<Event>();
  FakeUpstream upstream([=](const UpstreamRequest& request) {
    if (request.connection == 1) return Actions{Action::wait(go), Action::send(head_for(4) + "slow")};
    return Actions{Action::send(head_for(4) + "fast")};
  });
  ProxyUnderTest proxy(cache_config(upstream, "proxy_cache_lock_timeout 100ms;"));
  RawClient leader(proxy.port());
  leader.send(request_text("GET", "/"));
  ASSERT_TRUE(upstream.wait_until([&] { return upstream.requests().size() == 1; }));
  EXPECT_EQ(told(get(proxy, "/")), "MISS 200 fast");
  go->set();
  EXPECT_EQ(leader.read_response().value_or(RawResponse{}).body, "slow");
}

TEST(CacheLock, AWaiterOfAnotherVariantGetsItsOwn) {
  auto go = std::make_shared<Event>();
  FakeUpstream upstream([=](const UpstreamRequest& request) {
    const bool is_german = request.head.find("X-Lang: de") != std::string::npos;
    const Action answer = Action::send(ok_response(is_german ? "de" : "en", "Cache-Control: max-age=60\r\nVary: X-Lang\r\n"));
    return request.connection == 1 ? Actions{Action::wait(go), answer} : Actions{answer};
  });
  ProxyUnderTest proxy(cache_config(upstream));
  RawClient german(proxy.port()), english(proxy.port());
  german.send(request_text("GET", "/", "X-Lang: de\r\n"));
  ASSERT_TRUE(upstream.wait_until([&] { return upstream.requests().size() == 1; }));
  english.send(request_text("GET", "/", "X-Lang: en\r\n"));
  go->set();
  EXPECT_EQ(german.read_response().value_or(RawResponse{}).body, "de");
  EXPECT_EQ(english.read_response().value_or(RawResponse{}).body, "en");
}

}  // namespace
}  // namespace drishti::testing
