#include "compress/zstd.hpp"

namespace drishti::compress {
namespace {

constexpr ZSTD_EndDirective directive_of(Op op) {
  switch (op) {
    case Op::process: return ZSTD_e_continue;
    case Op::flush: return ZSTD_e_flush;
    case Op::finish: return ZSTD_e_end;
  }
  return ZSTD_e_continue;
}

}  // namespace

ZstdEncoder::ZstdEncoder() : context_(ZSTD_createCCtx()) {}
ZstdEncoder::~ZstdEncoder() { ZSTD_freeCCtx(context_); }

bool ZstdEncoder::start(int level, std::optional<std::uint64_t> size) {
  if (context_ == nullptr) return false;
  ZSTD_CCtx_reset(context_, ZSTD_reset_session_and_parameters);
  const bool is_level_good = ZSTD_isError(ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, level)) == 0;
  const bool is_window_good = ZSTD_isError(ZSTD_CCtx_setParameter(context_, ZSTD_c_windowLog, window_bits)) == 0;
  if (size) ZSTD_CCtx_setPledgedSrcSize(context_, *size);
  return is_level_good && is_window_good;
}

Step ZstdEncoder::code(std::string_view input, std::span<char> output, Op op) {
  ZSTD_inBuffer in{input.data(), input.size(), 0};
  ZSTD_outBuffer out{output.data(), output.size(), 0};
  const std::size_t left = ZSTD_compressStream2(context_, &out, &in, directive_of(op));
  Step step{in.pos, out.pos, false, nullptr};
  if (ZSTD_isError(left) != 0) step.failure = "ZSTD_compressStream2() failed";
  else step.wants_room = op == Op::process ? in.pos < in.size : left > 0;
  return step;
}

}  // namespace drishti::compress
