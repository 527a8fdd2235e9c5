#pragma once
// The client's side of one request as the request handler sees it: server/http1_connection, server/http2_stream.
// All waits are bounded by the location's settings. Worker thread only.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "context/request_context.hpp"
#include "http/head_parser.hpp"
#include "net/byte_pipe.hpp"
#include "net/task.hpp"

namespace drishti::request {

/// A piece of the request's body.
struct BodyPiece {
  enum class Status : std::uint8_t { data, end, closed, timeout, malformed, interrupted };
  Status status = Status::end;
  std::string_view data;                       ///< valid until the next call
  http::Reject reject = http::Reject::none;    ///< why it is malformed
};

enum class SendStatus : std::uint8_t { ok, closed, timeout, pending };

class ClientStream {
 public:
  virtual ~ClientStream() = default;

  /// The next piece of the request's body; sends `100 Continue` first when the client waits for it.
  virtual net::Task<BodyPiece> read_body() = 0;
  /// Ends a read_body() that waits, with Status::interrupted.
  virtual void stop_reading_body() = 0;
  /// True when the whole body was read (or there is none).
  virtual bool body_done() const = 0;
  /// What of the body is already here, without waiting: body bytes in the buffer.
  virtual std::string_view buffered_body() const = 0;

  /// Takes context.response as the head of the final response. Nothing is sent yet. Without content_length the body
  /// is chunked, or ends with the connection for HTTP/1.0. HEAD, 204 and 304 get no body whatever is written.
  virtual void begin_response(context::RequestContext& context) = 0;
  /// Sends body data, the head before it if it did not go out yet, all in one call where possible. `last`: the body
  /// ends here. An empty piece sends the head (and the end).
  virtual net::Task<SendStatus> write(std::span<const std::string_view> pieces, bool last) = 0;
  /// As write(), without waiting and without regard to a rate limit. SendStatus::pending: the socket is full; what it did
  /// not take was copied, the pieces are free, and flush() has to end before anything else is written.
  virtual SendStatus start_write(std::span<const std::string_view> pieces, bool last) = 0;
  /// Sends what start_write() left; at once when that is nothing.
  virtual net::Task<SendStatus> flush() = 0;
  /// limit_rate holds: write() sleeps on the way.
  virtual bool is_rate_limited() const = 0;
  /// Part of a file, by sendfile where possible.
  virtual net::Task<SendStatus> write_file(int file, std::uint64_t offset, std::uint64_t length, bool last) = 0;
  virtual bool head_sent() const = 0;
  /// The response can't be completed: the connection will be closed without a proper end of the message.
  virtual void abort() = 0;
  /// The connection closes after this response.
  virtual void close_after_response() = 0;
  /// Whether the upstream's 101 is an answer to what this client asked for.
  virtual bool accepts_switch(const http::ResponseHead&) const { return true; }
  /// After a 101 was sent: the bytes both ways, and those that the client sent behind its request.
  virtual net::BytePipe& upgrade(std::string& early_bytes) = 0;

  /// Fields for the end of the response (RFC 9110 6.5), to be called before the last write; they live until then.
  /// HTTP/1 does not send them.
  virtual void set_trailers(const http::FieldList&) {}
  /// What the client sent behind its body, when body_done(); null when there is none.
  virtual const http::FieldList* request_trailers() const { return nullptr; }

  /// Calls `hook` when the client goes away while nobody reads from it; nullptr ends that.
  virtual void watch_for_close(void (*hook)(void*), void* owner) = 0;
  virtual bool is_gone() const = 0;
};

}  // namespace drishti::request
