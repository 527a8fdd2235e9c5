// The process as its users see it: options, exit codes, pid file, signals, logs. Runs the built program.

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/free_port.hpp"

namespace {

using testing::HasSubstr;
using testing::Not;

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// Waits for another process; the bound only ends a failing test.
template <class Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 2000; ++i) {
    if (condition()) return true;
    ::poll(nullptr, 0, 5);
  }
  return false;
}

class ProcessTest : public testing::Test {
 protected:
  ProcessTest() {
    char name[] = "/tmp/drishti-process-XXXXXX";
    directory_ = ::mkdtemp(name);
    ::chmod(directory_.c_str(), 0755);
    configure("one");
  }
  ~ProcessTest() override {
    if (pid() > 0 && pid() != foreground_) ::kill(pid(), SIGKILL);
    if (foreground_ > 0) {
      ::kill(foreground_, SIGKILL);
      ::waitpid(foreground_, nullptr, 0);
    }
    std::filesystem::remove_all(directory_);
  }

  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path(name)).rdbuf();
    return text.str();
  }
  bool exists(const std::string& name) const { return ::access(path(name).c_str(), F_OK) == 0; }
  void configure(const std::string& body, const std::string& more = "", const std::string& pid_name = "pid") {
    std::ofstream(path("c.conf")) << "pid " << path(pid_name) << ";\nerror_log " << path("error.log") << " notice;\n"
                                  << more << "events {}\nhttp {\n  access_log " << path("access.log")
                                  << ";\n  server { listen 127.0.0.1:" << port_ << "; location / { return 200 \""
                                  << body << "\"; } }\n}\n";
  }
  pid_t pid() const {
    pid_t number = 0;
    std::ifstream(path("pid")) >> number;
    return number;
  }

  pid_t spawn(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), DRISHTI_BINARY);
    const pid_t child = ::fork();
    if (child != 0) return child;
    const int out = ::open(path("stdout").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    const int err = ::open(path("stderr").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ::dup2(out, 1);
    ::dup2(err, 2);
    std::vector<char*> list;
    for (std::string& argument : arguments) list.push_back(argument.data());
    list.push_back(nullptr);
    ::execv(DRISHTI_BINARY, list.data());
    ::_exit(127);
  }
  static int wait_for(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  /// Runs the program with `-c c.conf` and more arguments to its end.
  int run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"-c", path("c.conf")});
    return wait_for(spawn(arguments));
  }
  void start_foreground() {
    foreground_ = spawn({"-c", path("c.conf"), "-g", "daemon off;"});
    ASSERT_TRUE(eventually([&] { return pid() == foreground_; })) << read("stderr");
  }
  int end_foreground() {
    const int code = wait_for(foreground_);
    foreground_ = 0;
    return code;
  }
  std::string get() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = loopback(port_);
    std::string answer;
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      const std::string request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
      [[maybe_unused]] const ssize_t sent = ::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
      char buffer[4096];
      for (ssize_t size; (size = ::read(fd, buffer, sizeof buffer)) > 0;)
        answer.append(buffer, static_cast<std::size_t>(size));
    }
    ::close(fd);
    return answer;
  }
  bool log_says(const std::string& text) const {
    return eventually([&] { return read("error.log").find(text) != std::string::npos; });
  }

  std::string directory_;
  int port_ = drishti::test::free_port();
  pid_t foreground_ = 0;
};

TEST_F(ProcessTest, AcceptsAsSoonAsThePidFileIsThereAndRemovesItAtTheEnd) {
  start_foreground();
  EXPECT_THAT(get(), HasSubstr("one"));
  ::kill(foreground_, SIGTERM);
  EXPECT_EQ(end_foreground(), 0);
  EXPECT_FALSE(exists("pid"));
  EXPECT_THAT(read("error.log"), HasSubstr("using the \"epoll\" event method"));
  EXPECT_THAT(read("error.log"), HasSubstr("getrlimit(RLIMIT_NOFILE): "));
  EXPECT_THAT(read("error.log"), HasSubstr("signal 15 (SIGTERM) received from " + std::to_string(::getpid())));
  EXPECT_THAT(read("access.log"), HasSubstr("\"GET / HTTP/1.1\" 200"));
  EXPECT_EQ(read("stderr"), "");
}

