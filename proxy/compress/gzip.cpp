#include "compress/gzip.hpp"

#include <algorithm>
#include <limits>

namespace drishti::compress {
namespace {

constexpr int gzip_wrapper = 16;
constexpr int usual_memory = 8;

void point(z_stream& stream, std::string_view input, std::span<char> output) {
  constexpr std::size_t most = std::numeric_limits<uInt>::max();
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
  stream.avail_in = static_cast<uInt>(std::min(input.size(), most));
  stream.next_out = reinterpret_cast<Bytef*>(output.data());
  stream.avail_out = static_cast<uInt>(std::min(output.size(), most));
}

constexpr int flush_of(Op op) {
  switch (op) {
    case Op::process: return Z_NO_FLUSH;
    case Op::flush: return Z_SYNC_FLUSH;
    case Op::finish: return Z_FINISH;
  }
  return Z_NO_FLUSH;
}

}  // namespace

GzipEncoder::GzipEncoder() {
  is_valid_ = deflateInit2(&stream_, level_, Z_DEFLATED, MAX_WBITS + gzip_wrapper, usual_memory, Z_DEFAULT_STRATEGY) == Z_OK;
}

GzipEncoder::~GzipEncoder() {
  if (is_valid_) deflateEnd(&stream_);
}

bool GzipEncoder::start(int level) {
  if (!is_valid_ || deflateReset(&stream_) != Z_OK) return false;
  if (level == level_) return true;
  level_ = level;
  return deflateParams(&stream_, level, Z_DEFAULT_STRATEGY) == Z_OK;
}

Step GzipEncoder::code(std::string_view input, std::span<char> output, Op op) {
  point(stream_, input, output);
  const uInt in = stream_.avail_in, out = stream_.avail_out;
  const int result = deflate(&stream_, flush_of(op));
  Step step{in - stream_.avail_in, out - stream_.avail_out, stream_.avail_out == 0, nullptr};
  if (result == Z_STREAM_END) step.wants_room = false;
  else if (result != Z_OK && result != Z_BUF_ERROR) step.failure = "deflate() failed";  // Z_BUF_ERROR: nothing to do
  return step;
}

GzipDecoder::GzipDecoder() { is_valid_ = inflateInit2(&stream_, MAX_WBITS + gzip_wrapper) == Z_OK; }

GzipDecoder::~GzipDecoder() {
  if (is_valid_) inflateEnd(&stream_);
}

bool GzipDecoder::start(const GrowthLimits& limits) {
  limits_ = limits;
  in_ = out_ = 0;
  at_member_end_ = true;
  return is_valid_ && inflateReset(&stream_) == Z_OK;
}

const char* GzipDecoder::check_growth() const {
  if (limits_.most_bytes != 0 && out_ > limits_.most_bytes) return "the body is larger than gunzip_max_size";
  const bool is_bomb = limits_.most_ratio != 0 && out_ > GrowthLimits::free_of_ratio && out_ / limits_.most_ratio > in_;
  return is_bomb ? "the body grew by more than gunzip_max_ratio" : nullptr;
}

Step GzipDecoder::code(std::string_view input, std::span<char> output, Op op) {
  Step step;
  for (;;) {
    const std::string_view rest = input.substr(step.consumed);
    if (at_member_end_ && rest.empty()) return step;
    if (at_member_end_ && in_ != 0) inflateReset(&stream_);
    at_member_end_ = false;
    point(stream_, rest, output.subspan(step.produced));
    const uInt in = stream_.avail_in, out = stream_.avail_out;
    const int result = inflate(&stream_, Z_NO_FLUSH);
    step.consumed += in - stream_.avail_in;
    step.produced += out - stream_.avail_out;
    in_ += in - stream_.avail_in;
    out_ += out - stream_.avail_out;
    step.wants_room = stream_.avail_out == 0;
    step.failure = check_growth();
    if (result == Z_STREAM_END) at_member_end_ = true;
    else if (result != Z_OK && result != Z_BUF_ERROR) step.failure = "inflate() failed: this is no gzip";
    if (step.failure != nullptr) return step;
    if (at_member_end_ && !step.wants_room) continue;
    const bool is_cut = op == Op::finish && step.consumed == input.size() && !at_member_end_ && !step.wants_room;
    if (is_cut) step.failure = "the gzip data end too early";
    if (at_member_end_ && step.consumed == input.size()) step.wants_room = false;
    return step;
  }
}

}  // namespace drishti::compress
