#pragma once
// Finds the end of a body and yields its data without copying. RFC 9112 6 and 7.

#include <cstdint>
#include <string>
#include <string_view>

#include "http/head_parser.hpp"
#include "http/message.hpp"

namespace drishti::http {

/// One decoder per message body, of any BodyKind. Chunk extensions and trailers are checked, and dropped unless asked for. Limits of
/// chunked framing: 16 hex digits a size after leading zeros, 4 KiB a size line, extensions and leading zeros no more
/// than the body + 16 KiB in all (S26), trailers 8 KiB and 100 lines (S30), a body of 2^63-1 bytes.
class BodyDecoder {
 public:
  void start(BodyFraming framing);
  /// After start(): appends the lines of the trailer section to TEXT, each as `name: value\r\n`, and an empty one. They
  /// passed the checks when done().
  void keep_trailers(std::string& text) { kept_trailers_ = &text; }

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
  std::uint64_t remaining() const { return kind_ == BodyKind::length ? remaining_ : 0; }

 private:
  enum class State : std::uint8_t {
    size_begin, size, size_lf, data, data_cr, data_lf,
    extension_name_begin, extension_name, extension_value_begin, extension_token, extension_quoted,
    extension_escape, extension_quoted_end,
    trailer_begin, trailer_name, trailer_value, trailer_lf, last_lf
  };
  std::size_t decode_framing(std::string_view input);
  std::size_t skip_usual_framing(std::string_view input);
  State on_size(char c);
  State on_extension(char c);
  State after_extension(char c);
  State on_trailer(char c);
  State begin_trailer(char c);
  State on_line_end(char c);
  State next_state(char c);
  State refuse(Reject reason);
  State end_of_size_line();
  Reject size_line_error(std::uint64_t size) const;
  Step take_data(std::string_view input, std::size_t framing);

  BodyKind kind_ = BodyKind::none;
  State state_ = State::size_begin;
  Reject reject_ = Reject::none;
  bool done_ = true;
  std::uint8_t digits_ = 0;           ///< of the chunk size, without leading zeros
  std::uint16_t line_bytes_ = 0;      ///< of this chunk-size line
  std::uint16_t trailer_bytes_ = 0;
  std::uint8_t trailer_lines_ = 0;
  std::uint64_t remaining_ = 0;       ///< of the body (kind length) or of this chunk
  std::uint64_t body_bytes_ = 0;
  std::string* kept_trailers_ = nullptr;
  std::uint64_t overhead_ = 0;        ///< chunk extensions and leading zeros
};

/// The fields of such lines, as views into TEXT.
void parse_trailers(std::string_view text, FieldList& fields);

/// Writes `SIZE\r\n` of a chunk into `out` (at least 18 bytes) and returns its length.
std::size_t write_chunk_head(char* out, std::uint64_t size);

}  // namespace drishti::http
