#pragma once
// The compressors of one worker: what a response used is kept for the next, and all together have a bound (threat X17).

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "compress/brotli.hpp"
#include "compress/gzip.hpp"
#include "compress/zstd.hpp"

namespace drishti::compress {

class CoderPool {
  struct GiveBack {
    CoderPool* pool = nullptr;
    void (*how)(CoderPool&, Coder&) = nullptr;
    void operator()(Coder* coder) const { how(*pool, *coder); }
  };

 public:
  static constexpr std::size_t most_memory = 128 << 20;  ///< of all that are in use
  static constexpr std::size_t large = 1 << 20;          ///< coders of more than this get three quarters of it at most
  static constexpr std::size_t most_idle = 4 << 20;      ///< of those of one kind that are kept

  /// A coder that is ready for a body; null when there is no memory for one more. It goes back to the pool at its end.
  using Lease = std::unique_ptr<Coder, GiveBack>;

  explicit CoderPool(std::size_t limit = most_memory) : limit_(limit) {}
  CoderPool(const CoderPool&) = delete;
  CoderPool& operator=(const CoderPool&) = delete;

  Lease gzip(int level);
  Lease gunzip(const GrowthLimits& limits);
  Lease brotli(int level, int window_bits, std::optional<std::uint64_t> size);
  Lease zstd(int level, std::optional<std::uint64_t> size);
  std::size_t in_use() const { return in_use_; }

 private:
  template <class T>
  using Idle = std::vector<std::unique_ptr<T>>;
  bool has_room(std::size_t memory) const { return in_use_ + memory <= (memory > large ? limit_ / 4 * 3 : limit_); }
  template <class T, auto Member, class... Args>
  Lease lend(std::size_t memory, Args&&... args);
  template <class T, auto Member>
  static void take_back(CoderPool& pool, Coder& coder);

  const std::size_t limit_;
  std::size_t in_use_ = 0;
  BlockCache blocks_;
  Idle<GzipEncoder> gzip_;
  Idle<GzipDecoder> gunzip_;
  Idle<ZstdEncoder> zstd_;
};

}  // namespace drishti::compress
