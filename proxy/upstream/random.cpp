#include "upstream/random.hpp"

namespace drishti::upstream {

// splitmix64: eight bytes of state a group and worker, good enough to spread requests.
std::uint64_t Random::next() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

std::size_t Random::less_loaded(std::size_t a, std::size_t b) {
  const Slot& first = slots()[a];
  const Slot& second = slots()[b];
  return second.in_flight() * first.peer->weight > first.in_flight() * second.peer->weight ? a : b;
}

std::size_t Random::choose(PickRequest& request, Range range) {
  std::size_t first = none;
  while (!range.is_backups && !line_.empty() && request.misses <= max_misses) {
    const std::size_t index = line_.at(next());
    if (index == first || !eligible(request, index)) {
      ++request.misses;
    } else if (!two_) {
      return index;
    } else if (first != none) {
      return less_loaded(first, index);
    } else {
      first = index;
    }
  }
  return round_robin(request, range);
}

}  // namespace drishti::upstream
