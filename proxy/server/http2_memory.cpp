#include "server/http2_memory.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>

#include "net/frame_pool.hpp"

namespace drishti::server {
namespace {

/// Stands before every block: the library does not say a block's size when it gives it back.
struct alignas(std::max_align_t) Block {
  std::size_t size;
};

void* allocate(std::size_t size, void*) {
  if (size > std::numeric_limits<std::size_t>::max() - sizeof(Block)) return nullptr;
  auto* block = new (net::allocate_frame(size + sizeof(Block))) Block{size};
  return block + 1;
}

void release(void* memory, void*) {
  if (memory == nullptr) return;
  Block* block = static_cast<Block*>(memory) - 1;
  net::release_frame(block, block->size + sizeof(Block));
}

void* allocate_zeroed(std::size_t count, std::size_t size, void*) {
  if (size != 0 && count > std::numeric_limits<std::size_t>::max() / size) return nullptr;
  void* memory = allocate(count * size, nullptr);
  return memory == nullptr ? nullptr : std::memset(memory, 0, count * size);
}

void* resize(void* memory, std::size_t size, void*) {
  if (memory == nullptr) return allocate(size, nullptr);
  void* fresh = allocate(size, nullptr);
  if (fresh == nullptr) return nullptr;
  std::memcpy(fresh, memory, std::min(size, (static_cast<Block*>(memory) - 1)->size));
  release(memory, nullptr);
  return fresh;
}

}  // namespace

nghttp2_mem* http2_memory() {
  static nghttp2_mem memory{nullptr, allocate, release, allocate_zeroed, resize};
  return &memory;
}

}  // namespace drishti::server
