#include "server/privileges.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "server/daemonize.hpp"
#include "temporary_directory.hpp"

namespace drishti::server {
namespace {

struct MemoryLog : net::ErrorLog {
  bool enabled(conf::LogLevel) const override { return true; }
  void write(conf::LogLevel, std::uint64_t, std::string_view message) override { lines.emplace_back(message); }
  std::vector<std::string> lines;
};

/// Runs BODY in a child, since what it changes can't be taken back; the child's exit code.
template <class Body>
int in_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(FileLimit, IsRaisedToTheHardOneAndLogged) {
  EXPECT_EQ(in_child([] {
              rlimit limit{};
              ::getrlimit(RLIMIT_NOFILE, &limit);
              limit.rlim_cur = 64;
              ::setrlimit(RLIMIT_NOFILE, &limit);
              MemoryLog log;
              set_file_limit(std::nullopt, log);
              const std::string hard = std::to_string(limit.rlim_max);
              return log.lines == std::vector<std::string>{"getrlimit(RLIMIT_NOFILE): " + hard + ":" + hard} ? 0 : 1;
            }),
            0);
}

TEST(FileLimit, IsWhatTheConfigurationSays) {
  EXPECT_EQ(in_child([] {
              MemoryLog log;
              set_file_limit(77, log);
              rlimit limit{};
              ::getrlimit(RLIMIT_NOFILE, &limit);
              return limit.rlim_cur == 77 && limit.rlim_max == 77 ? 0 : 1;
            }),
            0);
}

TEST(Privileges, OfAnUnknownUserStopTheStart) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  MemoryLog log;
  try {
    drop_privileges("no-such-user-xyz", "", log);
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "getpwnam(\"no-such-user-xyz\") failed");
  }
}

TEST(Privileges, AreDroppedForAllButWhatTheControlThreadTakesBack) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const TemporaryDirectory directory;  // of root, mode 0700
  const std::string path = directory / "file";
  const auto may_write = [&path] { return std::ofstream(path).good(); };
  EXPECT_EQ(in_child([&] {
              MemoryLog log;
              drop_privileges("nobody", "", log);
              if (::geteuid() == 0 || ::getegid() == 0) return 1;
              if (may_write()) return 2;
              {
                const Elevation elevation;
                if (!may_write()) return 3;
              }
              if (may_write()) return 4;
              int result = 0;
              run_without_capabilities([&] {
                const Elevation elevation;
                result = may_write() ? 5 : 0;
              });
              return result;
            }),
            0);
}

TEST(Privileges, OfAnOrdinaryUserAreOnlyWarnedAbout) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  EXPECT_EQ(in_child([] {
              if (::setuid(65534) != 0) return 1;
              MemoryLog log;
              drop_privileges("nobody", "", log);
              if (log.lines.size() != 1) return 2;
              return log.lines[0].find("makes sense only if the master process runs with super-user") !=
                             std::string::npos
                         ? 0
                         : 3;
            }),
            0);
}

TEST(Privileges, PassOnAnErrorOfTheThreadWithoutCapabilities) {
  EXPECT_THROW(run_without_capabilities([] { throw std::runtime_error("x"); }), std::runtime_error);
}

TEST(Background, TellsItsStarterThatItIsUp) {
  EXPECT_EQ(in_child([] {
              Background background;
              background.enter();
              background.up(false);
              return 9;  // the grandchild's own end: nobody waits for it
            }),
            0);
}

TEST(Background, TellsItsStarterThatTheStartFailed) {
  EXPECT_EQ(in_child([] {
              Background background;
              background.enter();
              return 9;
            }),
            1);
}

TEST(Background, LeavesTheTerminal) {
  const TemporaryDirectory directory;
  ASSERT_EQ(in_child([&] {
              Background background;
              background.enter();
              TemporaryDirectory::write(directory / "session", ::getsid(0) == ::getpid() ? "own" : "inherited");
              background.up(false);
              return 0;
            }),
            0);
  EXPECT_EQ(TemporaryDirectory::read(directory / "session"), "own");
}

}  // namespace
}  // namespace drishti::server
