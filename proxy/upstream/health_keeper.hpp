#pragma once
// Keeps the health of all peers of the process: runs their checks, ends ejections and slow starts, compares siblings.
// Control thread.

#include <memory>
#include <vector>

#include "net/error_log.hpp"
#include "tls/client_context.hpp"
#include "upstream/upstream_group.hpp"

namespace boost::asio {
class io_context;
}

namespace drishti::upstream {

class HealthKeeper {
 public:
  HealthKeeper(boost::asio::io_context& io, net::ErrorLog& log);
  /// While the io_context is not running; checks under way end unheard.
  ~HealthKeeper();

  /// GROUPS are in use from now on, and those of an earlier call no more. Peers that are in both keep what is known of
  /// them. Follows what DNS changes in the groups.
  /// TLS: the contexts of their configuration.
  void follow(const std::vector<std::shared_ptr<UpstreamGroup>>& groups, std::shared_ptr<const tls::ClientContexts> tls);
  /// An administrator changed GROUP, one of those followed.
  void changed(const std::shared_ptr<UpstreamGroup>& group);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace drishti::upstream
