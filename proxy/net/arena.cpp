#include "net/arena.hpp"

#include <algorithm>

namespace drishti::net {

char* Arena::allocate(std::size_t size) {
  if (blocks_.empty() || blocks_.back().size - used_ < size) {
    std::size_t block = std::max(size, block_size_);
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(block), block});
    used_ = 0;
  }
  char* p = blocks_.back().data.get() + used_;
  used_ += size;
  return p;
}

void Arena::reset() {
  if (blocks_.size() > 1) blocks_.resize(1);
  used_ = 0;
}

}  // namespace drishti::net
