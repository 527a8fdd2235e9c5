#pragma once
// Steady load on the proxy: a few clients that ask one request after the other and count what they get.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/patience.hpp"

namespace drishti::testing {

class LoadClient {
 public:
  enum class Connections { kept, fresh };  ///< one connection a client, or one a request

  /// Begins at once: CLIENTS threads send GET / to 127.0.0.1:PORT.
  LoadClient(std::uint16_t port, int clients, Connections connections);
  ~LoadClient() { stop(); }
  LoadClient(const LoadClient&) = delete;
  LoadClient& operator=(const LoadClient&) = delete;

  std::uint64_t answered() const { return answered_; }
  std::uint64_t failed() const { return failed_; }
  /// Answers with this body so far.
  std::uint64_t with_body(const std::string& body) const;
  /// What went wrong, the first few.
  std::string reasons() const;
  /// Waits for so many more answers; false when the deadline passed first.
  bool wait_for_answers(std::uint64_t more, std::chrono::milliseconds deadline = patience) const;
  /// Waits until an answer with this body came after the call.
  bool wait_for_body(const std::string& body, std::chrono::milliseconds deadline = patience) const;
  void stop();

 private:
  void run(std::uint16_t port, Connections connections);
  void failure(const std::string& reason);

  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> answered_{0};
  std::atomic<std::uint64_t> failed_{0};
  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t> bodies_;
  std::vector<std::string> reasons_;
  std::vector<std::thread> threads_;
};

}  // namespace drishti::testing
