// What the error log says when Redis refuses a command.

#include "cache/redis/refusal.hpp"

#include <gtest/gtest.h>

#include "tests/redis/redis_support.hpp"

namespace drishti::cache::redis::testing {
namespace {

TEST(Refusal, NamesTheRightThatIsMissing) {
  struct {
    const char* reply;
    const char* part;
  } const cases[] = {
      {"NOPERM this user has no permissions to run the 'set' command or its subcommand", "+set is missing"},
      {"NOPERM User poor has no permissions to run the 'client|tracking' command", "+client|tracking is missing"},
      {"NOPERM this user has no permissions to access one of the keys used as arguments", "~drishti:*"},
      {"NOPERM this user has no permissions to access one of the channels used as arguments", "&__redis__:invalidate"},
      {"NOPERM it is 'Not A Name' that he\nmay not", "forbids a command"},
      {"ERR The user executing the script can't run this command or subcommand script: 6b1bf4, on @user_script:2.", "forbids"},
      {"ERR unknown command 'EVAL', with args beginning with: 'secret'", "does not know a command"},
      {"ERR something with a secret", "ERR"},
      {"OOM command not allowed when used memory > 'maxmemory'.", "maxmemory-policy"},
      {"MISCONF Redis is configured to save RDB snapshots, but", "cannot save"},
      {"READONLY You can't write against a read only replica.", "replica"},
      {"WRONGTYPE Operation against a key holding the wrong kind of value", "something else"},
  };
  for (const auto& c : cases) {
    EXPECT_NE(explain_refusal(c.reply).find(c.part), std::string::npos) << explain_refusal(c.reply);
    EXPECT_EQ(explain_refusal(c.reply).find('\n'), std::string::npos);
  }
}

TEST(Refusal, IsSaidOnceAMinuteForEachReason) {
  RecordedLog log;
  RefusalLog refusals("api");
  const net::Clock::Steady start{};
  const auto lines = [&] { return std::count(log.text.begin(), log.text.end(), '\n'); };
  for (int i = 0; i < 3; ++i) {
    refusals.report(log, "NOPERM no permissions to run the 'set' command", start + std::chrono::seconds(i));
    refusals.report(log, "OOM command not allowed", start + std::chrono::seconds(i));
  }
  EXPECT_EQ(lines(), 2);
  EXPECT_TRUE(log.has("zone \"api\": NOPERM: the right +set"));
  refusals.report(log, "OOM command not allowed", start + std::chrono::seconds(61));
  EXPECT_EQ(lines(), 3);
}

}  // namespace
}  // namespace drishti::cache::redis::testing
