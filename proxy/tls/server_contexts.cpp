#include "tls/server_contexts.hpp"

#include <algorithm>

#include "net/kernel_tls.hpp"

namespace drishti::tls {

ServerContexts::ServerContexts(std::shared_ptr<const conf::Config> config, ProcessState& process)
    : config_(std::move(config)) {
  for (const auto& server : config_->servers) {
    if (!server->ssl.has_certificates() && !*server->ssl.reject_handshake) continue;
    add(*server, process);
  }
  asks_for_kernel_tls_ = std::ranges::any_of(all_, [](const auto& context) { return context->asks_for_kernel_tls(); });
  kernel_has_tls_ = asks_for_kernel_tls_ && net::kernel_has_tls();
}

ServerContexts::ServerContexts(const ServerContexts& old, ProcessState& process) 
    : config_(old.config_), asks_for_kernel_tls_(old.asks_for_kernel_tls_), kernel_has_tls_(old.kernel_has_tls_) {
  for (const auto& context : old.all_) {
    const bool is_watched = *context->settings().certificate_watch;
    if (is_watched) add(context->server(), process);
    else add(context);
  }
}

void ServerContexts::add(const conf::Server& server, ProcessState& process) {
  try {
    add(std::make_shared<const ServerContext>(server, process));
  } catch (const TlsError& failure) {
    throw TlsError(failure, server.where);
  }
}

void ServerContexts::add(std::shared_ptr<const ServerContext> context) {
  by_server_.emplace(&context->server(), context.get());
  all_.push_back(std::move(context));
}

const ServerContext* ServerContexts::of(const conf::Server& server) const {
  const auto found = by_server_.find(&server);
  return found == by_server_.end() ? nullptr : found->second;
}

}  // namespace drishti::tls
