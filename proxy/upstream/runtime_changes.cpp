#include "upstream/runtime_changes.hpp"

#include <algorithm>

#include "conf/server_line.hpp"

namespace drishti::upstream {
namespace {

using Line = conf::UpstreamServer;

void apply(const ServerChange& change, Line& line) {
  if (change.weight) line.weight = *change.weight;
  if (change.down) line.down = *change.down;
  if (change.drain) line.drain = *change.drain;
}

void merge(const ServerChange& newer, ServerChange& change) {
  if (newer.weight) change.weight = newer.weight;
  if (newer.down) change.down = newer.down;
  if (newer.drain) change.drain = newer.drain;
}

/// The whole line was spoken of last: what was said of one of its addresses before counts no more.
void give_way(const ServerChange& newer, ServerChange& change) {
  if (newer.weight) change.weight.reset();
  if (newer.down) change.down.reset();
  if (newer.drain) change.drain.reset();
}

bool has_same(const std::vector<Line>& lines, const Line& line) {
  return std::ranges::any_of(lines, [&](const Line& other) { return conf::same_server_line(line, other); });
}

auto by_name(const std::string& name) {
  return [&name](const Line& line) { return line.name == name; };
}

}  // namespace

const RuntimeChanges::Group* RuntimeChanges::find(const conf::Upstream& config) const {
  const auto found = groups_.find(config.name);
  return found == groups_.end() ? nullptr : &found->second;
}

bool RuntimeChanges::is_removed(const Group& group, const Line& line) { return has_same(group.removed, line); }

/// The file has the server, too, meanwhile: its line is the one that counts.
bool RuntimeChanges::takes_over(const Group& group, const conf::Upstream& config, const Line& added) {
  return std::ranges::any_of(config.servers, [&](const Line& line) {
    return line.name == added.name && !is_removed(group, line);
  });
}

bool RuntimeChanges::holds(const Group& group, const Changed& changed, const conf::Upstream& config) {
  return has_same(changed.is_of_added ? group.added : config.servers, changed.line);
}

std::vector<Line> RuntimeChanges::lines(const conf::Upstream& config) const {
  const Group* group = find(config);
  if (group == nullptr) return config.servers;
  std::vector<Line> lines;
  for (const Line& line : config.servers)
    if (!is_removed(*group, line)) lines.push_back(line);
  for (const Line& line : group->added)
    if (!takes_over(*group, config, line)) lines.push_back(line);
  return lines;
}

bool RuntimeChanges::is_added(const conf::Upstream& config, const Line& line) const {
  const Group* group = find(config);
  return group != nullptr && std::ranges::any_of(group->added, by_name(line.name)) && !takes_over(*group, config, line);
}

Line RuntimeChanges::line_for(const conf::Upstream& config, const Line& line, const std::string& address) const {
  Line result = line;
  const Group* group = find(config);
  if (group == nullptr) return result;
  for (const std::string& key : {line.name, address}) {
    const auto changed = group->changed.find(key);
    if (changed != group->changed.end() && changed->second.line.name == line.name &&
        holds(*group, changed->second, config))
      apply(changed->second.what, result);
  }
  return result;
}

void RuntimeChanges::add(const conf::Upstream& config, Line line) { groups_[config.name].added.push_back(std::move(line)); }

void RuntimeChanges::remove(const conf::Upstream& config, const std::string& name) {
  Group& group = groups_[config.name];
  std::erase_if(group.added, by_name(name));
  std::ranges::copy_if(config.servers, std::back_inserter(group.removed),
                       [&](const Line& line) { return line.name == name && !is_removed(group, line); });
  std::erase_if(group.changed, [&](const auto& entry) { return entry.second.line.name == name; });
  if (group.empty()) groups_.erase(config.name);
}

void RuntimeChanges::change(const conf::Upstream& config, const Line& line, const std::string& server,
                            const ServerChange& change) {
  const bool is_of_added = is_added(config, line);
  Group& group = groups_[config.name];
  Changed& known = group.changed[server];
  if (!holds(group, known, config)) known = {};
  known.line = line;
  known.is_of_added = is_of_added;
  known.is_one_address = server != line.name;
  merge(change, known.what);
  if (known.is_one_address) return;
  for (auto& [key, other] : group.changed)
    if (other.is_one_address && other.line.name == line.name) give_way(change, other.what);
}

bool RuntimeChanges::reset(const std::string& group) { return groups_.erase(group) > 0; }

void RuntimeChanges::addresses_changed(const conf::Upstream& config, const std::set<std::string>& addresses) {
  const auto found = groups_.find(config.name);
  if (found == groups_.end()) return;
  std::erase_if(found->second.changed, [&](const auto& entry) {
    return entry.second.is_one_address && !addresses.contains(entry.first);
  });
}

void RuntimeChanges::settle(Group& group, const conf::Upstream& config) {
  std::erase_if(group.removed, [&](const Line& line) { return !has_same(config.servers, line); });
  std::erase_if(group.added, [&](const Line& line) { return takes_over(group, config, line); });
  std::erase_if(group.changed, [&](const auto& entry) { return !holds(group, entry.second, config); });
}

void RuntimeChanges::settle(const conf::Config& config) {
  for (auto& [name, group] : groups_)
    if (const conf::Upstream* upstream = config.find_upstream(name)) settle(group, *upstream);
  std::erase_if(groups_, [&](const auto& entry) {
    return entry.second.empty() || config.find_upstream(entry.first) == nullptr;
  });
}

}  // namespace drishti::upstream
