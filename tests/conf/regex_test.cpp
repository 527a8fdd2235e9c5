#include "conf/regex.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace drishti::conf {
namespace {

TEST(Regex, CapturesItsGroups) {
  const Regex regex("^/user/(\\d+)(/edit)?$", false);
  Regex::Captures captures;
  const std::string path = "/user/42";
  ASSERT_EQ(regex.match(path, captures), Regex::Outcome::match);
  EXPECT_EQ(captures.group(path, 0), "/user/42");
  EXPECT_EQ(captures.group(path, 1), "42");
  EXPECT_EQ(captures.group(path, 2), "") << "a group that took no part is empty";
  EXPECT_EQ(captures.group(path, 9), "");
}

TEST(Regex, FindsItsMatchAnywhereUnlessAnchored) {
  EXPECT_TRUE(Regex("\\.php$", false).matches("/a/b.php"));
  EXPECT_FALSE(Regex("^b", false).matches("/a/b.php"));
}

TEST(Regex, CaseMattersUnlessAsked) {
  EXPECT_FALSE(Regex("jpg$", false).matches("/x.JPG"));
  EXPECT_TRUE(Regex("jpg$", true).matches("/x.JPG"));
}

TEST(Regex, NamesItsGroups) {
  const Regex regex("^(?<user>[^/]+)/(?<page>.+)$", false);
  ASSERT_EQ(regex.names().size(), 2u);
  EXPECT_EQ(regex.group_count(), 2);
  for (const auto& [name, group] : regex.names()) EXPECT_EQ(group, name == "user" ? 1 : 2);
}

TEST(Regex, MistakesAreReportedInPcresWords) {
  try {
    Regex("a(b", false);
    FAIL() << "must not compile";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "pcre2_compile() failed: missing closing parenthesis in \"a(b\"");
  }
  try {
    Regex("a)b", false);
    FAIL() << "must not compile";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "pcre2_compile() failed: unmatched closing parenthesis in \"a)b\" at \")b\"");
  }
}

TEST(Regex, EndlessBacktrackingIsStopped) {
  const Regex regex("^(a+)+$", false);
  Regex::Captures captures;
  EXPECT_EQ(regex.match(std::string(64, 'a') + "!", captures), Regex::Outcome::limit);
  EXPECT_EQ(captures.count, 0u);
  EXPECT_FALSE(regex.matches(std::string(64, 'a') + "!"));
}

TEST(Regex, KeepsTheFirstThirtyTwoGroups) {
  std::string pattern, subject;
  for (int i = 0; i < 40; ++i) {
    pattern += "(.)";
    subject += static_cast<char>('0' + i);
  }
  const Regex regex(pattern, false);
  Regex::Captures captures;
  ASSERT_EQ(regex.match(subject, captures), Regex::Outcome::match);
  EXPECT_EQ(captures.count, Regex::max_captures);
  EXPECT_EQ(captures.group(subject, 31), subject.substr(30, 1));
}

TEST(Regex, MatchesOnManyThreadsAtOnce) {
  const Regex regex("(\\d+)$", false);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&regex, t] {
      for (int i = 0; i < 1000; ++i) {
        const std::string subject = "x" + std::to_string(t * 1000 + i);
        Regex::Captures captures;
        ASSERT_EQ(regex.match(subject, captures), Regex::Outcome::match);
        ASSERT_EQ(captures.group(subject, 1), subject.substr(1));
      }
    });
  for (auto& thread : threads) thread.join();
}

TEST(Regex, CopiesShareTheCompiledForm) {
  Regex copy;
  EXPECT_FALSE(copy);
  {
    const Regex original("b+", true);
    copy = original;
  }
  EXPECT_TRUE(copy);
  EXPECT_TRUE(copy.matches("aBBa"));
}

}  // namespace
}  // namespace drishti::conf
