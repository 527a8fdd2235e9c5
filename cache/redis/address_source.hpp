#pragma once
// Where to connect to next. Asked anew for each attempt, so that a name that moved is followed. The worker's thread.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cache/redis/redis_url.hpp"
#include "conf/socket_address.hpp"
#include "net/reactor.hpp"
#include "net/task.hpp"

namespace drishti::cache::redis {

/// Looks a name up without blocking; DONE runs later on the calling thread, with nothing when there is no address.
using Resolve = std::function<void(const std::string& host, std::uint16_t port,
                                   std::function<void(std::vector<SocketAddress>)> done)>;

struct Target {
  Node node;              ///< as it was written or announced: for logs and TLS
  SocketAddress address;
};

class AddressSource {
 public:
  virtual ~AddressSource() = default;
  /// Nothing: no address now.
  virtual net::Task<std::optional<Target>> next() = 0;
  /// MOVED is called when the last answer is known to be wrong by now.
  virtual void on_moved([[maybe_unused]] std::function<void()> moved) {}
  /// Whoever asks is gone: next() ends soon, with nothing.
  virtual void stop() {}
};

/// The address of NODE within LIMIT; numeric addresses and sockets without a wait.
net::Task<std::optional<SocketAddress>> address_of(net::Reactor& reactor, const Resolve& resolve, Node node,
                                                   net::milliseconds limit);

/// One node after another.
class NodeList : public AddressSource {
 public:
  NodeList(net::Reactor& reactor, Resolve resolve, std::vector<Node> nodes)
      : reactor_(reactor), resolve_(std::move(resolve)), nodes_(std::move(nodes)) {}
  net::Task<std::optional<Target>> next() override;

 private:
  net::Reactor& reactor_;
  Resolve resolve_;
  std::vector<Node> nodes_;
  std::size_t turn_ = 0;
};

}  // namespace drishti::cache::redis
