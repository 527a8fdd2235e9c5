#pragma once
// Writes to the shared layer that no request waits for.

#include <cstdint>
#include <string>

#include "request/cache_zones.hpp"

namespace drishti::request {

/// Stores RESPONSE for KEEP milliseconds; without effect without a shared layer.
void put_shared(CacheZoneView& view, cache::StoredResponsePtr response, std::int64_t keep);
void remove_shared(CacheZoneView& view, std::string key);

/// Tells copies and holders of locks apart.
std::uint64_t random_token();

}  // namespace drishti::request
