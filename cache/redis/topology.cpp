#include "cache/redis/topology.hpp"

#include <algorithm>

#include "conf/units.hpp"

namespace drishti::cache::redis {
namespace {

constexpr std::size_t longest_host = 255;

std::optional<Node> node_at(std::string_view host, std::int64_t port, const Node& from) {
  if (host.empty() || host == "?") host = from.host;
  if (host.size() > longest_host || port < 1 || port > 65535) return std::nullopt;
  return Node{std::string(host), static_cast<std::uint16_t>(port)};
}

/// `[first slot, last slot, [host, port, ...] of the master, replicas...]`
bool add_range(Topology& topology, const Reply& range, const Node& from) {
  const auto& words = range.elements;
  if (words.size() < 3 || !words[0].is(Reply::Type::integer) || !words[1].is(Reply::Type::integer)) return false;
  const std::int64_t first = words[0].integer, last = words[1].integer;
  if (first < 0 || first > last || last >= slot_count || words[2].elements.size() < 2) return false;
  const auto node = node_at(words[2].elements[0].text, words[2].elements[1].integer, from);
  if (!node) return false;
  auto& masters = topology.masters;
  auto known = std::find(masters.begin(), masters.end(), *node);
  if (known == masters.end()) {
    if (masters.size() == Topology::most_masters) return false;
    known = masters.insert(masters.end(), *node);
  }
  std::fill(topology.owner.begin() + first, topology.owner.begin() + last + 1,
            static_cast<std::int16_t>(known - masters.begin()));
  return true;
}

}  // namespace

std::optional<Topology> Topology::read(const Reply& reply, const Node& from) {
  Topology topology;
  for (const Reply& range : reply.elements)
    if (!add_range(topology, range, from)) return std::nullopt;
  if (topology.masters.empty()) return std::nullopt;
  return topology;
}

std::optional<Redirection> redirection_in(std::string_view error, const Node& from) {
  Redirection redirection;
  redirection.is_ask = error.starts_with("ASK ");
  if (!redirection.is_ask && !error.starts_with("MOVED ")) return std::nullopt;
  error.remove_prefix(redirection.is_ask ? 4 : 6);
  const std::size_t space = error.find(' ');
  const std::size_t colon = error.rfind(':');
  if (space == std::string_view::npos || colon == std::string_view::npos || colon < space) return std::nullopt;
  const auto slot = conf::parse_number(error.substr(0, space));
  const auto port = conf::parse_number(error.substr(colon + 1));
  if (!slot || *slot >= slot_count || !port || *port > 65535) return std::nullopt;
  const auto node = node_at(error.substr(space + 1, colon - space - 1), static_cast<std::int64_t>(*port), from);
  if (!node) return std::nullopt;
  redirection.slot = static_cast<std::uint16_t>(*slot);
  redirection.node = *node;
  return redirection;
}

}  // namespace drishti::cache::redis
