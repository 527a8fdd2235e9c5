#pragma once
// Finds the end of a body and yields its data without copying. RFC 9112 6 and 7.

#include <cstdint>
#include <string_view>

#include "http/head_parser.hpp"
#include "http/message.hpp"

namespace drishti::http {

/// One decoder per message body, of any BodyKind.
class BodyDecoder {
 public:
  void start(BodyFraming framing);

  /// What one call made of the input: `consumed` bytes of it are used up, of which `data` is body (a view into the
  /// input; may be empty while chunk framing is skipped). Call again with the rest while consumed > 0.
  struct Step {
    std::size_t consumed = 0;
    std::string_view data;
  };
  Step decode(std::string_view input);

  bool done() const { return done_; }                ///< the body ended cleanly; bytes behind it were not consumed
  Reject reject() const { return reject_; }          ///< != none: malformed; the connection must be closed
  /// The peer closed. True when that is a proper end (until_close, or already done).
  bool on_eof();
  std::uint64_t body_bytes() const { return body_bytes_; }
  /// Bytes still to come for kind length; unknown (0) otherwise.
  std::uint64_t remaining() const { return remaining_; }

 private:
  enum class State : std::uint8_t { size, extension, size_lf, data, data_cr, data_lf, trailer, trailer_lf, last_lf };
  BodyKind kind_ = BodyKind::none;
  State state_ = State::size;
  bool done_ = true;
  Reject reject_ = Reject::none;
  std::uint64_t remaining_ = 0;
  std::uint64_t body_bytes_ = 0;
  std::uint64_t overhead_ = 0;  ///< framing bytes; bounded by body + 16 KiB (threat S26)
};

/// Writes `SIZE\r\n` of a chunk into `out` (at least 18 bytes) and returns its length.
std::size_t write_chunk_head(char* out, std::uint64_t size);

}  // namespace drishti::http
