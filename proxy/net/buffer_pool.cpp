#include "net/buffer_pool.hpp"

namespace drishti::net {

void Buffer::release() {
  if (data_) pool_->give_back(data_, capacity_);
  data_ = nullptr;
  capacity_ = begin_ = end_ = 0;
}

BufferPool::~BufferPool() {
  for (auto* list : {&small_, &medium_, &large_})
    for (char* data : *list) delete[] data;
}

std::vector<char*>* BufferPool::list_for(std::size_t capacity) {
  if (capacity == small) return &small_;
  if (capacity == medium) return &medium_;
  if (capacity == large) return &large_;
  return nullptr;
}

Buffer BufferPool::take(std::size_t size) {
  Buffer buffer;
  buffer.pool_ = this;
  buffer.capacity_ = size <= small ? small : size <= medium ? medium : size <= large ? large : size;
  ++in_use_;
  auto* list = list_for(buffer.capacity_);
  if (list && !list->empty()) {
    buffer.data_ = list->back();
    list->pop_back();
  } else {
    buffer.data_ = new char[buffer.capacity_];
  }
  return buffer;
}

void BufferPool::grow(Buffer& buffer, std::size_t size) {
  if (buffer && buffer.capacity() >= size) return;
  Buffer bigger = take(size);
  std::string_view unread = buffer.readable();
  if (!unread.empty()) std::memcpy(bigger.data_, unread.data(), unread.size());  // of no buffer data() is null
  bigger.end_ = unread.size();
  buffer = std::move(bigger);
}

void BufferPool::give_back(char* data, std::size_t capacity) {
  --in_use_;
  auto* list = list_for(capacity);
  if (list && list->size() * capacity < kept_bytes_per_class) {
    list->push_back(data);
    return;
  }
  delete[] data;
}

}  // namespace drishti::net
