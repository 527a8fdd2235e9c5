#pragma once
// The counters of a configuration's servers, locations and upstreams, by their numbers.

#include <memory>
#include <string>
#include <vector>

#include "conf/config.hpp"
#include "metrics/per_worker.hpp"

namespace drishti::routing {

/// Servers of one name share their counters (the ports 80 and 443 of a site), locations of one name in them do, too.
struct SnapshotMetrics {
  std::vector<std::shared_ptr<metrics::ServerBlock>> servers;      ///< by conf::Server::number
  std::vector<std::shared_ptr<metrics::LocationBlock>> locations;  ///< by conf::Location::number
  std::vector<std::shared_ptr<metrics::UpstreamBlock>> upstreams;  ///< in the order of conf::Config::upstreams
  std::shared_ptr<metrics::UpstreamBlock> dynamic_upstreams;       ///< of every proxy_pass with variables
  bool has_dynamic_upstreams = false;
};

/// Control thread. What the previous configuration named the same goes on counting.
SnapshotMetrics find_metrics(const conf::Config& config, metrics::Catalogue& catalogue);

/// As written: `= /x`, `^~ /x`, `~ \.php$`, `/x`, `@name`; `-` for what is outside any location.
std::string location_label(const conf::Location& location);
/// The first name; `_` for a server without one.
std::string server_label(const conf::Server& server);

}  // namespace drishti::routing
