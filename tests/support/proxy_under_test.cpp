#include "tests/support/proxy_under_test.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "tests/support/patience.hpp"
#include "tests/support/raw_client.hpp"

namespace drishti::testing {

namespace {

using Steady = std::chrono::steady_clock;
constexpr std::chrono::milliseconds poll_step{2};

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

std::uint16_t bind_any_port(int& fd) {
  fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd, any, size) != 0 || ::getsockname(fd, any, &size) != 0) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

/// Binary under test: the environment variable DRISHTI_BINARY before the one of this build.
const char* binary() {
  const char* chosen = std::getenv("DRISHTI_BINARY");
  return chosen ? chosen : DRISHTI_BINARY;
}

}  // namespace

ProxyUnderTest::ProxyUnderTest(std::string config, const char* program)
    : config_(std::move(config)), program_(program ? program : binary()) {
  std::string name = (std::filesystem::temp_directory_path() / "drishti-test-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp failed");
  directory_ = name;
  ::chmod(directory_.c_str(), 0755);
  // Another process may take a port between our choice and the proxy's bind.
  for (int attempt = 0; attempt < 5; ++attempt) {
    choose_ports();
    write_config(config_);
    spawn();
    if (wait_until_accepting()) return;
    wait_for_exit(std::chrono::milliseconds(0));
  }
  throw std::runtime_error("the proxy does not start:\n" + output() + error_log());
}

ProxyUnderTest::~ProxyUnderTest() {
  int code = pid_ > 0 ? stop(SIGTERM) : exit_code_;
  EXPECT_EQ(code, 0) << output() << error_log();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void ProxyUnderTest::choose_ports() {
  ports_.clear();
  std::vector<int> held;
  for (int i = 0; i < 9; ++i) ports_.push_back(bind_any_port(held.emplace_back()));
  for (int fd : held) ::close(fd);
}

std::string ProxyUnderTest::expand(std::string text) const {
  replace_all(text, "@dir@", directory_);
  replace_all(text, "@port@", std::to_string(port(1)));
  for (int i = 1; i <= 9; ++i) replace_all(text, "@port" + std::to_string(i) + "@", std::to_string(port(i)));
  return text;
}

void ProxyUnderTest::write_config(std::string config) {
  config_ = config;
  std::string head = "pid @dir@/nginx.pid;\nerror_log @dir@/error.log info;\n";
  if (config.find("worker_processes") == std::string::npos) head += "worker_processes 1;\n";
  std::string next = directory_ + "/nginx.conf.next";
  std::ofstream(next) << expand(head + config);
  std::filesystem::rename(next, directory_ + "/nginx.conf");
}

void ProxyUnderTest::spawn() {
  std::string config = directory_ + "/nginx.conf";
  std::string output = directory_ + "/output.log";
  std::string log = directory_ + "/error.log";
  pid_ = ::fork();
  if (pid_ != 0) return;
  int fd = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(fd, 1);
  ::dup2(fd, 2);
  ::execl(program_, program_, "-p", directory_.c_str(), "-c", config.c_str(), "-e", log.c_str(), "-g", "daemon off;",
          nullptr);
  ::_exit(127);
}

bool ProxyUnderTest::is_running() {
  if (pid_ <= 0) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  pid_ = -1;
  return false;
}

bool ProxyUnderTest::wait_until_accepting() {
  for (auto end = Steady::now() + patience; Steady::now() < end;) {
    if (!is_running()) return false;
    // The pid file is the last step of the start.
    if (RawClient(port()).connected() && std::filesystem::exists(directory_ + "/nginx.pid")) return true;
    std::this_thread::sleep_for(poll_step);
  }
  return false;
}

void ProxyUnderTest::send_signal(int number) {
  if (pid_ > 0) ::kill(pid_, number);
}

int ProxyUnderTest::wait_for_exit(std::chrono::milliseconds deadline) {
  auto end = Steady::now() + deadline;
  while (is_running()) {
    if (Steady::now() >= end) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
      pid_ = -1;
      return exit_code_ = -1;
    }
    std::this_thread::sleep_for(poll_step);
  }
  return exit_code_;
}

int ProxyUnderTest::stop(int number) {
  send_signal(number);
  return wait_for_exit();
}

void ProxyUnderTest::kill() {
  stop(SIGKILL);
  exit_code_ = 0;
}

std::string ProxyUnderTest::read(std::string_view file) const {
  std::ifstream in(directory_ + "/" + std::string(file));
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

bool ProxyUnderTest::wait_for_log(std::string_view text, std::chrono::milliseconds deadline) const {
  for (auto end = Steady::now() + deadline; Steady::now() < end; std::this_thread::sleep_for(poll_step))
    if (error_log().find(text) != std::string::npos) return true;
  return false;
}

}  // namespace drishti::testing
