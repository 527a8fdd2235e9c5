#include "conf/listen_table.hpp"

#include <algorithm>
#include <set>

namespace drishti::conf {
namespace {

std::string written_name(const ServerName& name) {
  switch (name.kind) {
    case ServerName::Kind::wildcard_head: return "*" + name.text;
    case ServerName::Kind::wildcard_tail: return name.text + "*";
    default: return name.text;
  }
}

}  // namespace

ListenTable::Entry& ListenTable::entry_of(const SocketAddress& address) {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.address == address; });
  if (found != entries_.end()) return *found;
  entries_.push_back({address, false, false, {}});
  return entries_.back();
}

void ListenTable::add(const Server& server, const Listen& listen, bool has_options) {
  Entry& entry = entry_of(listen.address);
  const std::string address = listen.address.text();
  if (std::find(entry.servers.begin(), entry.servers.end(), &server) != entry.servers.end())
    throw ConfigError("a duplicate listen " + address, listen.where);
  if (has_options && entry.has_options) throw ConfigError("duplicate listen options for " + address, listen.where);
  if (listen.default_server && entry.has_default)
    throw ConfigError("a duplicate default server for " + address, listen.where);
  entry.servers.push_back(&server);
  entry.has_options |= has_options;
  entry.has_default |= listen.default_server;
}

void ListenTable::find_conflicting_names(std::vector<Notice>& notices) const {
  for (const auto& entry : entries_) {
    std::set<std::string> names;
    for (const Server* server : entry.servers)
      for (const auto& name : server->names) {
        if (name.kind == ServerName::Kind::regex || names.insert(written_name(name)).second) continue;
        notices.push_back({Notice::Level::warn,
                           "conflicting server name \"" + written_name(name) + "\" on " + entry.address.text() +
                               ", ignored",
                           server->where});
      }
  }
}

}  // namespace drishti::conf
