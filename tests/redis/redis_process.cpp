#include "tests/redis/redis_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "cache/redis/command.hpp"
#include "cache/redis/reply_reader.hpp"
#include "conf/socket_address.hpp"
#include "tests/support/patience.hpp"

namespace drishti::cache::redis::testing {

RedisCli::RedisCli(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const SocketAddress address = *SocketAddress::from_ip("127.0.0.1", port);
  const timeval longest{drishti::testing::patience.count(), 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
  if (::connect(fd_, address.data(), address.size()) == 0) return;
  ::close(fd_);
  fd_ = -1;
}

RedisCli::~RedisCli() {
  if (fd_ >= 0) ::close(fd_);
}

Reply RedisCli::operator()(const std::vector<std::string>& words) {
  const std::vector<std::string_view> views(words.begin(), words.end());
  std::string text;
  append_command(text, views);
  ReplyReader reader;
  Reply reply;
  if (fd_ < 0 || ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) return reply;
  std::vector<char> buffer(64 << 10);
  while (reader.next(reply) == ReplyReader::State::incomplete) {
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got <= 0) return {};
    reader.feed({buffer.data(), static_cast<std::size_t>(got)});
  }
  return reply;
}

namespace {

std::string temporary_directory() {
  char name[] = "/tmp/drishti-redis-XXXXXX";
  return ::mkdtemp(name);
}

}  // namespace

RedisProcess::RedisProcess(std::vector<std::string> options)
    : port_(free_port()), directory_(temporary_directory()), options_(std::move(options)) {
  start();
}

RedisProcess::RedisProcess(const Sentinel& sentinel)
    : port_(free_port()), directory_(temporary_directory()), sentinel_file_(sentinel.file) {
  start();
}

// The bus of a node has a port of its own, by default 10000 above: too high for many free ones.
RedisProcess::RedisProcess(ClusterNode)
    : RedisProcess(std::vector<std::string>{"--cluster-enabled", "yes", "--cluster-port", std::to_string(free_port()),
                                            "--cluster-node-timeout", "1000", "--cluster-replica-validity-factor", "0",
                                            "--repl-diskless-sync-delay", "0", "--cluster-require-full-coverage", "no"}) {}

RedisProcess::~RedisProcess() {
  thaw();
  kill();
  std::filesystem::remove_all(directory_);
}

std::vector<std::string> RedisProcess::words() const {
  std::vector<std::string> all{"redis-server"};
  if (!sentinel_file_.empty()) all.push_back(sentinel_file_);
  for (const auto& word : {std::string("--bind"), std::string("127.0.0.1"), std::string("--port"), std::to_string(port_),
                           std::string("--dir"), directory_, std::string("--logfile"), directory_ + "/log"})
    all.push_back(word);
  if (!sentinel_file_.empty()) {
    all.emplace_back("--sentinel");
    return all;
  }
  for (const char* word : {"--save", "", "--appendonly", "no", "--enable-debug-command", "yes", "--unixsocket"})
    all.emplace_back(word);
  all.push_back(socket());
  all.insert(all.end(), options_.begin(), options_.end());
  return all;
}

void RedisProcess::start() {
  std::vector<std::string> all = words();
  std::vector<char*> argv;
  for (std::string& word : all) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // it goes with a test that crashes
    ::dup2(::open("/dev/null", O_RDWR | O_CLOEXEC), STDOUT_FILENO);
    ::dup2(STDOUT_FILENO, STDERR_FILENO);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  const auto give_up = std::chrono::steady_clock::now() + drishti::testing::patience;
  while (cli({"PING"}).is(Reply::Type::nil)) {
    if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error("redis-server does not answer: is it installed (deploy/install-packages test)?");
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void RedisProcess::freeze() const { ::kill(pid_, SIGSTOP); }
void RedisProcess::thaw() const {
  if (pid_ > 0) ::kill(pid_, SIGCONT);
}
void RedisProcess::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace drishti::cache::redis::testing
