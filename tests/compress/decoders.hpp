#pragma once
// Whole bodies through the coders, and back by the libraries' own decoders.

#include <brotli/decode.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <optional>
#include <string>

#include "compress/coder.hpp"

namespace drishti::compress::testing {

/// Codes INPUT in pieces of STEP bytes with an output of ROOM bytes; nullopt when it fails.
inline std::optional<std::string> run(Coder& coder, std::string_view input, Op last = Op::finish, std::size_t step = 5000,
                                      std::size_t room = 777) {
  std::string all, out(room, 0);
  for (;;) {
    const Op op = input.empty() ? last : Op::process;
    const Step done = coder.code(input.substr(0, step), out, op);
    all.append(out, 0, done.produced);
    input.remove_prefix(done.consumed);
    if (done.failure != nullptr) return std::nullopt;
    EXPECT_TRUE(done.wants_room || done.consumed > 0 || input.empty());
    if (op != Op::process && !done.wants_room) return all;
  }
}

inline std::string gunzip(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, MAX_WBITS + 16), Z_OK);
  std::string all, out(64 << 10, 0);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  int result = Z_OK;
  while (result == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    result = inflate(&stream, Z_SYNC_FLUSH);
    all.append(out, 0, out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  return all + (result == Z_STREAM_END ? "" : "[cut]");
}

inline std::string unbrotli(std::string_view text) {
  BrotliDecoderState* state = BrotliDecoderCreateInstance(nullptr, nullptr, nullptr);
  std::string all, out(64 << 10, 0);
  std::size_t in = text.size();
  const auto* from = reinterpret_cast<const std::uint8_t*>(text.data());
  BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
  while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) {
    std::size_t room = out.size();
    auto* to = reinterpret_cast<std::uint8_t*>(out.data());
    result = BrotliDecoderDecompressStream(state, &in, &from, &room, &to, nullptr);
    all.append(out, 0, out.size() - room);
  }
  BrotliDecoderDestroyInstance(state);
  return all + (result == BROTLI_DECODER_RESULT_SUCCESS && in == 0 ? "" : "[cut]");
}

inline std::string unzstd(std::string_view text) {
  ZSTD_DCtx* context = ZSTD_createDCtx();
  std::string all, out(64 << 10, 0);
  ZSTD_inBuffer in{text.data(), text.size(), 0};
  std::size_t left = 1;
  while (in.pos < in.size && ZSTD_isError(left) == 0) {
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    left = ZSTD_decompressStream(context, &to, &in);
    all.append(out, 0, to.pos);
  }
  ZSTD_freeDCtx(context);
  return all + (left == 0 ? "" : "[cut]");
}

/// Like a page: words that come again, and numbers that do not.
inline std::string some_text(std::size_t size) {
  std::string text;
  std::uint32_t number = 12345;
  while (text.size() < size) {
    number = number * 1664525 + 1013904223;
    text += "{\"name\": \"item\", \"value\": " + std::to_string(number >> 8) + "},\n";
  }
  text.resize(size);
  return text;
}

}  // namespace drishti::compress::testing
