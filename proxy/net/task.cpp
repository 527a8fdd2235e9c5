#include "net/task.hpp"

#include <array>
#include <new>

namespace drishti::net {
namespace {

constexpr std::size_t class_size = 128;
constexpr std::size_t classes = 32;  // up to 4 KiB
constexpr std::size_t kept_per_class = 256;

struct FreeFrame {
  FreeFrame* next;
};

struct FramePool {
  std::array<FreeFrame*, classes> free{};
  std::array<std::size_t, classes> count{};
  ~FramePool() {
    for (FreeFrame*& list : free) {
      while (list) {
        FreeFrame* frame = std::exchange(list, list->next);
        ::operator delete(frame);
      }
    }
  }
};

thread_local FramePool pool;

}  // namespace

void* allocate_frame(std::size_t size) {
  std::size_t index = (size - 1) / class_size;
  if (index >= classes) return ::operator new(size);
  FreeFrame*& list = pool.free[index];
  if (!list) return ::operator new((index + 1) * class_size);
  --pool.count[index];
  return std::exchange(list, list->next);
}

void release_frame(void* frame, std::size_t size) noexcept {
  std::size_t index = (size - 1) / class_size;
  if (index >= classes || pool.count[index] >= kept_per_class) {
    ::operator delete(frame);
    return;
  }
  ++pool.count[index];
  pool.free[index] = new (frame) FreeFrame{pool.free[index]};
}

}  // namespace drishti::net
