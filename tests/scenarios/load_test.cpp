// Things that go wrong or change under load: no request may fail. Each test takes a few seconds and ends by itself.

#include <gtest/gtest.h>

#include <csignal>
#include <memory>

#include "tests/scenarios/scenario.hpp"
#include "tests/support/backend_process.hpp"
#include "tests/support/fake_dns.hpp"
#include "tests/support/load_client.hpp"

namespace drishti::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Steady = std::chrono::steady_clock;
using Connections = LoadClient::Connections;

std::size_t count_of(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

TEST(UnderLoad, AKilledServerCostsNoRequestAndIsBackAfterItReturns) {
  auto one = std::make_unique<BackendProcess>("1");
  BackendProcess two("2"), three("3");
  std::string config = users_config(one->address(), two.address(), three.address());
  replace_all(config, "fail_timeout=30s", "fail_timeout=1s");
  ProxyUnderTest proxy("worker_processes 2;\n" + config);
  LoadClient load(proxy.port(), 6, Connections::kept);
  for (const char* name : {"1", "2", "3"}) ASSERT_TRUE(load.wait_for_body(name));
  for (int round = 0; round < 2; ++round) {
    one->kill();
    ASSERT_TRUE(proxy.wait_for_log("upstream server temporarily disabled"));
    ASSERT_TRUE(load.wait_for_answers(50));  // those that it sent before it died are counted now
    std::uint64_t before = load.with_body("1");
    ASSERT_TRUE(load.wait_for_answers(500));
    EXPECT_EQ(load.with_body("1"), before);
    one->start();
    EXPECT_TRUE(load.wait_for_body("1", seconds(6)));
  }
  load.stop();
  EXPECT_EQ(load.failed(), 0u) << load.reasons();
  // Out means out: three failures and what was under way at the time, then one probe a fail_timeout.
  EXPECT_LT(count_of(proxy.error_log(), "connect() failed"), 60u);
}

TEST(UnderLoad, AHundredReloadsCostNoRequest) {
  BackendProcess one("1"), two("2");
  auto config = [&](int i) {
    return "worker_processes 2;\n" + proxy_config("server " + one.address() + "; server " + two.address() + "; keepalive 8;",
                                                  "add_header X-Generation " + std::to_string(i) + ";");
  };
  ProxyUnderTest proxy(config(0));
  LoadClient kept(proxy.port(), 3, Connections::kept);
  LoadClient fresh(proxy.port(), 3, Connections::fresh);
  const std::string reloaded = "reconfigured: new requests use the new configuration";
  auto give_up = Steady::now() + seconds(12);
  for (int i = 1; i <= 100 && Steady::now() < give_up; ++i) {
    proxy.write_config(config(i));
    proxy.send_signal(SIGHUP);
    while (count_of(proxy.error_log(), reloaded) < static_cast<std::size_t>(i) && Steady::now() < give_up)
      std::this_thread::sleep_for(milliseconds(2));
  }
  EXPECT_EQ(count_of(proxy.error_log(), reloaded), 100u);
  ASSERT_TRUE(kept.wait_for_answers(20));
  ASSERT_TRUE(fresh.wait_for_answers(20));
  kept.stop();
  fresh.stop();
  EXPECT_EQ(kept.failed(), 0u) << kept.reasons();
  EXPECT_EQ(fresh.failed(), 0u) << fresh.reasons();
  EXPECT_EQ(ask(proxy, request_text("GET", "/")).field("x-generation"), "100");
  // Every generation but the one in use has ended: reloads leave nothing behind.
  EXPECT_TRUE(proxy.wait_for_log("generation 100 of the configuration ended"));
  for (auto end = Steady::now() + seconds(3); Steady::now() < end && count_of(proxy.error_log(), " of the configuration ended") < 100;)
    std::this_thread::sleep_for(milliseconds(5));
  EXPECT_EQ(count_of(proxy.error_log(), " of the configuration ended"), 100u);
}

TEST(UnderLoad, AServiceScaledFromOneToFiveAndBackCostsNoRequest) {
  test::FakeDns dns;
  std::vector<std::unique_ptr<BackendProcess>> backends;
  std::vector<std::string> addresses;
  auto publish = [&] {
    test::FakeDns::Record record;
    record.a = addresses;
    record.ttl = 1;
    dns.set("api.test", record);
  };
  backends.push_back(std::make_unique<BackendProcess>("1"));
  addresses = {"127.0.0.1"};
  publish();
  std::string port = std::to_string(backends[0]->port());
  ProxyUnderTest proxy(http_config("resolver " + dns.address().text() + " ipv6=off valid=1s;\n"
                                   "upstream api { zone api 64k; server api.test:" + port + " resolve max_fails=1 fail_timeout=1s; keepalive 8; }\n"
                                   "server { listen 127.0.0.1:@port@; location / { proxy_pass http://api; } }"));
  LoadClient load(proxy.port(), 4, Connections::kept);
  ASSERT_TRUE(load.wait_for_body("1"));
  for (int i = 2; i <= 5; ++i) {
    std::string ip = "127.0.0." + std::to_string(i);
    backends.push_back(std::make_unique<BackendProcess>(std::to_string(i), ip, backends[0]->port()));
    addresses.push_back(ip);
  }
  publish();
  for (const char* name : {"2", "3", "4", "5"}) EXPECT_TRUE(load.wait_for_body(name, seconds(4))) << name;
  // Scaling down kills containers the moment their names are gone.
  for (int i = 5; i >= 2; --i) {
    addresses.pop_back();
    publish();
    backends.pop_back();
    ASSERT_TRUE(load.wait_for_answers(100));
  }
  ASSERT_TRUE(load.wait_for_body("1"));
  load.stop();
  EXPECT_EQ(load.failed(), 0u) << load.reasons();
}

}  // namespace
}  // namespace drishti::testing
