#pragma once
// A client that sends exactly the bytes it is given over a blocking TCP socket, and reads answers with a deadline.
// One thread at a time.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/patience.hpp"

namespace drishti::testing {

using std::chrono::milliseconds;

/// One HTTP/1 response as read from the wire; the body is decoded (chunk framing removed).
struct RawResponse {
  int status = 0;
  std::string head;          ///< status line and fields, with the empty line
  std::string body;
  bool complete = false;     ///< false: the connection ended, or the deadline passed, inside the message
  std::vector<int> interim;  ///< status codes of the 1xx responses before it

  /// Value of the first field of this name (case-insensitive); empty when absent.
  std::string field(std::string_view name) const;
  bool has_field(std::string_view name) const;
};

/// Reads one response out of bytes that grow, each byte once: a test of a large body is not to wait for its own client.
class ResponseReader {
 public:
  explicit ResponseReader(bool head_request = false) : head_request_(head_request) {}

  /// Reads on in `bytes`, to whose end alone something may have been added since; true when the response is complete.
  /// `closed`: the peer closed behind these bytes, which ends a close-delimited body.
  bool read(const std::string& bytes, bool closed);
  /// The final head is whole.
  bool has_head() const { return !response_.head.empty(); }
  /// What was read; `bytes` loses it, and everything when the response is not complete.
  RawResponse take(std::string& bytes);

 private:
  bool read_head(const std::string& bytes);
  void read_body(const std::string& bytes, bool closed);
  void read_chunks(const std::string& bytes);
  bool take_data(const std::string& bytes);

  bool head_request_;
  RawResponse response_;
  std::size_t at_ = 0;    ///< everything before it is read
  std::size_t left_ = 0;  ///< bytes still to come of the body, or of the chunk
  bool in_chunk_ = false;
  enum class Framing { none, length, chunked, close } framing_ = Framing::none;
};

/// Takes the first response out of `bytes` (erasing what it used); nullopt while not even its head is whole.
/// `closed`: the peer closed behind these bytes, which ends a close-delimited body.
std::optional<RawResponse> take_response(std::string& bytes, bool closed, bool head_request = false);

class RawClient {
 public:
  explicit RawClient(std::uint16_t port, const char* ipv4 = "127.0.0.1");
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return fd_ >= 0; }
  /// False when the peer has closed or reset.
  bool send(std::string_view bytes);
  /// Stops, with false, as soon as bytes of an answer are there.
  bool send_until_answered(std::string_view bytes);
  /// One segment a byte.
  bool send_bytewise(std::string_view bytes);
  void shutdown_write();
  /// Closes with RST.
  void reset();
  void close();

  /// The next response; `complete` is false when it was cut. nullopt: closed or deadline passed before a whole head.
  std::optional<RawResponse> read_response(bool head_request = false, milliseconds deadline = patience);
  /// Reads until the peer closes or the deadline passes; returns all that was not yet taken by read_response().
  std::string read_to_close(milliseconds deadline = patience);
  /// Reads once, at most until the deadline; false when nothing came.
  bool read_some(milliseconds deadline);

  /// Seen so far: FIN or RST of the peer.
  bool closed() const { return closed_ || was_reset_; }
  bool was_reset() const { return was_reset_; }
  const std::string& unread() const { return buffer_; }
  int fd() const { return fd_; }

 private:
  bool send(std::string_view bytes, bool until_answered);
  int fd_ = -1;
  std::string buffer_;
  bool closed_ = false;
  bool was_reset_ = false;
};

/// GET `path` with Host `host` on a connection of its own (Connection: close).
std::optional<RawResponse> get(std::uint16_t port, std::string_view path, std::string_view host = "a.test");

}  // namespace drishti::testing