TEST_F(ProcessTest, AsADaemonAcceptsWhenTheCommandReturnsAndStopsByCommand) {
  ASSERT_EQ(run({}), 0) << read("stderr");
  EXPECT_THAT(get(), HasSubstr("one"));
  EXPECT_EQ(run({"-s", "stop"}), 0);
  EXPECT_TRUE(eventually([&] { return !exists("pid"); }));
  EXPECT_EQ(run({"-s", "stop"}), 1);
  EXPECT_EQ(read("stderr"), "nginx: [error] open() \"" + path("pid") + "\" failed (2: No such file or directory)\n");
}

TEST_F(ProcessTest, ReportsAPortInUseToWhoeverStartsIt) {
  ASSERT_EQ(run({}), 0);
  configure("two", "", "other");
  for (const char* mode : {"on", "off"}) {
    EXPECT_EQ(run({"-g", std::string("daemon ") + mode + ";"}), 1);
    EXPECT_THAT(read("stderr"), HasSubstr("nginx: [emerg] bind() to 127.0.0.1:" + std::to_string(port_) +
                                          " failed (98: Address already in use)"));
    EXPECT_FALSE(exists("other"));
  }
  EXPECT_THAT(get(), HasSubstr("one"));
}

TEST_F(ProcessTest, ReloadsAtHup) {
  start_foreground();
  configure("two");
  ::kill(foreground_, SIGHUP);
  ASSERT_TRUE(log_says("reconfigured: "));
  EXPECT_THAT(get(), HasSubstr("two"));
}

TEST_F(ProcessTest, KeepsRunningOnTheOldConfigurationWhenTheNewOneIsBad) {
  start_foreground();
  std::ofstream(path("c.conf"), std::ios::app) << "nonsense;\n";
  ::kill(foreground_, SIGHUP);
  ASSERT_TRUE(log_says("[emerg]"));
  EXPECT_THAT(read("error.log"), HasSubstr("unknown directive \"nonsense\" in " + path("c.conf")));
  EXPECT_THAT(get(), HasSubstr("one"));
  configure("two", "error_log " + path("none/error.log") + ";\n");
  ::kill(foreground_, SIGHUP);
  ASSERT_TRUE(log_says("none/error.log\" failed (2: No such file or directory)"));
  EXPECT_THAT(get(), HasSubstr("one"));
  configure("three");
  ::kill(foreground_, SIGHUP);
  ASSERT_TRUE(log_says("reconfigured: "));
  EXPECT_THAT(get(), HasSubstr("three"));
}

TEST_F(ProcessTest, MovesThePidFileAtAReload) {
  start_foreground();
  configure("one", "", "moved");
  ::kill(foreground_, SIGHUP);
  ASSERT_TRUE(log_says("reconfigured: "));
  EXPECT_FALSE(exists("pid"));
  EXPECT_EQ(read("moved"), std::to_string(foreground_) + "\n");
}

TEST_F(ProcessTest, WritesToNewFilesAfterReopening) {
  start_foreground();
  get();
  ASSERT_TRUE(eventually([&] { return !read("access.log").empty(); }));
  std::filesystem::rename(path("access.log"), path("access.log.1"));
  EXPECT_EQ(run({"-s", "reopen"}), 0);
  ASSERT_TRUE(eventually([&] { return exists("access.log"); }));
  get();
  EXPECT_TRUE(eventually([&] { return !read("access.log").empty(); }));
}

TEST_F(ProcessTest, EndsGracefullyAtQuit) {
  start_foreground();
  EXPECT_EQ(run({"-s", "quit"}), 0);
  EXPECT_EQ(end_foreground(), 0);
  EXPECT_THAT(read("error.log"), HasSubstr("gracefully shutting down"));
  EXPECT_FALSE(exists("pid"));
}

TEST_F(ProcessTest, ShowsWarningsOnceOnTheTerminalAndOnceInTheLog) {
  std::string text = read("c.conf");
  text.insert(text.find("  server {"), "  server { listen 127.0.0.1:" + std::to_string(port_) + "; server_name a; }\n" +
                                           "  server { listen 127.0.0.1:" + std::to_string(port_) +
                                           "; server_name a; }\n");
  std::ofstream(path("c.conf")) << text;
  start_foreground();
  ASSERT_TRUE(log_says("conflicting server name"));
  const std::string terminal = read("stderr");
  EXPECT_THAT(terminal, testing::StartsWith("nginx: [warn] conflicting server name \"a\""));
  EXPECT_EQ(terminal.find('\n'), terminal.size() - 1);
  EXPECT_EQ(read("error.log").find("conflicting"), read("error.log").rfind("conflicting"));
}

