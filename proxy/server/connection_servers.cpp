#include "server/connection_servers.hpp"

#include "server/worker.hpp"

namespace drishti::server {

ConnectionServers::ConnectionServers(request::GenerationRef generation, const SocketAddress& local)
    : generation_(std::move(generation)), table_(generation_->snapshot().router.table(local)) {}

/// Null: nobody listens there in SNAPSHOT, or something else is spoken.
const routing::ServerTable* ConnectionServers::find(const routing::Snapshot& snapshot, const SocketAddress& local) const {
  const routing::ServerTable* table = snapshot.router.table(local);
  if (table == nullptr) return nullptr;
  const routing::ListenProtocols &now = table->protocols(), &then = table_->protocols();
  return now.ssl == then.ssl && now.proxy_protocol == then.proxy_protocol ? table : nullptr;
}

void ConnectionServers::check(const Worker& worker, const SocketAddress& local) {
  if (find(worker.generation()->snapshot(), local) == nullptr) is_out_of_use_ = true;
}

bool ConnectionServers::update(const Worker& worker, const SocketAddress& local) {
  const request::GenerationRef& newest = worker.generation();
  if (is_out_of_use_ || &*newest == &*generation_) return !is_out_of_use_;
  const routing::ServerTable* found = find(newest->snapshot(), local);
  is_out_of_use_ = found == nullptr;
  if (is_out_of_use_) return false;
  generation_ = newest;
  table_ = found;
  return true;
}

}  // namespace drishti::server
