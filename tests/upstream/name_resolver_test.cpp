#include "upstream/name_resolver.hpp"

#include <boost/asio/post.hpp>

#include "dns_support.hpp"

namespace drishti::upstream {
namespace {

using namespace std::chrono_literals;
using test::FakeDns;

struct Log : net::ErrorLog {
  bool enabled(conf::LogLevel) const override { return true; }
  void write(conf::LogLevel, std::uint64_t, std::string_view text) override { all += std::string(text) + "\n"; }
  std::string all;
};

constexpr NameResolver::Timing quick{10ms, 30ms, 10ms, 40ms, 20ms, 5ms};
constexpr NameResolver::Timing lazy{1h, 1h, 1h, 1h, 20ms, 5ms};

struct NameResolverTest : ::testing::Test {
  conf::Resolver resolver_config() { return {{dns.address()}, std::nullopt, true, true}; }

  /// One upstream `backend` with these servers; what is no IP is a name, asked of the fake name server.
  std::shared_ptr<const conf::Config> config(const std::vector<std::string>& hosts) {
    auto upstream = std::make_shared<conf::Upstream>();
    upstream->name = "backend";
    for (const std::string& host : hosts) {
      conf::UpstreamServer server;
      server.name = host + ":3000";
      server.host = host;
      server.port = 3000;
      server.resolve = true;
      server.literal = SocketAddress::from_ip(host, 3000);
      server.where = {std::make_shared<const std::string>("test.conf"), 7, {}};
      upstream->servers.push_back(server);
    }
    auto server = std::make_shared<conf::Server>();
    server->root = std::make_shared<conf::Location>();
    server->root->core.resolver.set(resolver_config());
    auto made = std::make_shared<conf::Config>();
    made->upstreams.push_back(upstream);
    made->servers.push_back(server);
    return made;
  }

  std::shared_ptr<UpstreamGroup> follow(NameResolver& resolver, const std::vector<std::string>& hosts,
                                        std::chrono::milliseconds patience = 3s) {
    return resolver.follow(*config(hosts), patience).at(0);
  }
  static std::string peers(const UpstreamGroup& group) {
    std::string all;
    const auto set = group.peers();
    for (std::size_t i = 0; i < set->size(); ++i) all += (i == 0 ? "" : " ") + (*set)[i]->address_text;
    return all;
  }
  bool becomes(const UpstreamGroup& group, const std::string& expected) {
    const bool did = run_until(io, [&] { return peers(group) == expected; });
    EXPECT_EQ(peers(group), expected);
    return did;
  }
  bool asked_again(const std::string& name, int times) {
    const int before = dns.asked(name);
    return run_until(io, [&] { return dns.asked(name) >= before + times; });
  }

