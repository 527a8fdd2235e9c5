#pragma once
// Debian's nginx beside us, on free ports of 127.0.0.1, ended with the test.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "conf/socket_address.hpp"
#include "tests/support/free_port.hpp"

namespace drishti::test {

class NginxProcess {
 public:
  static constexpr const char* program = "/usr/sbin/nginx";
  static bool installed() { return ::access(program, X_OK) == 0; }

  /// HTTP is the inside of `http {}`; FRONT is a port that it listens on.
  NginxProcess(const std::string& http, std::uint16_t front) : front_(front) {
    char name[] = "/tmp/drishti_nginx_XXXXXX";
    dir_ = ::mkdtemp(name);
    std::string text = "daemon off; master_process off; worker_processes 1; pid pid; events {}\nhttp { access_log off;\n";
    for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
      text += std::string(kind) + "_temp_path " + dir_ + "/" + kind + ";\n";
    std::ofstream(dir_ + "/nginx.conf") << text << http << "}\n";
    const std::string conf = dir_ + "/nginx.conf";
    const std::string errors = dir_ + "/error.log";
    const char* argv[] = {program, "-p", dir_.c_str(), "-c", conf.c_str(), "-e", errors.c_str(), nullptr};
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 2, (dir_ + "/stderr").c_str(), O_WRONLY | O_CREAT, 0600);
    if (::posix_spawn(&pid_, program, &actions, nullptr, const_cast<char**>(argv), environ) != 0) pid_ = -1;
    ::posix_spawn_file_actions_destroy(&actions);
    connect();
  }
  ~NginxProcess() {
    if (socket_ >= 0) ::close(socket_);
    if (pid_ > 0) {
      ::kill(pid_, SIGTERM);
      ::waitpid(pid_, nullptr, 0);
    }
    std::filesystem::remove_all(dir_);
  }
  NginxProcess(const NginxProcess&) = delete;
  NginxProcess& operator=(const NginxProcess&) = delete;

  bool running() const { return socket_ >= 0; }
  /// What nginx said on standard error, for example why it does not start.
  std::string errors() const {
    std::ifstream file(dir_ + "/stderr");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  /// The status and the field X-Up of the answer to GET URI, `200 value`.
  std::string get(const std::string& uri, const std::string& host = "test", const std::string& fields = {}) {
    const std::string request = "GET " + uri + " HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "\r\n";
    if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) < 0) return "send failed";
    std::string answer;
    while (answer.find("\r\n\r\n") == std::string::npos)
      if (!read_more(answer)) return "no answer";
    const std::size_t body = answer.find("\r\n\r\n") + 4;
    const std::string length = field(answer, "Content-Length: ");
    const std::size_t size = length.empty() ? 0 : std::stoul(length);
    while (answer.size() < body + size)
      if (!read_more(answer)) return "no body";
    return answer.substr(9, 3) + " " + field(answer, "X-Up: ");
  }

 private:
  bool read_more(std::string& answer) {
    char part[4096];
    const auto got = ::recv(socket_, part, sizeof part, 0);
    if (got > 0) answer.append(part, static_cast<std::size_t>(got));
    return got > 0;
  }
  static std::string field(const std::string& answer, const std::string& name) {
    const auto at = answer.find(name);
    return at == std::string::npos ? "" : answer.substr(at + name.size(), answer.find("\r\n", at) - at - name.size());
  }
  void connect() {
    const SocketAddress address = *SocketAddress::from_ip("127.0.0.1", front_);
    for (int i = 0; i < 500 && pid_ > 0; ++i) {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (::connect(fd, address.data(), address.size()) == 0) {
        socket_ = fd;
        return;
      }
      ::close(fd);
      if (::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
      ::poll(nullptr, 0, 10);
    }
  }

  std::uint16_t front_;
  std::string dir_;
  pid_t pid_ = -1;
  int socket_ = -1;
};

}  // namespace drishti::test
