#include "compress/coder_pool.hpp"

#include <new>
#include <utility>

namespace drishti::compress {

template <class T, auto Member>
void CoderPool::take_back(CoderPool& pool, Coder& coder) {
  std::unique_ptr<T> back(static_cast<T*>(&coder));
  pool.in_use_ -= T::memory;
  auto& idle = pool.*Member;
  if ((idle.size() + 1) * T::memory <= most_idle) idle.push_back(std::move(back));
}

template <class T, auto Member, class... Args>
CoderPool::Lease CoderPool::lend(std::size_t memory, Args&&... args) {
  if (!has_room(memory)) return {};
  auto& idle = this->*Member;
  std::unique_ptr<T> coder;
  if (idle.empty()) {
    coder.reset(new (std::nothrow) T);
  } else {
    coder = std::move(idle.back());
    idle.pop_back();
  }
  if (!coder || !coder->start(std::forward<Args>(args)...)) return {};
  in_use_ += memory;
  return {coder.release(), GiveBack{this, take_back<T, Member>}};
}

CoderPool::Lease CoderPool::gzip(int level) {
  return lend<GzipEncoder, &CoderPool::gzip_>(GzipEncoder::memory, level);
}

CoderPool::Lease CoderPool::gunzip(const GrowthLimits& limits) {
  return lend<GzipDecoder, &CoderPool::gunzip_>(GzipDecoder::memory, limits);
}

CoderPool::Lease CoderPool::zstd(int level, std::optional<std::uint64_t> size) {
  return lend<ZstdEncoder, &CoderPool::zstd_>(ZstdEncoder::memory, level, size);
}

// Its blocks are what is kept.
CoderPool::Lease CoderPool::brotli(int level, int window_bits, std::optional<std::uint64_t> size) {
  if (!has_room(BrotliEncoder::memory_of(window_bits))) return {};
  std::unique_ptr<BrotliEncoder> encoder(new (std::nothrow) BrotliEncoder(blocks_, window_bits));
  if (!encoder || !encoder->start(level, size.value_or(0))) return {};
  in_use_ += BrotliEncoder::memory_of(window_bits);
  const auto end = [](CoderPool& pool, Coder& coder) {
    const std::unique_ptr<BrotliEncoder> ended(static_cast<BrotliEncoder*>(&coder));
    pool.in_use_ -= BrotliEncoder::memory_of(ended->window_bits());
  };
  return {encoder.release(), GiveBack{this, end}};
}

}  // namespace drishti::compress
