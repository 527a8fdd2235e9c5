#include "cache/redis/address_source.hpp"

#include <memory>

#include "cache/redis/signal.hpp"

namespace drishti::cache::redis {
namespace {

/// Shared with the look-up, which may end after the wait.
struct LookUp {
  explicit LookUp(net::Reactor& reactor) : done(reactor) {}
  Signal done;
  std::vector<SocketAddress> addresses;
};

}  // namespace

net::Task<std::optional<SocketAddress>> address_of(net::Reactor& reactor, const Resolve& resolve, Node node,
                                                   net::milliseconds limit) {
  if (node.is_unix()) co_return SocketAddress::from_unix(node.host);
  if (auto literal = SocketAddress::from_ip(node.host, node.port)) co_return literal;
  if (!resolve) co_return std::nullopt;
  auto look_up = std::make_shared<LookUp>(reactor);
  resolve(node.host, node.port, [look_up](std::vector<SocketAddress> addresses) {
    look_up->addresses = std::move(addresses);
    look_up->done.notify();
  });
  co_await look_up->done.wait(limit);
  if (look_up->addresses.empty()) co_return std::nullopt;
  co_return look_up->addresses.front();
}

net::Task<std::optional<Target>> NodeList::next() {
  constexpr net::milliseconds limit{2000};
  const Node node = nodes_[turn_++ % nodes_.size()];
  const auto address = co_await address_of(reactor_, resolve_, node, limit);
  if (!address) co_return std::nullopt;
  co_return Target{node, *address};
}

}  // namespace drishti::cache::redis
