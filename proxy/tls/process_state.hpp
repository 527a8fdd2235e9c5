#pragma once
// What TLS remembers beyond a configuration, so that a reload costs no client its session. Made and changed on the control
// thread; what it hands out is used by all.

#include <map>
#include <memory>
#include <string>

#include "conf/ssl_settings.hpp"
#include "tls/replay_guard.hpp"
#include "tls/session_store.hpp"
#include "tls/staple.hpp"
#include "tls/ticket_keys.hpp"

namespace drishti::tls {

class ProcessState {
 public:
  /// The keys of servers that name no files.
  const std::shared_ptr<TicketKeys>& tickets() const { return tickets_; }
  /// The store that CACHE names; null for `off` and `none`. A shared one is the same as long as its size is.
  std::shared_ptr<SessionStore> sessions(const conf::SslSessionCache& cache);
  /// Of all servers.
  const std::shared_ptr<ReplayGuard>& replays() const { return replays_; }
  /// What is stapled to the certificate with this fingerprint.
  std::shared_ptr<Staple> staple(const std::string& fingerprint);

 private:
  struct Zone {
    std::uint64_t size = 0;
    std::shared_ptr<SessionStore> store;
  };
  std::shared_ptr<TicketKeys> tickets_ = std::make_shared<TicketKeys>();
  std::shared_ptr<ReplayGuard> replays_ = std::make_shared<ReplayGuard>();
  std::map<std::string, Zone> zones_;
  std::map<std::string, std::weak_ptr<Staple>> staples_;
};

}  // namespace drishti::tls
