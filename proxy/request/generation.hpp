#pragma once
// One worker's use of a Snapshot: its balancers, pools and log buffers. Requests hold it by a plain count (one thread).

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "net/log_file.hpp"
#include "request/request_counters.hpp"
#include "routing/snapshot.hpp"
#include "upstream/balancer.hpp"
#include "upstream/connection_pool.hpp"

namespace drishti::request {

/// A group as this worker uses it.
struct UpstreamView {
  std::shared_ptr<upstream::UpstreamGroup> group;
  std::unique_ptr<upstream::Balancer> balancer;
  upstream::GroupPool* pool = nullptr;  ///< owned by the worker; outlives generations
  metrics::UpstreamMetrics* metrics = nullptr;  ///< this worker's; null for a proxy_pass with variables
};

/// The pools of a worker by group name: connections survive reloads.
using PoolMap = std::unordered_map<std::string, std::unique_ptr<upstream::GroupPool>>;
/// The log buffers of a worker by path.
using LogMap = std::unordered_map<std::string, std::unique_ptr<net::LogBuffer>>;

class Generation {
 public:
  Generation(std::shared_ptr<const routing::Snapshot> snapshot, unsigned worker_index, net::Reactor& reactor,
             PoolMap& pools, LogMap& logs);
  const routing::Snapshot& snapshot() const { return *snapshot_; }
  /// The buffer that an access_log of this configuration writes to, or null.
  net::LogBuffer* log_buffer(const conf::AccessLog& log);
  /// The view of an upstream of this configuration; never null for one of config.upstreams.
  UpstreamView* view(const conf::Upstream* upstream);
  const RequestCounters& counters() const { return counters_; }
  /// Where VIEW, one of this configuration or made for a proxy_pass with variables, is counted.
  metrics::UpstreamMetrics& metrics_of(const UpstreamView& view);

 private:
  friend class GenerationRef;
  std::shared_ptr<const routing::Snapshot> snapshot_;
  std::unordered_map<const conf::Upstream*, UpstreamView> views_;
  LogMap& logs_;
  std::unordered_map<const conf::AccessLog*, net::LogBuffer*> log_buffers_;  ///< found by path once, then by address
  RequestCounters counters_;
  unsigned worker_index_;
  std::uint64_t references_ = 0;
  std::function<void(const routing::Snapshot&)> retired_;

 public:
  /// Runs when the last reference ended.
  void on_retired(std::function<void(const routing::Snapshot&)> callback) { retired_ = std::move(callback); }
};

/// Counted reference to a Generation; the last one deletes it. One thread.
class GenerationRef {
 public:
  GenerationRef() = default;
  explicit GenerationRef(Generation* generation) : generation_(generation) {
    if (generation_) ++generation_->references_;
  }
  GenerationRef(const GenerationRef& other) : GenerationRef(other.generation_) {}
  GenerationRef(GenerationRef&& other) noexcept : generation_(std::exchange(other.generation_, nullptr)) {}
  GenerationRef& operator=(GenerationRef other) noexcept {
    std::swap(generation_, other.generation_);
    return *this;
  }
  ~GenerationRef();
  Generation* operator->() const { return generation_; }
  Generation& operator*() const { return *generation_; }
  explicit operator bool() const { return generation_ != nullptr; }

 private:
  Generation* generation_ = nullptr;
};

}  // namespace drishti::request
