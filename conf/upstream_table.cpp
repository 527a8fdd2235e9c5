#include "conf/upstream_table.hpp"

#include <strings.h>

#include <algorithm>

namespace drishti::conf {
namespace {

bool same_host(const std::string& a, const std::string& b) {
  return a.size() == b.size() && strncasecmp(a.c_str(), b.c_str(), a.size()) == 0;
}

std::string host_text(const AddressUrl& url) { return url.unix_address ? "unix:" + url.unix_path : url.host; }

[[noreturn]] void fail_port(const AddressUrl& url, const Where& where) {
  throw ConfigError("upstream \"" + url.host + "\" may not have port " + std::to_string(*url.port), where);
}

}  // namespace

Upstream& UpstreamTable::define(const std::string& name, const Where& where) {
  for (auto& entry : entries_) {
    if (!same_host(host_text(entry.url), name)) continue;
    if (entry.is_defined) throw ConfigError("duplicate upstream \"" + name + "\"", where);
    if (entry.url.port) fail_port(entry.url, entry.upstream->where);
    entry.is_defined = true;
    entry.upstream->name = name;
    entry.upstream->where = where;
    return *entry.upstream;
  }
  Entry entry{std::make_shared<Upstream>(), {}, 80, true};
  entry.url.host = name;
  entry.upstream->name = name;
  entry.upstream->where = where;
  entries_.push_back(std::move(entry));
  return *entries_.back().upstream;
}

std::shared_ptr<const Upstream> UpstreamTable::refer(const AddressUrl& url, const Where& where,
                                                     std::uint16_t default_port) {
  for (auto& entry : entries_) {
    if (!same_host(host_text(entry.url), host_text(url))) continue;
    if (entry.is_defined && url.port) fail_port(url, where);
    if (entry.is_defined || entry.port() == url.port.value_or(default_port)) return entry.upstream;
  }
  Entry entry{std::make_shared<Upstream>(), url, default_port, false};
  const bool names_port = url.port || (default_port != 80 && !url.unix_address);
  entry.upstream->name = host_text(url) + (names_port ? ":" + std::to_string(entry.port()) : "");
  entry.upstream->where = where;
  entries_.push_back(entry);
  return entry.upstream;
}

Upstream& UpstreamTable::find(const Upstream* referred) {
  return *std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.upstream.get() == referred;
  })->upstream;
}

// `proxy_pass http://x` and `proxy_pass https://x` in front of `upstream x { }` made one each.
const UpstreamTable::Entry* UpstreamTable::definition_of(const Entry& entry) const {
  if (entry.is_defined || entry.url.port) return nullptr;
  const auto found = std::ranges::find_if(entries_, [&](const Entry& other) {
    return other.is_defined && same_host(host_text(other.url), host_text(entry.url));
  });
  return found == entries_.end() ? nullptr : &*found;
}

std::shared_ptr<const Upstream> UpstreamTable::settled(const std::shared_ptr<const Upstream>& referred) const {
  const auto entry = std::ranges::find(entries_, referred, &Entry::upstream);
  if (entry == entries_.end()) return referred;
  const Entry* definition = definition_of(*entry);
  return definition == nullptr ? referred : definition->upstream;
}

std::vector<std::shared_ptr<const Upstream>> UpstreamTable::finish() {
  std::vector<std::shared_ptr<const Upstream>> upstreams;
  for (auto& entry : entries_) {
    if (definition_of(entry) != nullptr) continue;
    if (!entry.is_defined) {
      entry.upstream->implicit = true;
      entry.upstream->servers.push_back(
          make_upstream_server(entry.upstream->name, entry.url, entry.upstream->where, entry.default_port));
    }
    upstreams.push_back(entry.upstream);
  }
  return upstreams;
}

UpstreamServer make_upstream_server(const std::string& text, const AddressUrl& url, const Where& where,
                                    std::uint16_t default_port) {
  UpstreamServer server;
  server.name = text;
  server.where = where;
  server.port = url.port.value_or(default_port);
  server.literal = url.unix_address;
  if (!url.unix_address) {
    server.literal = SocketAddress::from_ip(url.host, server.port);
    server.host = url.host.starts_with('[') ? url.host.substr(1, url.host.size() - 2) : url.host;
  }
  return server;
}

}  // namespace drishti::conf
