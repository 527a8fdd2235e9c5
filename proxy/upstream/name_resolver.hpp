#pragma once
// Follows the DNS names of upstream servers: /etc/hosts and /etc/resolv.conf (or `resolver`) through c-ares, by TTL,
// in the background. DNS never prevents a start and never empties a group. Control thread (one io_context).

#include <functional>
#include <memory>
#include <vector>

#include "conf/config.hpp"
#include "net/error_log.hpp"
#include "upstream/peer_registry.hpp"
#include "upstream/upstream_group.hpp"

namespace boost::asio {
class io_context;
}

namespace drishti::upstream {

class NameResolver {
 public:
  NameResolver(boost::asio::io_context& io, PeerRegistry& registry, net::ErrorLog& log);
  ~NameResolver();

  /// Builds the groups of a configuration (literals at once; names from the first look-up, waiting at most `patience`
  /// for all of them together) and follows them until the returned groups are dropped.
  std::vector<std::shared_ptr<UpstreamGroup>> follow(const conf::Config& config, std::chrono::milliseconds patience);

  /// One look-up for proxy_pass with variables: calls back on the control thread with all addresses (port set), or
  /// empty when there are none; answers are cached by TTL.
  void resolve(const std::string& host, std::uint16_t port, const conf::Resolver* resolver,
               std::function<void(std::vector<SocketAddress>)> done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace drishti::upstream
