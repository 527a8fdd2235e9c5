#pragma once
// What a worker lends to the requests that it runs. One thread; outlives all requests.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "conf/socket_address.hpp"
#include "metrics/exposition.hpp"
#include "metrics/worker_metrics.hpp"
#include "net/buffer_pool.hpp"
#include "net/error_log.hpp"
#include "net/reactor.hpp"
#include "request/cache_zones.hpp"
#include "request/generation.hpp"

namespace drishti::request {

/// Looks up a name for proxy_pass with variables; `done` runs on the calling worker's thread.
using DynamicResolve = std::function<void(const std::string& host, std::uint16_t port, const conf::Resolver& resolver,
                                          std::function<void(std::vector<SocketAddress>)> done)>;

class NoClients;

struct WorkerServices {
  net::Reactor& reactor;
  net::BufferPool& buffers;
  net::ErrorLog& error_log;
  metrics::WorkerMetrics& metrics;
  PoolMap& pools;
  LogMap& logs;
  DynamicResolve resolve;
  CacheMap* caches = nullptr;                              ///< the zones of proxy_cache_path
  NoClients* background = nullptr;                        ///< requests that nobody waits for
  bool is_stopping = false;                               ///< nothing is fetched for later any more
  std::function<void(std::function<void()>)> post = {};   ///< runs a function on this worker's thread; any thread may call
  const metrics::Exposition* exposition = nullptr;  ///< behind `metrics` and `stub_status`
  unsigned worker = 0;                              ///< from 0: which counters are this worker's

  net::Clock& clock() const { return reactor.clock(); }
  std::int64_t steady_seconds() const {
    return std::chrono::duration_cast<std::chrono::seconds>(reactor.clock().now().time_since_epoch()).count();
  }
};

}  // namespace drishti::request