  FakeDns dns;
  boost::asio::io_context io;
  PeerRegistry registry;
  Log log;
};

TEST_F(NameResolverTest, LiteralsNeedNoDns) {
  NameResolver resolver(io, registry, log, quick);
  const auto group = follow(resolver, {"10.0.0.2", "10.0.0.1", "::1"}, 0ms);
  EXPECT_EQ(peers(*group), "10.0.0.2:3000 10.0.0.1:3000 [::1]:3000");
  EXPECT_EQ(log.all, "");
  io.run();  // nothing to follow: nothing keeps the loop running
}

TEST_F(NameResolverTest, TheFirstLookUpFillsTheGroupInTheOrderOfTheFile) {
  dns.set("one", {{"10.0.0.9", "10.0.0.8"}, {"fd00::1"}});
  dns.set("two", {{"10.0.0.1"}, {}});
  NameResolver resolver(io, registry, log, lazy);
  const auto group = follow(resolver, {"one", "10.0.0.5", "two"});
  EXPECT_EQ(peers(*group), "10.0.0.8:3000 10.0.0.9:3000 [fd00::1]:3000 10.0.0.5:3000 10.0.0.1:3000");
}

TEST_F(NameResolverTest, AnUnknownNameIsWarnedOfAndAppearsWhenDnsKnowsIt) {
  NameResolver resolver(io, registry, log, quick);
  const auto group = follow(resolver, {"api", "10.0.0.5"});
  EXPECT_EQ(peers(*group), "10.0.0.5:3000");
  EXPECT_NE(log.all.find("host not found in upstream \"api:3000\" in test.conf:7, "), std::string::npos) << log.all;
  dns.set("api", {{"10.0.0.1"}, {}});
  EXPECT_TRUE(becomes(*group, "10.0.0.1:3000 10.0.0.5:3000"));
}

TEST_F(NameResolverTest, ASilentNameServerDelaysTheStartByThePatienceOnly) {
  dns.set("api", {{}, {}, 0, FakeDns::Kind::silence});
  NameResolver resolver(io, registry, log, quick);
  const auto begin = std::chrono::steady_clock::now();
  const auto group = follow(resolver, {"api"}, 100ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
  EXPECT_EQ(peers(*group), "");
  EXPECT_NE(log.all.find("host not found"), std::string::npos);
  dns.set("api", {{"10.0.0.1"}, {}});
  EXPECT_TRUE(becomes(*group, "10.0.0.1:3000"));
}

TEST_F(NameResolverTest, FollowsAServiceThatIsScaled) {
  dns.set("api", {{"10.0.0.1"}, {}, 600});
  NameResolver resolver(io, registry, log, quick);
  const auto group = follow(resolver, {"api"});
  dns.set("api", {{"10.0.0.3", "10.0.0.1", "10.0.0.2"}, {}, 600});
  EXPECT_TRUE(becomes(*group, "10.0.0.1:3000 10.0.0.2:3000 10.0.0.3:3000"));
  dns.set("api", {{"10.0.0.3"}, {}, 600});
  EXPECT_TRUE(becomes(*group, "10.0.0.3:3000"));
}

TEST_F(NameResolverTest, PublishesOnlyWhatChanged) {
  dns.set("api", {{"10.0.0.1", "10.0.0.2"}, {}});
  NameResolver resolver(io, registry, log, quick);
  const auto group = follow(resolver, {"api"});
  const auto version = group->version();
  dns.set("api", {{"10.0.0.2", "10.0.0.1"}, {}});
  ASSERT_TRUE(asked_again("api", 3));
  EXPECT_EQ(group->version(), version);
}

TEST_F(NameResolverTest, PeersThatStayKeepTheirState) {
  dns.set("api", {{"10.0.0.1"}, {}});
  NameResolver resolver(io, registry, log, quick);
  const auto group = follow(resolver, {"api"});
  const auto state = group->peers()->primaries[0]->state;
  dns.set("api", {{"10.0.0.1", "10.0.0.2"}, {}});
  ASSERT_TRUE(becomes(*group, "10.0.0.1:3000 10.0.0.2:3000"));
  EXPECT_EQ(group->peers()->primaries[0]->state, state);
}

TEST_F(NameResolverTest, FailingDnsNeverEmptiesAGroup) {
  for (const auto kind : {FakeDns::Kind::servfail, FakeDns::Kind::nxdomain}) {
    dns.set("api", {{"10.0.0.1"}, {}});
    log.all.clear();
    NameResolver resolver(io, registry, log, quick);
    const auto group = follow(resolver, {"api"});
    dns.set("api", {{}, {}, 0, kind});
    ASSERT_TRUE(run_until(io, [&] { return !log.all.empty(); }));
    ASSERT_TRUE(asked_again("api", 2));
    EXPECT_EQ(peers(*group), "10.0.0.1:3000");
    EXPECT_EQ(std::count(log.all.begin(), log.all.end(), '\n'), 1) << "one line a failure that lasts: " << log.all;
    EXPECT_NE(log.all.find("keeping its last addresses"), std::string::npos);
  }
}

TEST_F(NameResolverTest, AFailingPeerMakesItLookAgainSoon) {
  dns.set("api", {{"10.0.0.1"}, {}});
  NameResolver resolver(io, registry, log, lazy);
  const auto group = follow(resolver, {"api"});
  dns.set("api", {{"10.0.0.2"}, {}});
  group->ask_for_resolve();
  EXPECT_TRUE(becomes(*group, "10.0.0.2:3000"));
}

TEST_F(NameResolverTest, AReloadUsesWhatIsKnownWithoutWaiting) {
  dns.set("api", {{"10.0.0.1"}, {}});
  NameResolver resolver(io, registry, log, lazy);
  const auto old = follow(resolver, {"api"});
  dns.set("api", {{}, {}, 0, FakeDns::Kind::silence});
  const auto begin = std::chrono::steady_clock::now();
  const auto fresh = follow(resolver, {"api"});
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
  EXPECT_EQ(peers(*fresh), "10.0.0.1:3000");
  EXPECT_EQ(fresh->peers()->primaries[0]->state, old->peers()->primaries[0]->state);
}

TEST_F(NameResolverTest, DroppedGroupsAreNoLongerFollowed) {
  dns.set("api", {{"10.0.0.1"}, {}});
  NameResolver resolver(io, registry, log, quick);
  follow(resolver, {"api"});
  io.restart();
  io.run_for(5s);
  EXPECT_TRUE(io.stopped()) << "the loop ran out of work";
  EXPECT_EQ(registry.size(), 0U);
}

TEST_F(NameResolverTest, TheHostsFileIsFollowedToo) {
  HostsFile hosts("10.0.0.1 api.test\n");
  NameResolver resolver(io, registry, log, quick);
  auto made = std::make_shared<conf::Config>(*config({"api.test"}));
  auto upstream = std::make_shared<conf::Upstream>(*made->upstreams[0]);
  upstream->servers[0].resolve = false;
  made->upstreams[0] = upstream;
  const auto group = resolver.follow(*made, 3s).at(0);
  EXPECT_EQ(peers(*group), "10.0.0.1:3000");
  hosts.write("10.0.0.2 api.test\n");
  EXPECT_TRUE(becomes(*group, "10.0.0.2:3000"));
}

TEST_F(NameResolverTest, MayEndWhileLookUpsAreUnderWay) {
  dns.set("api", {{}, {}, 0, FakeDns::Kind::silence});
  bool called = false;
  {
    NameResolver resolver(io, registry, log, quick);
    const auto group = follow(resolver, {"api"}, 10ms);
    const conf::Resolver config = resolver_config();
    resolver.resolve("api", 80, &config, [&](const auto&) { called = true; });
    io.restart();
    io.run_for(30ms);
  }
  io.restart();
  io.run_for(5s);
  EXPECT_TRUE(io.stopped());
  EXPECT_FALSE(called);
}

struct ResolveTest : NameResolverTest {
  std::string resolve(NameResolver& resolver, const std::string& host) {
    const conf::Resolver config = resolver_config();
    std::string found = "not called";
    resolver.resolve(host, 80, &config, [&](const std::vector<SocketAddress>& all) { found = texts(all); });
    EXPECT_EQ(found, "not called") << "from within resolve()";
    run_until(io, [&] { return found != "not called"; });
    return found;
  }
};

TEST_F(ResolveTest, GivesAllAddressesWithThePort) {
  dns.set("api", {{"10.0.0.2", "10.0.0.1"}, {"fd00::1"}});
  NameResolver resolver(io, registry, log, lazy);
  EXPECT_EQ(resolve(resolver, "api"), "10.0.0.1:80 10.0.0.2:80 [fd00::1]:80");
  EXPECT_EQ(resolve(resolver, "unknown"), "");
  EXPECT_EQ(resolve(resolver, "10.9.9.9"), "10.9.9.9:80");
}

TEST_F(ResolveTest, AsksOnceWhileTheAnswerIsFresh) {
  dns.set("api", {{"10.0.0.1"}, {}});
  NameResolver resolver(io, registry, log, lazy);
  const conf::Resolver config = resolver_config();
  int answers = 0;
  for (int i = 0; i < 10; ++i) resolver.resolve("api", 80, &config, [&](const auto&) { ++answers; });
  ASSERT_TRUE(run_until(io, [&] { return answers == 10; }));
  resolve(resolver, "api");
  EXPECT_EQ(dns.asked("api"), 1);
}

TEST_F(ResolveTest, NamesThatAreNoHostNamesAreNotAskedFor) {
  NameResolver resolver(io, registry, log, lazy);
  for (const std::string& name : {std::string(), std::string("a b"), std::string("a\0b", 3), std::string("x/y"),
                                  std::string(254, 'a')})
    EXPECT_EQ(resolve(resolver, name), "");
}

TEST_F(ResolveTest, ServesTheLastGoodAnswerWhenDnsFails) {
  dns.set("api", {{"10.0.0.1"}, {}});
  NameResolver resolver(io, registry, log, quick);
  EXPECT_EQ(resolve(resolver, "api"), "10.0.0.1:80");
  dns.set("api", {{}, {}, 0, FakeDns::Kind::servfail});
  ASSERT_TRUE(run_until(io, [&] {
    resolve(resolver, "api");
    return log.all.find("keeping its last addresses") != std::string::npos;
  }));
  EXPECT_EQ(resolve(resolver, "api"), "10.0.0.1:80");
}

}  // namespace
}  // namespace drishti::upstream
