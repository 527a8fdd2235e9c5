#include "compress/brotli.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <limits>

namespace drishti::compress {
namespace {

// In front of every block: its size, in as many bytes as keep what follows aligned.
constexpr std::size_t head = alignof(std::max_align_t);

std::size_t& size_of(void* block) { return *reinterpret_cast<std::size_t*>(static_cast<char*>(block) - head); }

constexpr BrotliEncoderOperation operation_of(Op op) {
  switch (op) {
    case Op::process: return BROTLI_OPERATION_PROCESS;
    case Op::flush: return BROTLI_OPERATION_FLUSH;
    case Op::finish: return BROTLI_OPERATION_FINISH;
  }
  return BROTLI_OPERATION_PROCESS;
}

}  // namespace

BlockCache::~BlockCache() {
  for (const Kept& kept : kept_) std::free(static_cast<char*>(kept.block) - head);
}

void* BlockCache::take(std::size_t size) {
  in_use_ += size;
  const auto found = std::find_if(kept_.rbegin(), kept_.rend(), [&](const Kept& kept) { return kept.size == size; });
  if (found != kept_.rend()) {
    void* const block = found->block;
    kept_bytes_ -= size;
    kept_.erase(std::next(found).base());
    return block;
  }
  auto* const memory = static_cast<char*>(std::malloc(size + head));
  if (memory == nullptr) {
    in_use_ -= size;
    return nullptr;
  }
  size_of(memory + head) = size;
  return memory + head;
}

void BlockCache::give_back(void* block) {
  if (block == nullptr) return;
  const std::size_t size = size_of(block);
  in_use_ -= size;
  if (kept_bytes_ + size > most_kept) return std::free(static_cast<char*>(block) - head);
  kept_bytes_ += size;
  kept_.push_back({size, block});
}

BrotliEncoder::~BrotliEncoder() {
  if (state_ != nullptr) BrotliEncoderDestroyInstance(state_);
}

bool BrotliEncoder::start(int level, std::size_t size) {
  state_ = BrotliEncoderCreateInstance(
      [](void* blocks, std::size_t bytes) { return static_cast<BlockCache*>(blocks)->take(bytes); },
      [](void* blocks, void* block) { static_cast<BlockCache*>(blocks)->give_back(block); }, &blocks_);
  if (state_ == nullptr) return false;
  constexpr std::size_t most = 1 << 30;
  BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, static_cast<std::uint32_t>(level));
  BrotliEncoderSetParameter(state_, BROTLI_PARAM_LGWIN, static_cast<std::uint32_t>(window_bits_));
  BrotliEncoderSetParameter(state_, BROTLI_PARAM_SIZE_HINT, static_cast<std::uint32_t>(std::min(size, most)));
  return true;
}

Step BrotliEncoder::code(std::string_view input, std::span<char> output, Op op) {
  std::size_t in = input.size(), out = output.size();
  const auto* from = reinterpret_cast<const std::uint8_t*>(input.data());
  auto* to = reinterpret_cast<std::uint8_t*>(output.data());
  const bool is_good = BrotliEncoderCompressStream(state_, operation_of(op), &in, &from, &out, &to, nullptr) != 0;
  Step step{input.size() - in, output.size() - out, out == 0, nullptr};
  if (out == 0 && in == 0 && BrotliEncoderHasMoreOutput(state_) == 0) step.wants_room = false;
  if (!is_good) step.failure = "BrotliEncoderCompressStream() failed";
  return step;
}

}  // namespace drishti::compress
