#pragma once
// The servers behind the address of one connection, always together with the configuration that they belong to. A worker's.

#include "request/generation.hpp"
#include "routing/server_table.hpp"

namespace drishti::server {

class Worker;

class ConnectionServers {
 public:
  /// Somebody listens on LOCAL in GENERATION.
  ConnectionServers(request::GenerationRef generation, const SocketAddress& local);

  /// Takes the newest configuration of WORKER. False: there nobody listens on LOCAL, or something else is spoken; what there
  /// was stays, for what has begun, and nothing more is to begin.
  bool update(const Worker& worker, const SocketAddress& local);
  /// Whether update() would succeed, for is_out_of_use(); changes nothing else.
  void check(const Worker& worker, const SocketAddress& local);
  bool is_out_of_use() const { return is_out_of_use_; }

  /// Lives as long as a reference to generation() is held.
  const routing::ServerTable& table() const { return *table_; }
  const conf::Server& default_server() const { return table_->default_server(); }
  const request::GenerationRef& generation() const { return generation_; }

 private:
  const routing::ServerTable* find(const routing::Snapshot& snapshot, const SocketAddress& local) const;

  request::GenerationRef generation_;
  const routing::ServerTable* table_;
  bool is_out_of_use_ = false;
};

}  // namespace drishti::server
