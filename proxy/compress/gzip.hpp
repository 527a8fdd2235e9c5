#pragma once
// gzip (RFC 1952) by zlib. What one response used is ready for the next after start().

#include <zlib.h>

#include <cstdint>

#include "compress/coder.hpp"

namespace drishti::compress {

class GzipEncoder : public Coder {
 public:
  static constexpr std::size_t memory = 268 << 10;  ///< zconf.h: (1 << (15 + 2)) + (1 << (8 + 9)), and its own

  GzipEncoder();
  ~GzipEncoder() override;
  GzipEncoder(const GzipEncoder&) = delete;
  GzipEncoder& operator=(const GzipEncoder&) = delete;
  /// False: there is no memory.
  bool start(int level);
  Step code(std::string_view input, std::span<char> output, Op op) override;

 private:
  z_stream stream_{};
  bool is_valid_ = false;
  int level_ = 1;
};

/// How far a decompressed body may grow (threat R18); 0: no limit.
struct GrowthLimits {
  std::uint64_t most_bytes = 0;
  std::uint64_t most_ratio = 0;
  /// Below this no ratio is looked at: small bodies of zeros harm nobody.
  static constexpr std::uint64_t free_of_ratio = 1 << 20;
};

class GzipDecoder : public Coder {
 public:
  static constexpr std::size_t memory = 48 << 10;

  GzipDecoder();
  ~GzipDecoder() override;
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;
  bool start(const GrowthLimits& limits);
  /// Several members one behind the other are one body (RFC 1952 2.2).
  Step code(std::string_view input, std::span<char> output, Op op) override;

 private:
  const char* check_growth() const;

  z_stream stream_{};
  GrowthLimits limits_;
  std::uint64_t in_ = 0, out_ = 0;
  bool is_valid_ = false;
  bool at_member_end_ = true;  ///< also in front of the first
};

}  // namespace drishti::compress
