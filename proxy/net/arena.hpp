#pragma once
// Memory of one request: strings that live until the request ends. Blocks are kept over reset(), so that a
// connection's second request allocates nothing. Not thread safe; owned by the RequestContext.

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace drishti::net {

class Arena {
 public:
  explicit Arena(std::size_t block_size = 2048) : block_size_(block_size) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// SIZE bytes of uninitialised memory, byte aligned.
  char* allocate(std::size_t size);
  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* p = allocate(text.size());
    std::memcpy(p, text.data(), text.size());
    return {p, text.size()};
  }
  /// Gives back the unused end of the newest allocation.
  void shrink_last(std::size_t unused) { used_ -= unused; }
  /// Forgets all; keeps the first block.
  void reset();

 private:
  struct Block {
    std::unique_ptr<char[]> data;
    std::size_t size;
  };
  std::size_t block_size_;
  std::size_t used_ = 0;  ///< of the last block
  std::vector<Block> blocks_;
};

}  // namespace drishti::net