TEST_F(ProcessTest, MakesTemporaryDirectoriesForItselfAlone) {
  std::string text = read("c.conf");
  text.insert(text.find("  server {"), "  client_body_temp_path " + path("body") + ";\n");
  std::ofstream(path("c.conf")) << text;
  start_foreground();
  const auto permissions = std::filesystem::status(path("body")).permissions();
  EXPECT_EQ(permissions, std::filesystem::perms::owner_all);
}

TEST_F(ProcessTest, SurvivesSignalsItDoesNotSupport) {
  start_foreground();
  ::kill(foreground_, SIGUSR2);
  ::kill(foreground_, SIGWINCH);
  ::kill(foreground_, SIGPIPE);
  ASSERT_TRUE(log_says("(SIGWINCH) received from"));
  EXPECT_THAT(read("error.log"), HasSubstr("(SIGUSR2) received from"));
  EXPECT_THAT(get(), HasSubstr("one"));
}

TEST_F(ProcessTest, TestsTheConfigurationInNginxWords) {
  EXPECT_EQ(run({"-t"}), 0);
  EXPECT_EQ(read("stderr"), "nginx: the configuration file " + path("c.conf") +
                                " syntax is ok\nnginx: configuration file " + path("c.conf") + " test is successful\n");
  EXPECT_EQ(run({"-tq"}), 0);
  EXPECT_EQ(read("stderr"), "");
  EXPECT_FALSE(exists("pid"));
  EXPECT_EQ(run({"-t", "-g", "pid /x;"}), 1);
  EXPECT_EQ(read("stderr"), "nginx: [emerg] \"pid\" directive is duplicate in " + path("c.conf") +
                                ":1\nnginx: configuration file " + path("c.conf") + " test failed\n");
}

TEST_F(ProcessTest, TestsAlsoWhatOnlyTheSystemKnows) {
  struct Case {
    const char* directive;
    const char* error;
  };
  const Case cases[] = {
      {"error_log /nonexistent/x.log;", "open() \"/nonexistent/x.log\" failed (2: No such file or directory)"},
      {"http { access_log off; server { listen 192.0.2.1:1; } }", "bind() to 192.0.2.1:1 failed (99: Cannot assign requested address)"},
      {"error_log syslog:server=127.0.0.1,facility=x;", "unknown syslog facility \"x\""},
  };
  for (const Case& c : cases) {
    std::ofstream(path("c.conf")) << "pid " << path("pid") << "; events {}\n" << c.directive << "\n";
    EXPECT_EQ(run({"-t"}), 1);
    EXPECT_THAT(read("stderr"), HasSubstr(std::string("nginx: [emerg] ") + c.error));
    EXPECT_THAT(read("stderr"), HasSubstr("test failed"));
  }
}

TEST_F(ProcessTest, DumpsEveryFileOnce) {
  std::ofstream(path("part.conf")) << "# a part\n";
  configure("one", "include part.conf;\n");
  EXPECT_EQ(run({"-T"}), 0);
  EXPECT_EQ(read("stdout"), "# configuration file " + path("c.conf") + ":\n" + read("c.conf") +
                                "\n# configuration file " + path("part.conf") + ":\n# a part\n\n");
}

TEST_F(ProcessTest, SaysWhichVersionItIs) {
  EXPECT_EQ(wait_for(spawn({"-v"})), 0);
  EXPECT_THAT(read("stderr"), testing::StartsWith("nginx version: nginx/"));
  EXPECT_EQ(wait_for(spawn({"-x"})), 1);
  EXPECT_EQ(read("stderr"), "nginx: invalid option: \"x\"\n");
}

TEST_F(ProcessTest, ConvertsThereAndBack) {
  EXPECT_EQ(wait_for(spawn({"convert", path("c.conf"), "-o", path("c.yaml")})), 0) << read("stderr");
  EXPECT_EQ(wait_for(spawn({"convert", path("c.yaml")})), 0) << read("stderr");
  EXPECT_THAT(read("stdout"), HasSubstr("access_log " + path("access.log") + ";"));
  EXPECT_EQ(wait_for(spawn({"-t", "-c", path("c.yaml")})), 0) << read("stderr");
  EXPECT_EQ(wait_for(spawn({"convert", path("none.conf")})), 1);
  EXPECT_THAT(read("stderr"), HasSubstr("failed (2: No such file or directory)"));
}

TEST_F(ProcessTest, ExplainsARequest) {
  EXPECT_EQ(wait_for(spawn({"explain", "-c", path("c.conf"), "http://a:" + std::to_string(port_) + "/"})), 0);
  EXPECT_THAT(read("stdout"), HasSubstr("Answer: 200 with the body \"one\""));
}

}  // namespace
