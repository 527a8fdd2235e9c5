#include "cache/random_token.hpp"

#include <random>

namespace drishti::cache {

std::uint64_t random_token() {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return generator() | 1;
}

}  // namespace drishti::cache
