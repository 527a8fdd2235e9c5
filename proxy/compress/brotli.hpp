#pragma once
// brotli (RFC 7932) by libbrotli. It can't begin anew with the memory that it has, so that the blocks of memory are kept.

#include <brotli/encode.h>

#include <cstddef>
#include <vector>

#include "compress/coder.hpp"

namespace drishti::compress {

/// Blocks of a few sizes that are asked for again and again. One worker's.
class BlockCache {
 public:
  BlockCache() = default;
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;
  ~BlockCache();
  void* take(std::size_t size);
  void give_back(void* block);
  std::size_t in_use() const { return in_use_; }

 private:
  static constexpr std::size_t most_kept = 8 << 20;  ///< bytes
  struct Kept {
    std::size_t size;
    void* block;
  };
  std::vector<Kept> kept_;
  std::size_t kept_bytes_ = 0;
  std::size_t in_use_ = 0;
};

class BrotliEncoder : public Coder {
 public:
  /// No more than this, up to level 6.
  static constexpr std::size_t memory_of(int window_bits) { return (std::size_t{15} << 19) + (std::size_t{3} << window_bits); }

  BrotliEncoder(BlockCache& blocks, int window_bits) : blocks_(blocks), window_bits_(window_bits) {}
  ~BrotliEncoder() override;
  BrotliEncoder(const BrotliEncoder&) = delete;
  BrotliEncoder& operator=(const BrotliEncoder&) = delete;
  /// SIZE of the body if it is known, else 0.
  bool start(int level, std::size_t size);
  Step code(std::string_view input, std::span<char> output, Op op) override;
  int window_bits() const { return window_bits_; }

 private:
  BlockCache& blocks_;
  const int window_bits_;
  BrotliEncoderState* state_ = nullptr;
};

}  // namespace drishti::compress
