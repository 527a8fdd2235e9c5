#pragma once
// The contexts of all servers of a configuration, replaced as a whole: by a reload, and when files of certificates change.

#include <memory>
#include <unordered_map>
#include <vector>

#include "conf/config.hpp"
#include "tls/server_context.hpp"

namespace drishti::tls {

class ServerContexts {
 public:
  /// Reads all files. Throws TlsError.
  ServerContexts(std::shared_ptr<const conf::Config> config, ProcessState& process);
  /// As OLD, with the files of servers that have ssl_certificate_watch read again. Throws TlsError.
  ServerContexts(const ServerContexts& old, ProcessState& process);

  /// Null: the server has neither certificates nor ssl_reject_handshake.
  const ServerContext* of(const conf::Server& server) const;
  const conf::Config& config() const { return *config_; }
  /// In the order of the servers.
  const std::vector<std::shared_ptr<const ServerContext>>& all() const { return all_; }

 private:
  void add(std::shared_ptr<const ServerContext> context);
  std::shared_ptr<const conf::Config> config_;  // the contexts refer to its servers
  std::vector<std::shared_ptr<const ServerContext>> all_;
  std::unordered_map<const conf::Server*, const ServerContext*> by_server_;
};

}  // namespace drishti::tls
