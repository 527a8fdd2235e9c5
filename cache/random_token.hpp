#pragma once
// Tells copies, holders of locks and removals apart, over all proxies. Any thread.

#include <cstdint>

namespace drishti::cache {

/// 64 random bits; never 0, which stands for none.
std::uint64_t random_token();

}  // namespace drishti::cache
