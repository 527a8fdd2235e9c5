#include "tls/server_contexts.hpp"

namespace drishti::tls {

ServerContexts::ServerContexts(std::shared_ptr<const conf::Config> config, ProcessState& process)
    : config_(std::move(config)) {
  for (const auto& server : config_->servers) {
    if (!server->ssl.has_certificates() && !*server->ssl.reject_handshake) continue;
    all_.push_back(std::make_shared<const ServerContext>(*server, process));
    by_server_.emplace(server.get(), all_.back().get());
  }
}

const ServerContext* ServerContexts::of(const conf::Server& server) const {
  const auto found = by_server_.find(&server);
  return found == by_server_.end() ? nullptr : found->second;
}

}  // namespace drishti::tls
