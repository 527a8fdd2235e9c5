#include "server/error_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <thread>

#include "temporary_directory.hpp"

namespace drishti::server {
namespace {

using conf::LogLevel;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

std::string line_of(LogLevel level, std::uint64_t connection, std::string_view message) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  std::string line;
  format_error_line(line, 1767323045, level, connection, message);
  return line;
}

TEST(ErrorLine, ReadsAsNginxWritesIt) {
  const std::string ids = std::to_string(::getpid()) + "#" + std::to_string(::gettid());
  EXPECT_EQ(line_of(LogLevel::error, 7, "boom, client: 1.2.3.4"),
            "2026/01/02 03:04:05 [error] " + ids + ": *7 boom, client: 1.2.3.4\n");
  EXPECT_EQ(line_of(LogLevel::emerg, 0, "boom"), "2026/01/02 03:04:05 [emerg] " + ids + ": boom\n");
}

TEST(ErrorLine, IsOneLineWhateverTheMessageHolds) {
  EXPECT_THAT(line_of(LogLevel::info, 0, "a\nb\r\x1b[31m\x7f"), HasSubstr(": a\\x0Ab\\x0D\\x1B[31m\\x7F\n"));
  const std::string line = line_of(LogLevel::info, 0, std::string(5000, 'x'));
  EXPECT_EQ(line.size(), 2048U);
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

class ErrorLogs : public testing::Test {
 protected:
  ErrorLogs() { log_.stop_echo(); }
  void use(net::LogHub& hub, const std::vector<conf::ErrorLog>& logs) { log_.use(ErrorLog::open_targets(hub, logs)); }
  /// The messages in the file NAME, without time and ids.
  std::vector<std::string> messages(const std::string& name) const {
    std::istringstream in(TemporaryDirectory::read(directory_ / name));
    std::vector<std::string> found;
    for (std::string line; std::getline(in, line);) found.push_back(line.substr(line.find(": ") + 2));
    return found;
  }
  TemporaryDirectory directory_;
  ErrorLog log_;
};

TEST_F(ErrorLogs, EachTakeTheirOwnLevel) {
  {
    net::LogHub hub;
    use(hub, {{directory_ / "all", LogLevel::info}, {directory_ / "bad", LogLevel::crit}});
    EXPECT_FALSE(log_.enabled(LogLevel::debug));
    EXPECT_TRUE(log_.enabled(LogLevel::info));
    log_.write(LogLevel::debug, 0, "debug");
    log_.write(LogLevel::info, 0, "info");
    log_.write(LogLevel::alert, 0, "alert");
  }
  EXPECT_THAT(messages("all"), ElementsAre("info", "alert"));
  EXPECT_THAT(messages("bad"), ElementsAre("alert"));
}

TEST_F(ErrorLogs, AreExchangedAsAWhole) {
  {
    net::LogHub hub;
    use(hub, {{directory_ / "old", LogLevel::error}});
    log_.write(LogLevel::error, 0, "one");
    use(hub, {{directory_ / "new", LogLevel::notice}});
    log_.write(LogLevel::notice, 0, "two");
  }
  EXPECT_THAT(messages("old"), ElementsAre("one"));
  EXPECT_THAT(messages("new"), ElementsAre("two"));
}

TEST_F(ErrorLogs, ThatCannotBeOpenedChangeNothing) {
  {
    net::LogHub hub;
    use(hub, {{directory_ / "old", LogLevel::error}});
    EXPECT_THROW(use(hub, {{directory_ / "new", LogLevel::error}, {directory_ / "none/x", LogLevel::error}}),
                 std::runtime_error);
    log_.write(LogLevel::error, 0, "still here");
  }
  EXPECT_THAT(messages("old"), ElementsAre("still here"));
}

TEST_F(ErrorLogs, OfALocationTakeItsMessagesInsteadOfTheProgramsOwn) {
  {
    net::LogHub hub;
    const std::vector<conf::ErrorLog> location{{directory_ / "location", LogLevel::warn}};
    log_.use(ErrorLog::open_targets(hub, {{directory_ / "main", LogLevel::error}}, location));
    EXPECT_TRUE(log_.enabled(LogLevel::warn));
    log_.write_to(location, LogLevel::warn, 0, "here");
    log_.write_to(location, LogLevel::notice, 0, "nowhere");
    log_.write(LogLevel::warn, 0, "nowhere either");
    log_.write_to({{directory_ / "closed", LogLevel::warn}}, LogLevel::error, 0, "of an older configuration");
  }
  EXPECT_THAT(messages("location"), ElementsAre("here"));
  EXPECT_THAT(messages("main"), ElementsAre("of an older configuration"));
}

TEST_F(ErrorLogs, CountAFloodInsteadOfWritingIt) {
  {
    net::LogHub hub;
    use(hub, {{directory_ / "log", LogLevel::error}});
    for (int i = 0; i < 5000; ++i) {
      log_.write(LogLevel::error, 1, "bad request, client: 10.0.0." + std::to_string(i % 250));
    }
    log_.write(LogLevel::error, 1, "something else");
  }
  const auto found = messages("log");
  EXPECT_LE(found.size(), 3 * RepeatFilter::limit);  // the loop may touch a second or two
  EXPECT_EQ(found.back(), "*1 something else");
}

TEST_F(ErrorLogs, TakeLinesFromManyThreadsWhileTargetsChange) {
  {
    net::LogHub hub;
    use(hub, {{directory_ / "a", LogLevel::error}});
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([this, t] {
        for (int i = 0; i < 50; ++i) log_.write(LogLevel::error, 0, std::to_string(t) + "/" + std::to_string(i));
      });
    }
    for (int i = 0; i < 20; ++i) use(hub, {{directory_ / (i % 2 == 0 ? "b" : "a"), LogLevel::error}});
    for (auto& thread : threads) thread.join();
  }
  EXPECT_EQ(messages("a").size() + messages("b").size(), 200U);
}

TEST(RepeatFilter, AdmitsAHundredAlikeASecondAndThenTellsHowManyItHeldBack) {
  RepeatFilter filter;
  std::optional<RepeatFilter::Summary> summary;
  int admitted = 0;
  for (int i = 0; i < 137; ++i)
    admitted += filter.admit(LogLevel::warn, "x, client: " + std::to_string(i), 10, summary);
  EXPECT_EQ(admitted, 100);
  EXPECT_FALSE(summary);
  EXPECT_TRUE(filter.ended(10).empty());
  const auto ended = filter.ended(11);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].text, "x ... repeated 37 times");
  EXPECT_EQ(ended[0].level, LogLevel::warn);
  EXPECT_TRUE(filter.ended(12).empty());
  EXPECT_TRUE(filter.admit(LogLevel::warn, "x, client: 1", 11, summary));
}

TEST(RepeatFilter, TellsBeforeTheFirstMessageOfTheNextSecond) {
  RepeatFilter filter;
  std::optional<RepeatFilter::Summary> summary;
  for (int i = 0; i < 101; ++i) filter.admit(LogLevel::error, "x", 10, summary);
  EXPECT_TRUE(filter.admit(LogLevel::error, "x", 11, summary));
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->text, "x ... repeated 1 times");
}

TEST(StartMessages, GoToStandardErrorFromWarnUpwards) {
  testing::internal::CaptureStderr();
  ErrorLog log;
  log.write(LogLevel::notice, 0, "hello");
  log.write(LogLevel::emerg, 0, "bind() failed");
  log.stop_echo();
  log.write(LogLevel::emerg, 0, "later");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "nginx: [emerg] bind() failed\n");
}

}  // namespace
}  // namespace drishti::server
