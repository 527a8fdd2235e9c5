// What an administrator changed, over what the file says.

#include "upstream/runtime_changes.hpp"

#include <gtest/gtest.h>

#include "balancer_support.hpp"

namespace drishti::upstream {
namespace {

std::string names(const RuntimeChanges& changes, const conf::Upstream& config) {
  std::string text;
  for (const auto& line : changes.lines(config)) text += (text.empty() ? "" : " ") + line.name;
  return text;
}

conf::UpstreamServer line_called(const std::string& name) {
  conf::UpstreamServer line;
  line.name = name;
  return line;
}

conf::Config config_with(const std::shared_ptr<conf::Upstream>& upstream) {
  conf::Config config;
  config.upstreams.push_back(upstream);
  return config;
}

constexpr ServerChange drains{{}, {}, true};

struct RuntimeChangesTest : ::testing::Test {
  std::shared_ptr<conf::Upstream> file = upstream_of({{"10.0.0.1"}, {"10.0.0.2"}});
  const conf::UpstreamServer& first() const { return file->servers[0]; }
  bool is_drained(const std::string& address = "10.0.0.1:80") const {
    return changes.line_for(*file, first(), address).drain;
  }
  RuntimeChanges changes;
};

TEST_F(RuntimeChangesTest, AreNothingAtFirst) {
  EXPECT_EQ(names(changes, *file), "10.0.0.1:80 10.0.0.2:80");
  EXPECT_FALSE(is_drained());
  EXPECT_FALSE(changes.reset("backend"));
}

TEST_F(RuntimeChangesTest, AddAndRemoveLines) {
  changes.add(*file, line_called("new:80"));
  changes.remove(*file, "10.0.0.1:80");
  EXPECT_EQ(names(changes, *file), "10.0.0.2:80 new:80");
  EXPECT_TRUE(changes.is_added(*file, line_called("new:80")));
  changes.remove(*file, "new:80");
  EXPECT_EQ(names(changes, *file), "10.0.0.2:80");
  EXPECT_TRUE(changes.reset("backend"));
  EXPECT_EQ(names(changes, *file), "10.0.0.1:80 10.0.0.2:80");
}

TEST_F(RuntimeChangesTest, WhatWasRemovedCanBeAddedWithOtherParameters) {
  changes.remove(*file, "10.0.0.1:80");
  auto line = first();
  line.weight = 5;
  changes.add(*file, line);
  ASSERT_EQ(names(changes, *file), "10.0.0.2:80 10.0.0.1:80");
  EXPECT_EQ(changes.lines(*file)[1].weight, 5);
}

TEST_F(RuntimeChangesTest, ChangesOfOneServerAddUp) {
  changes.change(*file, first(), "10.0.0.1:80", drains);
  changes.change(*file, first(), "10.0.0.1:80", {7, {}, {}});
  const auto line = changes.line_for(*file, first(), "10.0.0.1:80");
  EXPECT_TRUE(line.drain);
  EXPECT_EQ(line.weight, 7);
}

TEST_F(RuntimeChangesTest, ANewLineInTheFileEndsThem) {
  changes.change(*file, first(), "10.0.0.1:80", drains);
  changes.settle(config_with(file));
  EXPECT_TRUE(is_drained()) << "the same file again";
  auto edited = std::make_shared<conf::Upstream>(*file);
  edited->servers[0].max_fails = 9;
  EXPECT_FALSE(changes.line_for(*edited, edited->servers[0], "10.0.0.1:80").drain) << "also before it is settled";
  EXPECT_TRUE(is_drained()) << "the old configuration still has them";
  changes.settle(config_with(edited));
  EXPECT_FALSE(is_drained());
}

TEST_F(RuntimeChangesTest, ARemovedServerComesBackWhenTheFileSaysItAnew) {
  changes.remove(*file, "10.0.0.1:80");
  auto edited = std::make_shared<conf::Upstream>(*file);
  edited->servers[0].weight = 2;
  EXPECT_EQ(names(changes, *edited), "10.0.0.1:80 10.0.0.2:80");
}

TEST_F(RuntimeChangesTest, AnAddedServerIsTheFilesOnceItStandsThere) {
  changes.add(*file, line_called("new:80"));
  auto edited = std::make_shared<conf::Upstream>(*file);
  edited->servers.push_back(line_called("new:80"));
  changes.settle(config_with(edited));
  EXPECT_EQ(names(changes, *edited), "10.0.0.1:80 10.0.0.2:80 new:80");
  EXPECT_FALSE(changes.is_added(*edited, line_called("new:80")));
  EXPECT_FALSE(changes.reset("backend")) << "nothing is left";
}

TEST_F(RuntimeChangesTest, AGroupThatIsGoneTakesItsChangesAlong) {
  changes.add(*file, line_called("new:80"));
  changes.settle(conf::Config{});
  EXPECT_EQ(names(changes, *file), "10.0.0.1:80 10.0.0.2:80");
}

struct ChangesOfAName : RuntimeChangesTest {
  ChangesOfAName() { file->servers[0] = line_called("api:80"); }
};

TEST_F(ChangesOfAName, MayBeOfOneAddressAlone) {
  changes.change(*file, first(), "10.1.0.1:80", drains);
  EXPECT_TRUE(is_drained("10.1.0.1:80"));
  EXPECT_FALSE(is_drained("10.1.0.2:80"));
}

TEST_F(ChangesOfAName, GiveWayToALaterWordAboutTheWholeLine) {
  changes.change(*file, first(), "10.1.0.1:80", drains);
  changes.change(*file, first(), "api:80", {3, {}, {}});
  EXPECT_TRUE(is_drained("10.1.0.1:80")) << "the weight says nothing of draining";
  changes.change(*file, first(), "api:80", {{}, {}, false});
  EXPECT_FALSE(is_drained("10.1.0.1:80"));
}

TEST_F(ChangesOfAName, EndWithTheAddressBecauseAnotherServerMayGetIt) {
  changes.change(*file, first(), "10.1.0.1:80", drains);
  changes.change(*file, first(), "10.1.0.2:80", drains);
  changes.addresses_changed(*file, {"10.1.0.2:80", "10.1.0.3:80"});
  EXPECT_FALSE(is_drained("10.1.0.1:80"));
  EXPECT_TRUE(is_drained("10.1.0.2:80"));
}

}  // namespace
}  // namespace drishti::upstream
