#include "server/http2_flood.hpp"

#include <algorithm>

namespace drishti::server {
namespace {

constexpr int most_empty_in_a_row = 10;             // T08
constexpr double window_updates_a_request = 16;     // of stream and connection, beyond those that sent DATA explain
constexpr double bytes_a_window_update = 512;
constexpr double window_updates_a_frame = 2;        // of stream and connection: gRPC sends them for every message
constexpr double most_window_updates_left = 100'000;
constexpr double most_pings_earned = 100;
constexpr double first_window_updates = 200;
constexpr std::uint64_t free_overhead = 1 << 20;    // as nginx has it (T24)

enum FrameType : std::uint8_t { data, headers, priority, rst_stream, settings, push_promise, ping, goaway,
                                window_update, continuation, priority_update = 0x10 };

}  // namespace

bool TokenBucket::take(Steady now) {
  if (filled_ != Steady{}) {
    const double seconds = std::chrono::duration<double>(now - filled_).count();
    tokens_ = std::min(most_, tokens_ + seconds * a_second_);
  }
  filled_ = now;
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

// A page that is left cancels all its streams at once; two pages a second go on for no human being.
Http2Flood::Http2Flood(std::uint32_t most_streams)
    : client_resets_(2 * std::max<double>(most_streams, 100), 33),
      our_resets_(2 * std::max<double>(most_streams, 100), 33),
      settings_(32, 1),
      pings_(100, 5),
      priorities_(1000, 100),
      unknown_(100, 10),
      window_updates_left_(first_window_updates) {}

Http2FloodReason Http2Flood::received(std::uint8_t type, std::size_t payload, bool ends_stream, Steady now) {
  const bool carries = type == data || type == headers;
  if (carries && payload == 0 && !ends_stream) {
    if (++empty_in_a_row_ > most_empty_in_a_row) return Reason::empty_frames;
  } else if (carries) {
    empty_in_a_row_ = 0;
    useful_ += payload;
  }
  if (type == headers) earn(0, window_updates_a_request);
  return carries ? Reason::none : control(type, now);
}

Http2FloodReason Http2Flood::control(std::uint8_t type, Steady now) {
  switch (type) {
    case priority:
    case priority_update: return priorities_.take(now) ? Reason::none : Reason::priority;
    case settings: return settings_.take(now) ? Reason::none : Reason::settings;
    case ping: return takes_ping(now) ? Reason::none : Reason::ping;
    case window_update:
      window_updates_left_ -= 1;
      return window_updates_left_ >= 0 ? Reason::none : Reason::window_update;
    case rst_stream: return Reason::none;  // reset_by_client() looks at those that matter
    default: return unknown_.take(now) ? Reason::none : Reason::unknown_frames;
  }
}

bool Http2Flood::takes_ping(Steady now) {
  if (pings_earned_ < 1) return pings_.take(now);
  pings_earned_ -= 1;
  return true;
}

Http2FloodReason Http2Flood::read(std::size_t bytes) {
  received_ += bytes;
  return received_ / 8 > useful_ + free_overhead ? Reason::overhead : Reason::none;
}

Http2FloodReason Http2Flood::reset_by_client(Steady now) {
  return client_resets_.take(now) ? Reason::none : Reason::rapid_reset;
}

Http2FloodReason Http2Flood::reset_by_us(Steady now) {
  return our_resets_.take(now) ? Reason::none : Reason::our_resets;
}

// A head that is too large is answered with a status; one that is far too large ends the connection, because decoding it
// costs us more than sending it costs the client (T04, T06).
Http2FloodReason Http2Flood::head_grew(std::size_t fields, std::size_t bytes, std::size_t most_fields,
                                       std::size_t most_bytes) {
  const bool absurd = fields > 4 * most_fields || bytes > 4 * most_bytes;
  return absurd ? Reason::header_list : Reason::none;
}

void Http2Flood::earn(double pings, double window_updates) {
  pings_earned_ = std::min(most_pings_earned, pings_earned_ + pings);
  window_updates_left_ = std::min(most_window_updates_left, window_updates_left_ + window_updates);
}

// Who measures the bandwidth sends a PING behind what came (as grpc-go does).
void Http2Flood::sent_head() { earn(1, window_updates_a_frame); }

// A window that is opened byte by byte earns nothing to open it with (T10).
void Http2Flood::sent_data(std::size_t payload, bool is_held) {
  useful_ += payload;
  const double frame = is_held ? 0 : 1;
  earn(frame, frame * window_updates_a_frame + static_cast<double>(payload) / bytes_a_window_update);
}

}  // namespace drishti::server
