#pragma once
// One request and its response on an HTTP/2 connection to an upstream. Owned by the attempt; the connection fills it. What
// comes is bounded: the head by a limit, the body by the stream's window, which only read() opens again.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"
#include "net/buffer_pool.hpp"
#include "net/io_result.hpp"
#include "upstream/wait_point.hpp"

namespace drishti::upstream {

class Http2Client;

/// How the response ended.
enum class StreamEnd : std::uint8_t {
  open,        ///< not yet
  complete,    ///< END_STREAM
  refused,     ///< not processed by the upstream: safe to send again (RFC 9113 8.7)
  reset,       ///< by the upstream
  malformed,   ///< against the rules: ours to reset
  too_big,     ///< a head beyond its limit
  lost,        ///< the connection broke
};

class Http2Stream {
 public:
  /// The window of a stream, and with it the most that is held of a body.
  static constexpr std::size_t window = net::BufferPool::large;

  Http2Stream(net::Reactor& reactor, net::BufferPool& buffers, http::Method method, std::size_t head_limit);
  /// Resets the stream unless it is over.
  ~Http2Stream();
  Http2Stream(const Http2Stream&) = delete;
  Http2Stream& operator=(const Http2Stream&) = delete;
  /// The connection is not needed any more; the response's head stays.
  void leave();

  // ---- the request's body ----
  /// DATA stays as it is until sent() is ready. LAST: the request ends behind it. Also before the stream was submitted.
  void send(std::string_view data, bool last);
  /// What goes out behind the last of the data; before that is sent.
  void set_request_trailers(const http::FieldList& fields);
  /// Ready when the data is on its way, or the stream is over.
  WaitPoint::Awaiter sent(net::milliseconds timeout) {
    return sender_.wait(to_send_.empty() || client_ == nullptr, timeout);
  }
  /// All of the request is on its way.
  bool request_complete() const { return end_sent_; }
  std::uint64_t body_sent() const { return body_sent_; }

  // ---- the response ----
  /// Ready when a head, bytes of the body, or the end came, or cancel() was called.
  WaitPoint::Awaiter readable(net::milliseconds timeout) { return reader_.wait(has_news(), timeout); }
  void cancel();
  bool has_head() const { return has_head_; }
  /// Once has_head(): HEAD's views stay as long as this object.
  void take_head(http::ResponseHead& head) const;
  /// As net::Stream::try_read: ok with 0 bytes: nothing now; eof: the proper end; failed: cut.
  net::IoResult read(std::span<char> buffer);
  /// Bytes of the body are here.
  bool has_body() const { return !body_.empty(); }
  StreamEnd end() const { return end_; }
  /// Of the upstream's RST_STREAM.
  std::uint32_t error_code() const { return error_code_; }
  /// Once read() told of the proper end. The views stay as long as this object.
  http::FieldList trailers() const;
  std::uint64_t head_bytes() const { return head_.text.size(); }
  /// All that Content-Length promised came, whether or not the end was told. False without it.
  bool has_whole_body() const { return has_head_ && length_ && body_received_ >= *length_; }
  /// A byte of the response came.
  bool was_answered() const { return has_head_ || interim_ > 0; }

 private:
  friend class Http2Client;
  struct Fields {
    struct Place {
      std::uint32_t begin, name_size, value_size;
    };
    std::string text;
    std::vector<Place> places;
    void clear() {
      text.clear();
      places.clear();
    }
    void add(std::string_view name, std::string_view value);
    void list(http::FieldList& fields) const;
  };

  bool has_news() const {
    return end_ != StreamEnd::open || cancelled_ || (has_head_ && (!head_seen_ || !body_.empty()));
  }

  // Called by the connection.
  void begin_fields();
  /// False: the head is against the rules, or too big; end_ says which.
  bool add_field(std::string_view name, std::string_view value);
  bool end_fields(bool ends_stream);
  bool add_data(std::string_view data);
  std::size_t take_to_send(std::span<char> frame, bool& ends);
  void finish(StreamEnd how, std::uint32_t error_code);
  void refuse(StreamEnd how) { verdict_ = how; }

  net::BufferPool& buffers_;
  Http2Client* client_ = nullptr;  ///< null before it was submitted and once it is over
  std::int32_t id_ = 0;
  const http::Method method_;
  const std::size_t head_limit_;

  std::string_view to_send_;
  bool last_ = false;       ///< the request ends behind to_send_
  bool end_sent_ = false;
  std::uint64_t body_sent_ = 0;
  WaitPoint sender_;

  Fields request_trailers_;
  Fields head_, trailers_;
  std::optional<std::uint64_t> length_;  ///< of the body, as Content-Length says
  std::uint64_t body_received_ = 0;
  int status_ = 0;
  int interim_ = 0;
  bool has_head_ = false;
  mutable bool head_seen_ = false;
  bool ended_with_head_ = false;
  bool cancelled_ = false;
  net::Buffer body_;
  StreamEnd end_ = StreamEnd::open;
  StreamEnd verdict_ = StreamEnd::open;  ///< why we reset it
  bool was_reset_ = false;               ///< by the upstream
  std::uint32_t error_code_ = 0;
  WaitPoint reader_;
};

}  // namespace drishti::upstream
