#pragma once
// Asks OCSP responders for what is stapled to certificates, one after the other, and again in time. Control thread; the
// questions themselves are asked on a thread of their own, because a responder may be slow.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "net/error_log.hpp"
#include "tls/server_contexts.hpp"

namespace drishti::server {

class StaplingKeeper {
 public:
  using Clock = std::chrono::steady_clock;
  explicit StaplingKeeper(net::ErrorLog& log) : log_(log) {}

  /// The certificates of CONTEXTS from now on.
  void follow(const tls::ServerContexts& contexts);
  /// Every second.
  void tick(Clock::time_point now);

 private:
  struct Subject {
    tls::Stapled stapled;
    Clock::time_point due;
  };
  /// One question on its way; its thread may outlive the keeper.
  struct Pending;
  void take_answer(Clock::time_point now);
  void ask(Subject& subject);
  void judge(Subject& subject, const std::string& response, Clock::time_point now);

  net::ErrorLog& log_;
  std::vector<Subject> subjects_;
  std::shared_ptr<Pending> pending_;
};

}  // namespace drishti::server
