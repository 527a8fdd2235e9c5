#include "upstream/followed_name.hpp"

#include <gtest/gtest.h>

#include "dns_support.hpp"

namespace drishti::upstream {
namespace {

using namespace std::chrono_literals;
using Change = FollowedName::Change;
using Status = DnsAnswer::Status;

const FollowedName::Time t0 = FollowedName::Time(1000h);

DnsAnswer::Family family(const std::vector<std::string>& ips) {
  DnsAnswer::Family f;
  for (const auto& ip : ips) f.addresses.push_back(*SocketAddress::from_ip(ip, 0));
  f.status = ips.empty() ? Status::not_found : Status::found;
  return f;
}

DnsAnswer found(const std::vector<std::string>& v4, const std::vector<std::string>& v6 = {}, std::chrono::seconds ttl = 60s) {
  DnsAnswer answer;
  answer.v4 = family(v4);
  answer.v6 = family(v6);
  answer.ttl = ttl;
  return answer;
}

DnsAnswer failure(Status status) {
  DnsAnswer answer;
  answer.v4.status = answer.v6.status = status;
  return answer;
}

TEST(FollowedName, IsDueAtOnceAndNotWhileAsked) {
  FollowedName name({}, {});
  EXPECT_TRUE(name.is_due(t0));
  name.asked(t0);
  EXPECT_FALSE(name.is_due(t0 + 1h));
}

TEST(FollowedName, AnAnswerIsUsedForItsTtlWithinBounds) {
  struct Case {
    std::chrono::seconds ttl;
    std::optional<std::chrono::milliseconds> valid;
    std::chrono::milliseconds expected;
  };
  for (const Case& c : {Case{0s, {}, 1s}, {1s, {}, 1s}, {3s, {}, 3s}, {5s, {}, 5s}, {600s, {}, 5s},
                        {600s, 30s, 30s}, {3s, 30s, 30s}, {600s, 0ms, 1s}}) {
    FollowedName name({}, c.valid);
    name.asked(t0);
    name.answered(found({"10.0.0.1"}, {}, c.ttl), t0);
    EXPECT_FALSE(name.is_due(t0 + c.expected - 1ms));
    EXPECT_TRUE(name.is_due(t0 + c.expected));
  }
}

TEST(FollowedName, FailuresBackOffFromOneSecondToThirty) {
  FollowedName name({}, {});
  std::string waits;
  FollowedName::Time now = t0;
  for (int i = 0; i < 7; ++i) {
    name.asked(now);
    name.answered(failure(Status::failed), now);
    waits += std::to_string((name.due() - now) / 1s) + " ";
    now = name.due();
  }
  EXPECT_EQ(waits, "1 2 4 8 16 30 30 ");
  name.answered(found({"10.0.0.1"}), now);
  name.answered(failure(Status::failed), now);
  EXPECT_EQ(name.due() - now, 1s) << "an answer starts the back-off over";
}

TEST(FollowedName, SaysWhetherTheAddressesChanged) {
  FollowedName name({}, {});
  EXPECT_EQ(name.answered(found({"10.0.0.1"}), t0), Change::changed);
  EXPECT_EQ(name.answered(found({"10.0.0.1"}), t0), Change::none);
  EXPECT_EQ(name.answered(found({"10.0.0.1", "10.0.0.2"}), t0), Change::changed);
  EXPECT_EQ(name.answered(found({"10.0.0.2"}), t0), Change::changed);
  EXPECT_EQ(name.answered(found({"10.0.0.2"}, {"fd00::1"}), t0), Change::changed);
}

TEST(FollowedName, Ipv4ComesFirst) {
  FollowedName name({}, {});
  name.answered(found({"10.0.0.1"}, {"::1"}), t0);
  EXPECT_EQ(texts(name.addresses()), "10.0.0.1:0 [::1]:0");
}

TEST(FollowedName, KeepsTheLastGoodAddressesWhateverDnsSays) {
  for (const Status status : {Status::failed, Status::not_found}) {
    FollowedName name({}, {});
    name.answered(found({"10.0.0.1"}), t0);
    EXPECT_EQ(name.answered(failure(status), t0), Change::lost);
    EXPECT_EQ(name.answered(failure(status), t0), Change::still_no);
    EXPECT_EQ(texts(name.addresses()), "10.0.0.1:0");
    EXPECT_EQ(name.answered(found({"10.0.0.1"}), t0), Change::none);
  }
}

TEST(FollowedName, AFamilyThatFailsKeepsItsAddressesAndOneThatIsGoneLosesThem) {
  FollowedName name({}, {});
  name.answered(found({"10.0.0.1"}, {"fd00::1"}), t0);
  DnsAnswer half = found({"10.0.0.2"});
  half.v6.status = Status::failed;
  name.answered(half, t0);
  EXPECT_EQ(texts(name.addresses()), "10.0.0.2:0 [fd00::1]:0");
  name.answered(found({"10.0.0.2"}), t0);
  EXPECT_EQ(texts(name.addresses()), "10.0.0.2:0");
}

TEST(FollowedName, AFailingPeerHurriesTheNextLookUpButOnlyOnceASecond) {
  FollowedName name({}, std::chrono::milliseconds(60s));
  name.asked(t0);
  name.answered(found({"10.0.0.1"}), t0);
  EXPECT_FALSE(name.is_due(t0 + 30s));
  name.hurry();
  EXPECT_FALSE(name.is_due(t0 + 999ms));
  EXPECT_TRUE(name.is_due(t0 + 1s));
}

}  // namespace
}  // namespace drishti::upstream
