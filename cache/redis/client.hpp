#pragma once
// Redis as one worker sees it: a single node, a master that sentinels name, or a cluster. One worker's thread.

#include <memory>
#include <string>
#include <string_view>

#include "cache/redis/connection.hpp"

namespace drishti::cache::redis {

class Client {
 public:
  virtual ~Client() = default;
  virtual void start() = 0;
  /// Fails all calls; the connections end in the next turn of the loop. Before the loop ends.
  virtual void stop() = 0;
  /// Whether a call has a chance now.
  virtual bool is_available() const = 0;
  /// COMMAND (formatted) goes to the node that has KEY. An error reply is a reply.
  virtual net::Task<CallResult> call(std::string_view key, std::string command, net::milliseconds allowance) = 0;
  /// Without waiting for a reply.
  virtual void tell(std::string_view key, const std::string& command) = 0;
  /// Of a cluster: called with its masters whenever they were read.
  using OnMasters = std::function<void(const std::vector<Node>& masters)>;
  virtual void on_masters([[maybe_unused]] OnMasters on_masters) {}
};

/// What a client and its connections use. All outlive it.
struct ClientServices {
  net::Reactor& reactor;
  net::ErrorLog& log;
  RedisMetrics& metrics;
  Resolve resolve;
};

std::unique_ptr<Client> make_client(const RedisUrl& url, const ClientServices& services);

/// Where the master is: the URL's nodes one after another, or what its sentinels say. Not for a cluster.
std::unique_ptr<AddressSource> make_address_source(const RedisUrl& url, const ClientServices& services);

/// As the URL has it. Throws std::runtime_error when the certificates of TLS cannot be read (so does make_client()).
ConnectionOptions connection_options(const RedisUrl& url);

}  // namespace drishti::cache::redis
