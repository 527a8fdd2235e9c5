#pragma once
// All checks of one peer, one after the other: there are never two at once. Runs on its reactor's thread.

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "net/error_log.hpp"
#include "upstream/health_exchange.hpp"
#include "upstream/peer.hpp"

namespace drishti::upstream {

/// What the probes of a process share.
struct ProbeServices {
  net::Reactor& reactor;
  net::ErrorLog& log;
  std::shared_ptr<const tls::ClientContexts> tls;  ///< of the configuration in use
  std::mt19937_64 random;
  /// Between 0 and MOST.
  std::chrono::milliseconds random_time(std::chrono::milliseconds most);
};

class PeerProbe {
 public:
  using Checks = std::vector<std::shared_ptr<const conf::HealthCheck>>;
  explicit PeerProbe(ProbeServices& services) : services_(services) {}
  ~PeerProbe();
  PeerProbe(const PeerProbe&) = delete;
  PeerProbe& operator=(const PeerProbe&) = delete;

  /// Begins, or goes on with another configuration; a check under way ends first, and then it is the old one's.
  void use(const std::string& group, std::shared_ptr<const Peer> peer, const Checks& checks);
  /// No further check. It may be destroyed when is_idle().
  void retire();
  bool is_retired() const { return is_retired_; }
  bool is_idle() const { return !is_checking_; }

 private:
  using Steady = net::Clock::Steady;
  struct Due {
    std::shared_ptr<const conf::HealthCheck> check;
    std::shared_ptr<CheckConnection> connection;
    Steady at{};
    bool is_first = true;
  };
  net::OwnedTask run();
  Due& next_due();
  void schedule(Due& due);
  void report(const conf::HealthCheck& check, const CheckOutcome& outcome, Steady begun);

  ProbeServices& services_;
  std::string group_;
  std::shared_ptr<const Peer> peer_;
  std::vector<Due> due_;
  std::shared_ptr<CheckConnection> in_use_;  ///< by the check under way
  bool is_checking_ = false;
  bool is_retired_ = false;
  net::OwnedTask task_;
};

}  // namespace drishti::upstream
