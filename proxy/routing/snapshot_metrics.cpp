#include "routing/snapshot_metrics.hpp"

namespace drishti::routing {
namespace {

using metrics::Labels;

class Finder {
 public:
  Finder(metrics::Catalogue& catalogue, SnapshotMetrics& found) : catalogue_(catalogue), found_(found) {}

  void add_server(const conf::Server& server) {
    const Labels labels{{"server", server_label(server)}};
    found_.servers.push_back(catalogue_.servers.find_or_make(labels));
    add_location(*server.root, labels);
  }

 private:
  void add_location(const conf::Location& location, const Labels& of_server) {
    Labels labels = of_server;
    labels["location"] = location_label(location);
    found_.locations.push_back(catalogue_.locations.find_or_make(labels));
    note_proxy_pass(location);
    for (const auto& child : location.children) add_location(*child, of_server);
  }

  // An `if` inherits the proxy_pass around it, or has one of its own.
  void note_proxy_pass(const conf::Location& location) {
    if (location.proxy_pass && location.proxy_pass->has_variables) found_.has_dynamic_upstreams = true;
    for (const conf::RewriteOp& op : location.rewrite) {
      const auto* branch = std::get_if<conf::IfOp>(&op.op);
      if (branch && branch->location) note_proxy_pass(*branch->location);
    }
  }

  metrics::Catalogue& catalogue_;
  SnapshotMetrics& found_;
};

}  // namespace

std::string location_label(const conf::Location& location) {
  using Kind = conf::Location::Kind;
  switch (location.kind) {
    case Kind::server_root: return "-";
    case Kind::exact: return "= " + location.pattern;
    case Kind::prefix_final: return "^~ " + location.pattern;
    case Kind::regex: return (location.regex.regex.case_insensitive() ? "~* " : "~ ") + location.pattern;
    default: return location.pattern;
  }
}

std::string server_label(const conf::Server& server) { return server.first_name.empty() ? "_" : server.first_name; }

// In the order of conf::number_locations().
SnapshotMetrics find_metrics(const conf::Config& config, metrics::Catalogue& catalogue) {
  SnapshotMetrics found;
  Finder finder(catalogue, found);
  for (const auto& server : config.servers) finder.add_server(*server);
  for (const auto& upstream : config.upstreams)
    found.upstreams.push_back(catalogue.upstreams.find_or_make({{"upstream", upstream->name}}));
  found.dynamic_upstreams = catalogue.upstreams.find_or_make({{"upstream", "(variables)"}});
  return found;
}

}  // namespace drishti::routing
