#pragma once
// A real redis-server on a free port of 127.0.0.1 and on a unix socket, in a directory of its own; ended with the object.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "cache/redis/reply.hpp"
#include "tests/support/free_port.hpp"

namespace drishti::cache::redis::testing {

using test::free_port;

/// One blocking connection, to look and to interfere beside the code under test.
class RedisCli {
 public:
  explicit RedisCli(std::uint16_t port);
  ~RedisCli();
  RedisCli(const RedisCli&) = delete;
  RedisCli& operator=(const RedisCli&) = delete;
  bool connected() const { return fd_ >= 0; }
  /// Nil when the server does not answer.
  Reply operator()(const std::vector<std::string>& words);

 private:
  int fd_ = -1;
};

class RedisProcess {
 public:
  /// OPTIONS as on redis-server's command line (`--requirepass`, `x`). Returns when it answers.
  explicit RedisProcess(std::vector<std::string> options = {});
  struct Sentinel {
    std::string file;   ///< its configuration
  };
  explicit RedisProcess(const Sentinel& sentinel);
  struct ClusterNode {};
  explicit RedisProcess(ClusterNode);
  ~RedisProcess();
  RedisProcess(const RedisProcess&) = delete;
  RedisProcess& operator=(const RedisProcess&) = delete;

  std::uint16_t port() const { return port_; }
  std::string bus_port() const { return options_.at(3); }   ///< of a ClusterNode
  std::string url(const std::string& rest = {}) const { return "redis://127.0.0.1:" + std::to_string(port_) + rest; }
  std::string socket() const { return directory_ + "/redis.sock"; }
  std::string directory() const { return directory_; }
  Reply cli(const std::vector<std::string>& words) const { return RedisCli(port_)(words); }

  void freeze() const;     ///< SIGSTOP
  void thaw() const;       ///< SIGCONT
  void kill();             ///< SIGKILL
  void start();            ///< again, on the same port; returns when it answers

 private:
  std::uint16_t port_;
  std::string directory_;
  std::vector<std::string> options_;
  std::string sentinel_file_;
  std::vector<std::string> words() const;
  pid_t pid_ = -1;
};

}  // namespace drishti::cache::redis::testing
