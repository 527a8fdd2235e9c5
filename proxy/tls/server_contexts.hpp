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
  /// Reads all files. Throws TlsError with the place of the server that needs them.
  ServerContexts(std::shared_ptr<const conf::Config> config, ProcessState& process);
  /// What is said when lacks_kernel_tls().
  static constexpr const char* no_kernel_tls =
      "\"ssl_conf_command Options KTLS\": the kernel has no TLS (its module tls), connections go on without";

  /// As OLD, with the files of servers that have ssl_certificate_watch read again. Throws TlsError.
  ServerContexts(const ServerContexts& old, ProcessState& process);

  /// Null: the server has neither certificates nor ssl_reject_handshake.
  const ServerContext* of(const conf::Server& server) const;
  /// Whether connections with CONTEXT are offered to the kernel: it was asked for, and the kernel has TLS.
  bool kernel_sends(const ServerContext& context) const { return kernel_has_tls_ && context.asks_for_kernel_tls(); }
  /// It was asked for in vain.
  bool lacks_kernel_tls() const { return asks_for_kernel_tls_ && !kernel_has_tls_; }
  const conf::Config& config() const { return *config_; }
  /// In the order of the servers.
  const std::vector<std::shared_ptr<const ServerContext>>& all() const { return all_; }

 private:
  void add(const conf::Server& server, ProcessState& process);
  void add(std::shared_ptr<const ServerContext> context);
  std::shared_ptr<const conf::Config> config_;  // the contexts refer to its servers
  std::vector<std::shared_ptr<const ServerContext>> all_;
  std::unordered_map<const conf::Server*, const ServerContext*> by_server_;
  bool asks_for_kernel_tls_ = false;
  bool kernel_has_tls_ = false;
};

}  // namespace drishti::tls
