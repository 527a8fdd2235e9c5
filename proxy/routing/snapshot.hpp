#pragma once
// One configuration in use: the settings, the routes and the upstream groups. Immutable; shared by all workers;
// requests finish on the one that they began with.

#include <memory>
#include <unordered_map>
#include <vector>

#include "conf/config.hpp"
#include "routing/router.hpp"
#include "routing/snapshot_metrics.hpp"
#include "tls/client_context.hpp"
#include "upstream/upstream_group.hpp"

namespace drishti::routing {

struct Snapshot {
  Snapshot(std::shared_ptr<const conf::Config> the_config,
           std::vector<std::shared_ptr<upstream::UpstreamGroup>> the_groups, std::uint64_t the_number,
           SnapshotMetrics the_metrics = {})
      : config(std::move(the_config)),
        router(config),
        groups(std::move(the_groups)),
        upstream_tls(std::make_shared<const tls::ClientContexts>(*config)),
        number(the_number),
        metrics(std::move(the_metrics)) {}

  std::shared_ptr<const conf::Config> config;
  Router router;
  std::vector<std::shared_ptr<upstream::UpstreamGroup>> groups;
  std::shared_ptr<const tls::ClientContexts> upstream_tls;  ///< of its https and grpcs passes
  std::uint64_t number = 0;  ///< 1 for the configuration of the start, one more for each reload
  SnapshotMetrics metrics;   ///< empty: nothing is counted
};

}  // namespace drishti::routing
