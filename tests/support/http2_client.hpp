#pragma once
// A client of HTTP/2 that sends exactly the frames it is given, right or wrong (RFC 9113 4.1; HPACK literals by hand, RFC
// 7541 6.2.2), and sorts what comes back by stream. One thread.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/raw_client.hpp"

struct nghttp2_hd_inflater;

namespace drishti::testing {

using Http2Fields = std::vector<std::pair<std::string, std::string>>;

namespace h2 {
enum Type { data, headers, priority, rst_stream, settings, push_promise, ping, goaway, window_update, continuation,
            priority_update = 0x10 };
enum Flag { end_stream = 1, ack = 1, end_headers = 4, padded = 8 };
enum Error { no_error, protocol_error, internal_error, flow_control_error, settings_timeout, stream_closed,
             frame_size_error, refused_stream, cancel, compression_error, connect_error, enhance_your_calm };

std::string frame(int type, int flags, std::uint32_t stream, const std::string& payload);
std::string number(std::uint32_t value);  ///< 4 bytes
/// Fields as literals that nobody indexes.
std::string block(const Http2Fields& fields);
std::string setting(int id, std::uint32_t value);
extern const std::string preface;
}  // namespace h2

/// What came on one stream.
struct Http2Answer {
  int status = 0;
  Http2Fields fields;
  Http2Fields trailers;
  std::vector<int> interim;
  std::string body;
  bool ended = false;                   ///< by END_STREAM
  std::optional<std::uint32_t> reset;   ///< the code of a RST_STREAM
  std::string field(const std::string& name) const;
};

class Http2Client {
 public:
  static constexpr std::uint32_t ample = 0x7fffffff;

  /// Connects, and sends the preface with these SETTINGS.
  explicit Http2Client(std::uint16_t port, const std::string& settings = {});
  ~Http2Client();
  Http2Client(const Http2Client&) = delete;
  Http2Client& operator=(const Http2Client&) = delete;

  bool send(const std::string& bytes) { return raw_.send(bytes); }
  bool send_frame(int type, int flags, std::uint32_t stream, const std::string& payload) {
    return send(h2::frame(type, flags, stream, payload));
  }
  /// GET, POST ... of PATH with `:authority: a.test`; the stream's id.
  std::uint32_t request(const std::string& path, const Http2Fields& more = {}, const std::string& method = "GET",
                        bool ends = true);
  /// HEADERS with exactly these fields.
  std::uint32_t request_with(const Http2Fields& fields, bool ends = true);
  void send_data(std::uint32_t stream, const std::string& data, bool ends = false) {
    send_frame(h2::data, ends ? h2::end_stream : 0, stream, data);
  }

  /// Waits until the stream has ended one way or the other.
  Http2Answer wait(std::uint32_t stream, milliseconds deadline = patience);
  /// Waits until so much of its body has come.
  bool wait_for_body(std::uint32_t stream, std::size_t size, milliseconds deadline = patience);
  bool wait_for_head(std::uint32_t stream, milliseconds deadline = patience);
  bool wait_for_interim(std::uint32_t stream, milliseconds deadline = patience);
  /// Waits for GOAWAY (its code), or the end of the connection.
  std::optional<std::uint32_t> wait_for_goaway(milliseconds deadline = patience);
  bool wait_for_close(milliseconds deadline = patience);
  /// Waits for the answer to a PING of ours: everything before it has been dealt with.
  bool ping(milliseconds deadline = patience);
  /// Reads what comes until the deadline.
  void read_for(milliseconds time);

  const Http2Answer& seen(std::uint32_t stream) { return answers_[stream]; }
  std::optional<std::uint32_t> goaway() const { return goaway_; }
  std::uint32_t goaway_last_stream() const { return goaway_last_stream_; }
  std::uint32_t setting(int id) const;
  /// In the order of their coming: streams of DATA frames.
  const std::vector<std::uint32_t>& data_order() const { return data_order_; }
  std::uint64_t window_updates(std::uint32_t stream) { return window_[stream]; }
  RawClient& raw() { return raw_; }
  /// As the client does unless told otherwise: SETTINGS and PING are acknowledged.
  bool acknowledges = true;

 private:
  template <class Holds>
  bool wait_until(Holds holds, milliseconds deadline);
  bool take_frame();
  void take(int type, int flags, std::uint32_t stream, std::string payload);
  void take_head(int flags, std::uint32_t stream, const std::string& block);

  RawClient raw_;
  std::size_t taken_ = 0;
  std::uint32_t next_stream_ = 1;
  std::map<std::uint32_t, Http2Answer> answers_;
  std::map<std::uint32_t, std::uint64_t> window_;
  std::map<int, std::uint32_t> settings_;
  std::vector<std::uint32_t> data_order_;
  std::optional<std::uint32_t> goaway_;
  std::uint32_t goaway_last_stream_ = 0;
  int pongs_ = 0;
  struct Free {
    void operator()(nghttp2_hd_inflater* inflater) const;
  };
  std::unique_ptr<nghttp2_hd_inflater, Free> inflater_;
};

}  // namespace drishti::testing
