#include "server/config_walk.hpp"

namespace drishti::server {
namespace {

void walk(const conf::Location& location, const LocationVisitor& visit);

void walk_rewrite(const std::vector<conf::RewriteOp>& ops, const LocationVisitor& visit) {
  for (const conf::RewriteOp& op : ops) {
    const auto* branch = std::get_if<conf::IfOp>(&op.op);
    if (branch == nullptr) continue;
    if (branch->location != nullptr) walk(*branch->location, visit);
    walk_rewrite(branch->then, visit);
  }
}

void walk(const conf::Location& location, const LocationVisitor& visit) {
  visit(location);
  walk_rewrite(location.rewrite, visit);
  for (const auto& child : location.children) walk(*child, visit);
}

}  // namespace

void for_each_location(const conf::Config& config, const LocationVisitor& visit) {
  for (const auto& server : config.servers) walk(*server->root, visit);
}

std::set<std::string> log_paths(const conf::Config& config) {
  std::set<std::string> paths;
  for (const conf::ErrorLog& log : config.main.error_logs) paths.insert(log.path);
  for_each_location(config, [&](const conf::Location& location) {
    for (const conf::AccessLog& log : *location.core.access_logs) paths.insert(log.path);
    for (const conf::ErrorLog& log : *location.core.error_logs) paths.insert(log.path);
  });
  return paths;
}

std::vector<conf::ErrorLog> location_error_logs(const conf::Config& config) {
  std::vector<conf::ErrorLog> logs;
  for_each_location(config, [&](const conf::Location& location) {
    logs.insert(logs.end(), location.core.error_logs->begin(), location.core.error_logs->end());
  });
  return logs;
}

std::set<std::string> temp_paths(const conf::Config& config) {
  std::set<std::string> paths;
  for_each_location(config, [&](const conf::Location& location) {
    paths.insert(*location.core.client_body_temp_path);
    paths.insert(*location.proxy.temp_path);
  });
  paths.erase("");
  return paths;
}

}  // namespace drishti::server
