#pragma once
// What a client of HTTP/2 may do that costs it little and us much, counted for one connection (threats T01 to T10, T24).
// Pure: frames and the time come in, a verdict goes out.

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace drishti::server {

/// A number of tokens that fills up again at a steady rate.
class TokenBucket {
 public:
  using Steady = std::chrono::steady_clock::time_point;
  TokenBucket(double most, double a_second) : most_(most), a_second_(a_second), tokens_(most) {}
  /// False when there is none left.
  bool take(Steady now);

 private:
  double most_, a_second_, tokens_;
  Steady filled_{};
};

/// Why a connection is ended; the name is the `reason` label of the counter. F(enumerator).
#define DRISHTI_HTTP2_FLOODS(F)                                                                                      \
  F(rapid_reset) F(our_resets) F(settings) F(ping) F(priority) F(window_update) F(empty_frames) F(unknown_frames)    \
  F(continuation) F(header_list) F(overhead)

enum class Http2FloodReason : std::uint8_t {
  none,
#define DRISHTI_F(name) name,
  DRISHTI_HTTP2_FLOODS(DRISHTI_F)
#undef DRISHTI_F
};
inline constexpr std::array http2_flood_names{std::string_view("none"),
#define DRISHTI_F(name) std::string_view(#name),
                                              DRISHTI_HTTP2_FLOODS(DRISHTI_F)
#undef DRISHTI_F
};

class Http2Flood {
 public:
  using Steady = TokenBucket::Steady;
  using Reason = Http2FloodReason;

  explicit Http2Flood(std::uint32_t most_streams);

  // Each tells whether the connection has to end now.
  /// So many bytes came, whatever they are: the library keeps frames of streams that are closed to itself (T24).
  Reason read(std::size_t bytes);
  /// A whole frame of the client. PAYLOAD: its bytes without padding; ENDS_STREAM: it has that flag.
  Reason received(std::uint8_t type, std::size_t payload, bool ends_stream, Steady now);
  /// The client gave up a stream whose answer it did not have.
  Reason reset_by_client(Steady now);
  /// The client made us reset a stream.
  Reason reset_by_us(Steady now);
  /// Fields of a head that were decoded, beyond what is allowed, with the bytes of all of them.
  static Reason head_grew(std::size_t fields, std::size_t bytes, std::size_t most_fields, std::size_t most_bytes);
  /// HEADERS went out: the client may acknowledge them.
  void sent_head();
  /// DATA went out: the client may acknowledge it with window updates. IS_HELD: the window left no room for more.
  void sent_data(std::size_t payload, bool is_held);

 private:
  Reason control(std::uint8_t type, Steady now);
  bool takes_ping(Steady now);
  void earn(double pings, double window_updates);
  TokenBucket client_resets_, our_resets_, settings_, pings_, priorities_, unknown_;
  double window_updates_left_;
  double pings_earned_ = 0;
  int empty_in_a_row_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t useful_ = 0;    ///< heads and bodies, of both sides
};

}  // namespace drishti::server
