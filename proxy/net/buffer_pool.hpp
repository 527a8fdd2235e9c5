#pragma once
// Byte buffers of a worker, recycled last in first out so that the hot ones stay in the processor's caches.
// An idle connection owns none.

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace drishti::net {

class BufferPool;

/// A buffer with unread bytes [begin, end). Gives its memory back to the pool at its end. Worker thread only.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept { *this = std::move(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    if (this == &other) return *this;
    release();
    pool_ = std::exchange(other.pool_, nullptr);
    data_ = std::exchange(other.data_, nullptr);
    capacity_ = std::exchange(other.capacity_, 0);
    begin_ = std::exchange(other.begin_, 0);
    end_ = std::exchange(other.end_, 0);
    return *this;
  }
  ~Buffer() { release(); }

  explicit operator bool() const { return data_ != nullptr; }
  std::string_view readable() const { return {data_ + begin_, end_ - begin_}; }
  std::span<char> writable() { return {data_ + end_, capacity_ - end_}; }
  std::size_t capacity() const { return capacity_; }
  bool empty() const { return begin_ == end_; }
  char* data() { return data_; }
  void produced(std::size_t n) { end_ += n; }
  void consumed(std::size_t n) { begin_ += n; }
  void clear() { begin_ = end_ = 0; }
  /// Moves the unread bytes to the front.
  void compact() {
    if (begin_ == 0) return;
    std::memmove(data_, data_ + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  void release();

 private:
  friend class BufferPool;
  BufferPool* pool_ = nullptr;
  char* data_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

class BufferPool {
 public:
  static constexpr std::size_t small = 4 << 10;     ///< a request head
  static constexpr std::size_t medium = 32 << 10;   ///< an upstream's head and the beginning of its body
  static constexpr std::size_t large = 128 << 10;   ///< a body that streams

  BufferPool() = default;
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool();

  /// At least SIZE bytes: one of the classes above, or exactly SIZE beyond the largest (not recycled).
  Buffer take(std::size_t size);
  /// A buffer of at least SIZE with the same unread bytes.
  void grow(Buffer& buffer, std::size_t size);
  std::size_t in_use() const { return in_use_; }

 private:
  friend class Buffer;
  static constexpr std::size_t kept_bytes_per_class = 4 << 20;
  std::vector<char*>* list_for(std::size_t capacity);
  void give_back(char* data, std::size_t capacity);
  std::vector<char*> small_, medium_, large_;
  std::size_t in_use_ = 0;
};

}  // namespace drishti::net
