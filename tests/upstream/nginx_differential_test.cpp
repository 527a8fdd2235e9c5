// The same requests to nginx and to our balancers: the same peers in the same order.
#include <gtest/gtest.h>

#include "balancer_support.hpp"
#include "tests/support/nginx_process.hpp"
#include "upstream/outcome.hpp"

namespace drishti::upstream {
namespace {

using conf::BalanceMethod;

struct NoLog : net::ErrorLog {
  bool enabled(conf::LogLevel) const override { return false; }
  void write(conf::LogLevel, std::uint64_t, std::string_view) override {}
};

struct Line {
  int weight;
  int max_fails = 1;
  bool refuses = false;  ///< nobody listens there
  bool backup = false;
};

/// nginx with one upstream of these lines, and the same group of ours.
struct Beside {
  Beside(const std::vector<Line>& lines, BalanceMethod method, const std::string& directive) {
    auto config = std::make_shared<conf::Upstream>();
    config->name = "u";
    config->method = method;
    config->consistent = directive.find("consistent") != std::string::npos;
    std::string servers, backends;
    for (const Line& line : lines) {
      const std::uint16_t port = test::free_port();
      conf::UpstreamServer server;
      server.name = "127.0.0.1:" + std::to_string(port);
      server.literal = SocketAddress::from_ip("127.0.0.1", port);
      server.weight = line.weight;
      server.max_fails = line.max_fails;
      server.fail_timeout = std::chrono::seconds(600);
      server.backup = line.backup;
      config->servers.push_back(server);
      servers += "server " + server.name + " weight=" + std::to_string(line.weight) + " fail_timeout=600s max_fails=" +
                 std::to_string(line.max_fails) + (line.backup ? " backup;\n" : ";\n");
      if (!line.refuses) backends += "server { listen " + server.name + "; location / { return 200; } }\n";
      refusing.push_back(line.refuses);
    }
    const std::uint16_t front = test::free_port();
    nginx = std::make_unique<test::NginxProcess>(
        "keepalive_requests 100000; set_real_ip_from 127.0.0.1; real_ip_header X-Client;\n"
        "upstream u {\n" + directive + servers + "}\n" + backends + "server { listen 127.0.0.1:" +
            std::to_string(front) + "; location / { proxy_pass http://u; add_header X-Up $upstream_addr always; } }\n",
        front);
    ours = std::make_unique<Fixture>(config);
  }

  /// `$upstream_addr` as nginx would have it.
  std::string our_upstream_of(PickRequest request) {
    std::string tried;
    request.now_seconds = 1000;
    NoLog log;
    int left = ours->balancer->peers().tries();
    while (auto lease = ours->balancer->pick(request)) {
      tried += (tried.empty() ? "" : ", ") + lease->address_text;
      if (!refuses(*lease)) return tried;
      report(*lease, Outcome::failed, ours->balancer->peers().is_single(), 1000, log);
      ours->balancer->note_failure(*lease);
      if (--left == 0) return tried;
    }
    return tried + (tried.empty() ? "u" : ", u");  // no live upstreams
  }
  bool refuses(const Peer& peer) const {
    for (std::size_t i = 0; i < refusing.size(); ++i)
      if (ours->group->config().servers[i].name == peer.server_name) return refusing[i];
    return false;
  }

  std::vector<bool> refusing;
  std::unique_ptr<test::NginxProcess> nginx;
  std::unique_ptr<Fixture> ours;
};

struct BesideNginx : ::testing::Test {
  void SetUp() override {
    if (!test::NginxProcess::installed()) GTEST_SKIP() << "nginx is not installed";
  }
  static void same_order(const std::vector<Line>& lines, BalanceMethod method, const std::string& directive, int n) {
    auto made = std::make_unique<Beside>(lines, method, directive);
    for (int again = 0; again < 3 && !made->nginx->running(); ++again)  // somebody else took one of the free ports
      made = std::make_unique<Beside>(lines, method, directive);
    Beside& beside = *made;
    ASSERT_TRUE(beside.nginx->running());
    for (int i = 0; i < n; ++i) {
      const std::string key = "/k" + std::to_string(i * 7919 % 1000);
      const std::string ip = method == BalanceMethod::ip_hash && i % 3 == 2
                                 ? "2001:db8:" + std::to_string(i) + "::" + std::to_string(i % 10)
                                 : "10." + std::to_string(i % 256) + "." + std::to_string(i * 31 % 256) + ".9";
      const auto client = SocketAddress::from_ip(ip, 1);
      PickRequest request;
      request.hash_key = key;
      request.client = &*client;
      const std::string theirs = beside.nginx->get(key, "test", "X-Client: " + ip + "\r\n");
      ASSERT_EQ(beside.our_upstream_of(request), theirs.substr(4))
          << directive << " request " << i;
    }
  }
};

const std::vector<std::vector<Line>> groups{
    {{1}, {1}, {1}},
    {{5}, {1}, {1}},
    {{4}, {3}, {2}, {7}},
    {{1}, {1, 1, true}, {1}},
    {{6, 3, true}, {6, 3}, {2, 0, true}, {3}},
    {{5, 2, true}, {3, 0, true}, {4, 1, true}},
};

TEST_F(BesideNginx, RoundRobinHasTheSameOrder) {
  for (const auto& lines : groups) same_order(lines, BalanceMethod::round_robin, "", 60);
}

TEST_F(BesideNginx, RoundRobinUsesBackupsTheSameWay) {
  same_order({{2, 2, true}, {1, 1, true}, {1, 1, true, true}, {3, 1, false, true}}, BalanceMethod::round_robin, "", 40);
}

TEST_F(BesideNginx, LeastConnHasTheSameOrder) {
  for (const auto& lines : groups) same_order(lines, BalanceMethod::least_conn, "least_conn;", 60);
}

TEST_F(BesideNginx, IpHashChoosesTheSamePeers) {
  for (const auto& lines : groups) same_order(lines, BalanceMethod::ip_hash, "ip_hash;", 90);
}

TEST_F(BesideNginx, HashChoosesTheSamePeers) {
  for (const auto& lines : groups) same_order(lines, BalanceMethod::hash, "hash $uri;", 90);
}

TEST_F(BesideNginx, ConsistentHashChoosesTheSamePeers) {
  for (const auto& lines : groups) same_order(lines, BalanceMethod::hash, "hash $uri consistent;", 90);
}

}  // namespace
}  // namespace drishti::upstream
