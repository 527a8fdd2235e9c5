#include "net/log_file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace drishti::net {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// A directory that goes with the test.
class LogFiles : public testing::Test {
 protected:
  LogFiles() {
    char name[] = "/tmp/drishti-log-XXXXXX";
    directory_ = ::mkdtemp(name);
  }
  ~LogFiles() override { std::filesystem::remove_all(directory_); }
  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  static std::string content(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  static std::size_t lines_in(const std::string& path) {
    const std::string text = content(path);
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  /// Waits for what the writer thread does; the bound only ends a failing test.
  template <class Condition>
  static bool eventually(Condition condition) {
    for (int i = 0; i < 5000; ++i) {
      if (condition()) return true;
      ::poll(nullptr, 0, 1);
    }
    return false;
  }

 private:
  std::string directory_;
};

TEST_F(LogFiles, KeepWhatTheFileHeldAndAppend) {
  std::ofstream(path("a.log")) << "old\n";
  {
    LogHub hub;
    hub.open(path("a.log"))->submit("new\n", 1);
  }
  EXPECT_EQ(content(path("a.log")), "old\nnew\n");
}

TEST_F(LogFiles, AreOneForAPathAndSurviveWhenTheHolderChanges) {
  LogHub hub;
  auto first = hub.open(path("a.log"));
  EXPECT_EQ(first, hub.open(path("a.log")));
  first.reset();
  auto again = hub.open(path("a.log"));
  again->submit("x\n", 1);
  EXPECT_TRUE(eventually([&] { return content(path("a.log")) == "x\n"; }));
}

TEST_F(LogFiles, ThatCannotBeOpenedAreReportedInNginxWords) {
  LogHub hub;
  try {
    hub.open(path("none/a.log"));
    FAIL() << "opened";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(), "open() \"" + path("none/a.log") + "\" failed (2: No such file or directory)");
  }
}

TEST_F(LogFiles, HoldEveryLineOfEveryThreadWhole) {
  constexpr int threads = 8, lines = 2000;
  {
    LogHub hub;
    auto file = hub.open(path("a.log"));
    std::vector<std::thread> writers;
    for (int t = 0; t < threads; ++t) {
      writers.emplace_back([&file, t] {
        LogBuffer buffer(file, 1024);
        for (int i = 0; i < lines; ++i) {
          buffer.text()
              .append("thread ")
              .append(std::to_string(t))
              .append(" line ")
              .append(std::to_string(i))
              .append("\n");
          buffer.line_done();
        }
      });
    }
    for (auto& writer : writers) writer.join();
    EXPECT_EQ(hub.lost_lines(), 0U);
  }
  std::ifstream in(path("a.log"));
  std::vector<int> next(threads, 0);
  for (std::string line; std::getline(in, line);) {
    int thread = -1, number = -1;
    ASSERT_EQ(std::sscanf(line.c_str(), "thread %d line %d", &thread, &number), 2) << line;
    ASSERT_EQ(next[static_cast<std::size_t>(thread)]++, number) << line;
  }
  EXPECT_EQ(next, std::vector<int>(threads, lines));
}

TEST_F(LogFiles, AreFlushedByALogBufferOnlyWhenItsLimitIsReachedOrItIsTold) {
  LogHub hub;
  LogBuffer buffer(hub.open(path("a.log")), 16);
  buffer.text() += "short\n";
  buffer.line_done();
  EXPECT_EQ(buffer.text(), "short\n");
  buffer.text() += "long enough now\n";
  buffer.line_done();
  EXPECT_EQ(buffer.text(), "");
  EXPECT_TRUE(eventually([&] { return lines_in(path("a.log")) == 2; }));
}

TEST_F(LogFiles, AreReopenedAfterARenameWithoutLosingOrMixingLines) {
  LogHub hub;
  auto file = hub.open(path("a.log"));
  file->submit("before\n", 1);
  std::filesystem::rename(path("a.log"), path("a.log.1"));
  file->submit("between\n", 1);
  EXPECT_TRUE(hub.reopen().empty());
  file->submit("after\n", 1);
  EXPECT_TRUE(eventually([&] { return content(path("a.log")) == "after\n"; }));
  EXPECT_EQ(content(path("a.log.1")), "before\nbetween\n");
}

TEST_F(LogFiles, KeepTheirDescriptorWhenReopeningFails) {
  LogHub hub;
  std::filesystem::create_directory(path("d"));
  auto file = hub.open(path("d/a.log"));
  std::filesystem::rename(path("d"), path("e"));
  const auto errors = hub.reopen();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_THAT(errors[0], HasSubstr("failed (2: No such file or directory)"));
  file->submit("x\n", 1);
  EXPECT_TRUE(eventually([&] { return content(path("e/a.log")) == "x\n"; }));
}

TEST_F(LogFiles, CountWhatAFullDiskLosesAndSayWhy) {
  LogHub hub;
  auto file = hub.open("/dev/full");
  file->submit("a\nb\nc\n", 3);
  EXPECT_TRUE(eventually([&] { return file->lost_lines() == 3; }));
  const auto losses = hub.take_losses();
  ASSERT_EQ(losses.size(), 1U);
  EXPECT_EQ(losses[0].path, "/dev/full");
  EXPECT_EQ(losses[0].lines, 3U);
  EXPECT_EQ(losses[0].error, ENOSPC);
  EXPECT_TRUE(hub.take_losses().empty());
  EXPECT_EQ(hub.lost_lines(), 3U);
}

TEST_F(LogFiles, CountWhatAPipeWithoutReaderLoses) {
  ASSERT_EQ(::mkfifo(path("p").c_str(), 0600), 0);
  const int reader = ::open(path("p").c_str(), O_RDONLY | O_NONBLOCK);
  LogHub hub;
  auto file = hub.open(path("p"));
  ::close(reader);
  file->submit("x\n", 1);
  EXPECT_TRUE(eventually([&] { return file->lost_lines() == 1; }));
  EXPECT_EQ(hub.take_losses().at(0).error, EPIPE);
}

TEST_F(LogFiles, StayUsableWhileAnotherOnesReaderBlocks) {
  ASSERT_EQ(::mkfifo(path("p").c_str(), 0600), 0);
  {
    LogHub hub;
    auto blocked = hub.open(path("p"));
    auto file = hub.open(path("a.log"));
    const std::string line = std::string(99, 'x') + "\n";
    for (int i = 0; i < 40000; ++i) blocked->submit(line, 1);
    EXPECT_GT(blocked->lost_lines(), 0U);
    file->submit("fine\n", 1);
    EXPECT_TRUE(eventually([&] { return content(path("a.log")) == "fine\n"; }));
    EXPECT_EQ(hub.take_losses().at(0).error, 0);
  }  // ends although the FIFO is still full
}

TEST_F(LogFiles, WriteWhatWaitedOnceTheReaderOfAPipeReads) {
  ASSERT_EQ(::mkfifo(path("p").c_str(), 0600), 0);
  LogHub hub;
  auto file = hub.open(path("p"));
  const std::string line = std::string(999, 'x') + "\n";
  for (int i = 0; i < 300; ++i) file->submit(line, 1);
  const int reader = ::open(path("p").c_str(), O_RDONLY | O_NONBLOCK);
  std::size_t total = 0;
  char buffer[65536];
  EXPECT_TRUE(eventually([&] {
    const ssize_t size = ::read(reader, buffer, sizeof buffer);
    if (size > 0) total += static_cast<std::size_t>(size);
    return total == 300 * line.size();
  })) << total;
  ::close(reader);
  EXPECT_EQ(file->lost_lines(), 0U);
}

TEST_F(LogFiles, LeaveABlockedPipeWhenTheyAreReopened) {
  ASSERT_EQ(::mkfifo(path("p").c_str(), 0600), 0);
  LogHub hub;
  auto file = hub.open(path("p"));
  const std::string line = std::string(999, 'x') + "\n";
  for (int i = 0; i < 300; ++i) file->submit(line, 1);
  std::filesystem::rename(path("p"), path("old"));
  EXPECT_TRUE(hub.reopen().empty());
  file->submit("after\n", 1);
  EXPECT_TRUE(eventually([&] { return content(path("p")).ends_with("after\n"); }));
}

TEST_F(LogFiles, ThatNobodyHoldsAreClosed) {
  LogHub hub;
  hub.open(path("a.log"))->submit("x\n", 1);
  EXPECT_TRUE(eventually([&] {
    hub.collect();
    return !content(path("a.log")).empty();
  }));
  EXPECT_TRUE(eventually([&] {
    hub.collect();
    std::size_t open = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      open += std::filesystem::read_symlink(entry.path(), gone) == path("a.log") ? 1 : 0;
    }
    return open == 0;
  }));
}

TEST_F(LogFiles, SendSyslogDatagramsOneALine) {
  const int receiver = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path("s").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(receiver, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  LogHub hub;
  auto log = hub.open("syslog:server=unix:" + path("s") + ",facility=local0,severity=error,tag=web,nohostname");
  log->submit("first\nsecond\n", 2);
  for (const char* expected : {"web: first", "web: second"}) {
    char buffer[256];
    pollfd ready{receiver, POLLIN, 0};
    ASSERT_EQ(::poll(&ready, 1, 5000), 1);
    const ssize_t size = ::recv(receiver, buffer, sizeof buffer, 0);
    const std::string datagram(buffer, static_cast<std::size_t>(size));
    EXPECT_THAT(datagram, StartsWith("<131>"));
    EXPECT_TRUE(datagram.ends_with(expected)) << datagram;
  }
  ::close(receiver);
  log->submit("lost\n", 1);
  EXPECT_TRUE(eventually([&] { return log->lost_lines() == 1; }));
}

}  // namespace
}  // namespace drishti::net
