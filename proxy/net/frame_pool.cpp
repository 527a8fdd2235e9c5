#include "net/frame_pool.hpp"

#include <array>
#include <cstdint>
#include <new>
#include <utility>

namespace drishti::net {
namespace {

constexpr std::size_t class_size = 128;
constexpr std::size_t classes = 32;  // up to 4 KiB
constexpr std::size_t kept_bytes_per_class = 1 << 20;  // a thousand busy clients find their frames again

struct FreeFrame {
  FreeFrame* next;
};

struct FramePool {
  std::array<FreeFrame*, classes> free{};
  std::array<std::uint32_t, classes> count{};
};

// Without a destructor, so that an access needs no check whether it was constructed; the janitor empties it.
constinit thread_local FramePool pool;

struct Janitor {
  bool awake = false;
  ~Janitor() {
    for (FreeFrame*& list : pool.free)
      while (list) ::operator delete(std::exchange(list, list->next));
  }
};

thread_local Janitor janitor;

void* fresh_frame(std::size_t size) {
  janitor.awake = true;  // constructed on first use; runs at the end of the thread
  return ::operator new(size);
}

}  // namespace

void* allocate_frame(std::size_t size) {
  std::size_t index = (size - 1) / class_size;
  if (index >= classes) return ::operator new(size);
  FreeFrame*& list = pool.free[index];
  if (!list) return fresh_frame((index + 1) * class_size);
  --pool.count[index];
  return std::exchange(list, list->next);
}

void release_frame(void* frame, std::size_t size) noexcept {
  std::size_t index = (size - 1) / class_size;
  if (index >= classes || pool.count[index] * (index + 1) * class_size >= kept_bytes_per_class) {
    ::operator delete(frame);
    return;
  }
  ++pool.count[index];
  pool.free[index] = new (frame) FreeFrame{pool.free[index]};
}

}  // namespace drishti::net
