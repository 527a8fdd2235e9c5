#pragma once
// Fetches a response for the cache after the request that asked for it was answered with a stale one.

#include <memory>

#include "request/cached_exchange.hpp"

namespace drishti::request {

/// MEANS are those of the request that is answered now; what is needed of it is copied. FILL, which others wait for under
/// HASH, is led to its end.
void fetch_in_background(const CachedExchange::Means& means, std::shared_ptr<cache::Fill> fill, cache::KeyHash hash);

}  // namespace drishti::request
