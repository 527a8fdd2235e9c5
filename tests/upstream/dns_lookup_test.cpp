#include "upstream/dns_lookup.hpp"

#include <optional>

#include "dns_support.hpp"

namespace drishti::upstream {
namespace {

using test::FakeDns;
using Status = DnsAnswer::Status;

struct DnsLookupTest : ::testing::Test {
  DnsAnswer look_up(DnsQuestion question) {
    std::optional<DnsAnswer> answer;
    DnsLookup::start(io, std::move(question), [&](DnsAnswer found) { answer = std::move(found); });
    EXPECT_FALSE(answer) << "called from within start()";
    EXPECT_TRUE(run_until(io, [&] { return answer.has_value(); }));
    return answer.value_or(DnsAnswer{});
  }
  DnsAnswer ask(const std::string& name, bool ipv4 = true, bool ipv6 = true) {
    return look_up({name, dns.address().text(), ipv4, ipv6});
  }

  boost::asio::io_context io;
  FakeDns dns;
};

TEST_F(DnsLookupTest, FindsBothFamiliesDistinctAndSorted) {
  dns.set("api", {{"10.0.0.10", "10.0.0.9", "10.0.0.10"}, {"fd00::2", "fd00::1"}, 42});
  const DnsAnswer answer = ask("api");
  EXPECT_EQ(texts(answer.v4.addresses), "10.0.0.9:0 10.0.0.10:0");
  EXPECT_EQ(texts(answer.v6.addresses), "[fd00::1]:0 [fd00::2]:0");
  EXPECT_EQ(answer.ttl, std::chrono::seconds(42));
  EXPECT_FALSE(answer.from_hosts);
}

TEST_F(DnsLookupTest, AsksOnlyForTheFamiliesThatAreOn) {
  dns.set("api", {{"10.0.0.1"}, {"fd00::1"}});
  EXPECT_EQ(ask("api", true, false).v6.status, Status::not_found);
  const DnsAnswer six = ask("api", false, true);
  EXPECT_EQ(six.v4.status, Status::not_found);
  EXPECT_EQ(texts(six.v6.addresses), "[fd00::1]:0");
}

TEST_F(DnsLookupTest, TellsNoSuchNameFromAFailure) {
  dns.set("broken", {{}, {}, 0, FakeDns::Kind::servfail});
  dns.set("empty", {});
  EXPECT_EQ(ask("unknown").v4.status, Status::not_found);
  EXPECT_EQ(ask("empty").v4.status, Status::not_found);
  const DnsAnswer broken = ask("broken");
  EXPECT_EQ(broken.v4.status, Status::failed);
  EXPECT_EQ(broken.v6.status, Status::failed);
  EXPECT_FALSE(broken.reason.empty());
}

TEST_F(DnsLookupTest, AFailingFamilyDoesNotSpoilTheOther) {
  dns.set("api", {{"10.0.0.1"}, {}, 60, FakeDns::Kind::answer, FakeDns::Kind::servfail});
  const DnsAnswer answer = ask("api");
  EXPECT_EQ(answer.v4.status, Status::found);
  EXPECT_EQ(answer.v6.status, Status::failed);
}

TEST_F(DnsLookupTest, ASilentFamilyIsGivenUpAfterTheGrace) {
  dns.set("api", {{"10.0.0.1"}, {}, 60, FakeDns::Kind::answer, FakeDns::Kind::silence});
  const auto begin = std::chrono::steady_clock::now();
  const DnsAnswer answer = ask("api");
  EXPECT_EQ(answer.v4.status, Status::found);
  EXPECT_EQ(answer.v6.status, Status::failed);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
}

TEST_F(DnsLookupTest, GarbageIsNoAnswer) {
  dns.set("api", {{"10.0.0.1"}, {}, 60, FakeDns::Kind::answer, FakeDns::Kind::garbage});
  EXPECT_EQ(ask("api").v6.status, Status::failed);
}

TEST_F(DnsLookupTest, TheHostsFileComesFirstAndIsReadEachTime) {
  HostsFile hosts("10.1.1.1 api.test\nfd00::9 api.test\n");
  DnsAnswer answer = look_up({"api.test", "", true, true});
  EXPECT_TRUE(answer.from_hosts);
  EXPECT_EQ(texts(answer.v4.addresses), "10.1.1.1:0");
  EXPECT_EQ(texts(answer.v6.addresses), "[fd00::9]:0");
  hosts.write("10.2.2.2 api.test\n");
  answer = look_up({"api.test", "", true, true});
  EXPECT_EQ(texts(answer.v4.addresses), "10.2.2.2:0");
  EXPECT_TRUE(answer.v6.addresses.empty());
}

TEST_F(DnsLookupTest, ResolverServersAreAskedInsteadOfTheHostsFile) {
  HostsFile hosts("10.1.1.1 api\n");
  dns.set("api", {{"10.0.0.1"}, {}});
  EXPECT_EQ(texts(ask("api").v4.addresses), "10.0.0.1:0");
}

TEST_F(DnsLookupTest, ACancelledLookUpCallsNobody) {
  dns.set("api", {{"10.0.0.1"}, {}});
  for (int turns = 0; turns < 4; ++turns) {
    bool is_cancelled = false;
    auto lookup = DnsLookup::start(io, {"api", dns.address().text(), true, true},
                                   [&](const DnsAnswer&) { EXPECT_FALSE(is_cancelled); });
    io.restart();
    for (int i = 0; i < turns; ++i) io.poll_one();  // the answer may come this early
    is_cancelled = true;
    lookup->cancel();
    io.restart();
    io.run();
  }
}

TEST_F(DnsLookupTest, AWrongServerListIsAFailure) {
  const DnsAnswer answer = look_up({"api", "not an address", true, true});
  EXPECT_EQ(answer.v4.status, Status::failed);
}

}  // namespace
}  // namespace drishti::upstream
