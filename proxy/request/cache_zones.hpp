#pragma once
// The zones of the response cache as one worker uses them.

#include <memory>
#include <string>
#include <unordered_map>

#include "cache/shared_store.hpp"
#include "cache/zone.hpp"
#include "metrics/cache_metrics.hpp"

namespace drishti::request {

struct CacheZoneView {
  std::shared_ptr<cache::Zone> zone;            ///< the process's
  std::shared_ptr<cache::SharedStore> shared;   ///< this worker's way to Redis; null: the memory layer alone
  std::shared_ptr<metrics::CacheMetrics> counted;       ///< this worker's

  bool uses_memory() const { return !shared || shared->may_use_memory(); }
  cache::StoredResponsePtr find(const cache::KeyHash& hash, std::string_view key) const {
    return uses_memory() ? zone->memory().find(hash, key) : nullptr;
  }
  void keep(const cache::KeyHash& hash, cache::StoredResponsePtr response, cache::Ticket ticket) const {
    if (uses_memory()) zone->keep(hash, std::move(response), ticket);
  }
};

/// By name. A view stays as it is for as long as the worker: requests of older generations use it.
using CacheMap = std::unordered_map<std::string, std::unique_ptr<CacheZoneView>>;

}  // namespace drishti::request
