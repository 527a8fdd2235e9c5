#pragma once
// The zones of the response cache as one worker uses them.

#include <memory>
#include <string>
#include <unordered_map>

#include "cache/shared_store.hpp"
#include "cache/zone.hpp"

namespace drishti::request {

struct CacheZoneView {
  std::shared_ptr<cache::Zone> zone;            ///< the process's
  std::shared_ptr<cache::SharedStore> shared;   ///< this worker's way to Redis; null: the memory layer alone
};

/// By name. A zone stays as long as the worker: requests of older generations may use it.
using CacheMap = std::unordered_map<std::string, CacheZoneView>;

}  // namespace drishti::request
