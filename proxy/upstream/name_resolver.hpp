#pragma once
// Follows the DNS names of upstream servers: /etc/hosts and /etc/resolv.conf (or `resolver`) through c-ares, by TTL,
// in the background. DNS never prevents a start and never empties a group. Control thread (one io_context).

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conf/config.hpp"
#include "net/error_log.hpp"
#include "upstream/peer_registry.hpp"
#include "upstream/runtime_changes.hpp"
#include "upstream/upstream_group.hpp"

namespace boost::asio {
class io_context;
}

namespace drishti::upstream {

class NameResolver {
 public:
  /// When names are asked for again (docs/UPSTREAMS.md says why).
  struct Timing {
    /// An answer is used for its TTL within these bounds; `resolver valid=` overrides them. Docker answers with a TTL of
    /// ten minutes but changes at once when a service is scaled, hence the small upper bound.
    std::chrono::milliseconds shortest{1000};
    std::chrono::milliseconds longest{5000};
    /// After a failure: doubled up to the second one.
    std::chrono::milliseconds first_retry{1000};
    std::chrono::milliseconds last_retry{30000};
    /// Least time between two look-ups of a name that failing peers ask for.
    std::chrono::milliseconds on_demand{1000};
    /// How often due names are looked for.
    std::chrono::milliseconds tick{250};
  };

  NameResolver(boost::asio::io_context& io, PeerRegistry& registry, net::ErrorLog& log);
  NameResolver(boost::asio::io_context& io, PeerRegistry& registry, net::ErrorLog& log, Timing timing);
  /// Before the io_context ends.
  ~NameResolver();

  /// Builds the groups of a configuration (literals at once; names from the first look-up, waiting at most `patience`
  /// for all of them together) and follows them until the returned groups are dropped. In the order of
  /// config.upstreams. A name that the previous configuration had resolved is not waited for.
  std::vector<std::shared_ptr<UpstreamGroup>> follow(const conf::Config& config, std::chrono::milliseconds patience);

  /// What an administrator changed; holds for every configuration that follow() is given. After a change call
  /// apply_changes().
  RuntimeChanges& changes();
  /// Brings the changes of the groups called NAME into force. A name that is new is looked up in the background.
  void apply_changes(const std::string& name);

  /// One look-up for proxy_pass with variables: calls back on the control thread (never from within this call) with all
  /// addresses (port set), or empty when there are none; answers are cached by TTL within the bounds of Timing.
  /// `resolver` null: /etc/hosts and /etc/resolv.conf.
  void resolve(const std::string& host, std::uint16_t port, const conf::Resolver* resolver,
               std::function<void(std::vector<SocketAddress>)> done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace drishti::upstream
