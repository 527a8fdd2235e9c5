#pragma once
// A backend in a process of its own, that can be killed as hard as a real one. It answers every request with its name.

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace drishti::testing {

class BackendProcess {
 public:
  /// Listens on IPV4 (127.0.0.0/8) and PORT; 0 = a port chosen by the system. Returns once it listens.
  explicit BackendProcess(std::string name, std::string ipv4 = "127.0.0.1", std::uint16_t port = 0);
  ~BackendProcess() { kill(); }
  BackendProcess(const BackendProcess&) = delete;
  BackendProcess& operator=(const BackendProcess&) = delete;

  std::uint16_t port() const { return port_; }
  std::string address() const { return ipv4_ + ":" + std::to_string(port_); }
  /// SIGKILL, and waits for the end.
  void kill();
  /// Starts again at the same address.
  void start();

 private:
  std::string name_, ipv4_;
  std::uint16_t port_;
  pid_t pid_ = -1;
};

}  // namespace drishti::testing
