#include "server/pid_file.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

#include "temporary_directory.hpp"

namespace drishti::server {
namespace {

class PidFiles : public testing::Test {
 protected:
  bool exists(const std::string& path) const { return ::access(path.c_str(), F_OK) == 0; }
  std::string error_of(const std::string& text) {
    TemporaryDirectory::write(directory_ / "x.pid", text);
    try {
      read_pid(directory_ / "x.pid");
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  }
  TemporaryDirectory directory_;
};

TEST_F(PidFiles, NameTheProcessUntilTheyAreDestroyed) {
  {
    PidFile file;
    file.write(directory_ / "a.pid");
    EXPECT_EQ(TemporaryDirectory::read(directory_ / "a.pid"), std::to_string(::getpid()) + "\n");
    EXPECT_EQ(read_pid(directory_ / "a.pid"), ::getpid());
  }
  EXPECT_FALSE(exists(directory_ / "a.pid"));
}

TEST_F(PidFiles, MoveWithTheConfiguration) {
  PidFile file;
  file.write(directory_ / "a.pid");
  file.move_to(directory_ / "b.pid");
  EXPECT_FALSE(exists(directory_ / "a.pid"));
  EXPECT_EQ(read_pid(directory_ / "b.pid"), ::getpid());
}

TEST_F(PidFiles, StayWhereTheyAreWhenTheNewPathCannotBeWritten) {
  PidFile file;
  file.write(directory_ / "a.pid");
  EXPECT_THROW(file.move_to(directory_ / "none/b.pid"), std::runtime_error);
  EXPECT_EQ(read_pid(directory_ / "a.pid"), ::getpid());
}

TEST_F(PidFiles, AreNotRemovedByAForkedChild) {
  PidFile file;
  file.write(directory_ / "a.pid");
  const pid_t child = ::fork();
  if (child == 0) {
    file.remove();
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(exists(directory_ / "a.pid"));
}

TEST_F(PidFiles, WithoutANumberAreRefusedInNginxWords) {
  for (const std::string text : {"", "abc", "12x", "-5", "0", "99999999999999999999"}) {
    EXPECT_EQ(error_of(text), "invalid PID number \"" + text + "\" in \"" + (directory_ / "x.pid") + "\"");
  }
  EXPECT_EQ(error_of("12\r\n"), "");
}

TEST_F(PidFiles, ThatAreMissingAreRefusedInNginxWords) {
  try {
    read_pid(directory_ / "none.pid");
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(), "open() \"" + (directory_ / "none.pid") + "\" failed (2: No such file or directory)");
  }
}

TEST_F(PidFiles, AreNeitherMadeNorChangedByACheck) {
  check_pid_path(directory_ / "a.pid");
  EXPECT_FALSE(exists(directory_ / "a.pid"));
  TemporaryDirectory::write(directory_ / "a.pid", "7\n");
  check_pid_path(directory_ / "a.pid");
  EXPECT_EQ(TemporaryDirectory::read(directory_ / "a.pid"), "7\n");
  EXPECT_THROW(check_pid_path(directory_ / "none/a.pid"), std::runtime_error);
}

}  // namespace
}  // namespace drishti::server
