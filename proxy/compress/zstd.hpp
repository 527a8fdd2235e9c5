#pragma once
// zstd (RFC 8878) by libzstd.

#include <zstd.h>

#include <cstdint>
#include <optional>

#include "compress/coder.hpp"

namespace drishti::compress {

class ZstdEncoder : public Coder {
 public:
  static constexpr int window_bits = 20;
  static constexpr std::size_t memory = 5 << 20;  ///< no more, up to level 6 with this window

  ZstdEncoder();
  ~ZstdEncoder() override;
  ZstdEncoder(const ZstdEncoder&) = delete;
  ZstdEncoder& operator=(const ZstdEncoder&) = delete;
  /// SIZE of the body if it is known: then a body of another size fails.
  bool start(int level, std::optional<std::uint64_t> size);
  Step code(std::string_view input, std::span<char> output, Op op) override;
  std::size_t memory_used() const { return ZSTD_sizeof_CCtx(context_); }

 private:
  ZSTD_CCtx* context_;
};

}  // namespace drishti::compress
