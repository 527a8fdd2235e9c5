// Any bytes as a chunked body. The first byte chooses the pieces.

#include "tests/support/fuzz_check.hpp"
#include "tests/support/http_heads.hpp"

using namespace drishti::http;
using namespace drishti::http::testing;

namespace {

/// The data as chunks of ours, in pieces of PIECE bytes.
std::string encode(std::string_view data, std::size_t piece) {
  std::string text;
  char head[18];
  for (; !data.empty(); data.remove_prefix(std::min(piece, data.size()))) {
    const std::string_view chunk = data.substr(0, piece);
    text.append(head, write_chunk_head(head, chunk.size()));
    text.append(chunk).append("\r\n");
  }
  return text + "0\r\n\r\n";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 1) return 0;
  const unsigned step = data[0];
  const std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
  const BodyFraming chunked{BodyKind::chunked, 0};

  const DecodedBody whole = decode_chunked(input);
  FUZZ_CHECK(decode_split(input, chunked, steps(step)) == whole);
  FUZZ_CHECK(decode_split(input, chunked, [] { return 1; }) == whole);
  FUZZ_CHECK(whole.consumed <= input.size() && whole.data.size() <= whole.consumed);
  FUZZ_CHECK(!(whole.done && whole.reject != Reject::none));
  FUZZ_CHECK(whole.done || whole.reject != Reject::none || whole.consumed == input.size());
  if (whole.done) FUZZ_CHECK(input.substr(0, whole.consumed).ends_with("\r\n\r\n"));

  // Whatever came out survives our own framing, and an end in the middle is never taken for the end of the body.
  const std::string encoded = encode(whole.data, 1 + step);
  const DecodedBody again = decode_chunked(encoded);
  FUZZ_CHECK(again.done && again.data == whole.data && again.consumed == encoded.size());
  FUZZ_CHECK(!decode_chunked(std::string_view(encoded).substr(0, encoded.size() - 1)).done);
  return 0;
}
