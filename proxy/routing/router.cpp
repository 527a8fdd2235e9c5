#include "routing/router.hpp"

#include <algorithm>

#include "routing/location_table.hpp"

namespace drishti::routing {
namespace {

// Whether a socket bound to A is bound to B; ignores what the kernel may fill in besides (scope, padding).
bool same_endpoint(const SocketAddress& a, const SocketAddress& b) {
  if (a.family() != b.family()) return false;
  if (a.is_unix()) return a.text() == b.text();
  return a.port() == b.port() && a.binary_ip() == b.binary_ip();
}

// Each option may be given in one of the servers that share the address.
void merge_options(conf::Listen& into, const conf::Listen& from) {
  static const conf::Listen defaults;
  into.default_server |= from.default_server;
  into.reuseport |= from.reuseport;
  into.so_keepalive |= from.so_keepalive;
  into.ssl |= from.ssl;
  into.http2 |= from.http2;
  into.proxy_protocol |= from.proxy_protocol;
  if (from.backlog != defaults.backlog) into.backlog = from.backlog;
  if (from.ipv6only != defaults.ipv6only) into.ipv6only = from.ipv6only;
}

}  // namespace

struct Router::ServerLocations {
  std::unique_ptr<const LocationTable> table;
  StringMap<const conf::Location*> named;
};

Router::~Router() = default;

Router::Router(std::shared_ptr<const conf::Config> config) : config_(std::move(config)) {
  for (const auto& server : config_->servers) add_server(*server);
  for (Endpoint& known : endpoints_)
    known.table->protocols_ = {known.listen.ssl, known.listen.http2 || known.table->default_->http2,
                                 known.listen.proxy_protocol, known.table->protocols_.early_data};
  list_addresses_to_bind();
}

Router::Endpoint& Router::endpoint(const conf::Listen& listen) {
  for (Endpoint& known : endpoints_) {
    if (!same_endpoint(known.listen.address, listen.address)) continue;
    merge_options(known.listen, listen);
    return known;
  }
  endpoints_.push_back({listen, std::make_unique<ServerTable>()});
  endpoints_.back().listen.wildcard = listen.address.is_any();
  return endpoints_.back();
}

void Router::add_server(const conf::Server& server) {
  for (const conf::Listen& listen : server.listens) {
    ServerTable& table = *endpoint(listen).table;
    if (table.default_ == nullptr || (listen.default_server && !table.default_is_explicit_)) table.default_ = &server;
    table.default_is_explicit_ |= listen.default_server;
    table.protocols_.early_data |= *server.ssl.early_data;
    table.add(server);
  }
  auto locations = std::make_unique<ServerLocations>();
  if (server.root) {
    locations->table = LocationTable::make(*server.root);
    for (const auto& child : server.root->children)
      if (child->kind == conf::Location::Kind::named) locations->named.emplace(child->pattern, child.get());
  }
  locations_.emplace(&server, std::move(locations));
}

void Router::list_addresses_to_bind() {
  for (const Endpoint& endpoint : endpoints_) {
    const SocketAddress& address = endpoint.listen.address;
    const bool covered = std::ranges::any_of(endpoints_, [&](const Endpoint& other) {
      return &other != &endpoint && other.listen.wildcard && other.listen.address.family() == address.family() &&
             other.listen.address.port() == address.port();
    });
    if (!covered) listens_.push_back(endpoint.listen);
  }
}

const ServerTable* Router::table(const SocketAddress& local) const {
  const Endpoint* wildcard = nullptr;
  for (const Endpoint& endpoint : endpoints_) {
    if (same_endpoint(endpoint.listen.address, local)) return endpoint.table.get();
    if (endpoint.listen.wildcard && endpoint.listen.address.family() == local.family() &&
        endpoint.listen.address.port() == local.port())
      wildcard = &endpoint;
  }
  return wildcard != nullptr ? wildcard->table.get() : nullptr;
}

LocationMatch Router::find_location(const conf::Server& server, std::string_view uri, RegexMatch& match) const {
  LocationMatch result{server.root.get()};
  const LocationTable* table = locations_.at(&server)->table.get();
  if (table == nullptr) return result;
  using Result = LocationTable::Result;
  const Result found = table->find(uri, result.location, match);
  result.auto_redirect = found == Result::redirect;
  result.regex_limit = found == Result::limit;
  return result;
}

const conf::Location* Router::find_named(const conf::Server& server, std::string_view name) const {
  const auto& named = locations_.at(&server)->named;
  const auto found = named.find(name);
  return found == named.end() ? nullptr : found->second;
}

}  // namespace drishti::routing
