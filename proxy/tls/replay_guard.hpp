#pragma once
// Remembers whose early data was taken, so that it is taken once (RFC 8446 8.2: ClientHello recording). Any thread.

#include <array>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <set>

namespace drishti::tls {

class ReplayGuard {
 public:
  using Clock = std::chrono::steady_clock;
  /// The random of a ClientHello: whoever replays it has to leave it as it is, because the binder of its ticket covers it.
  using Hello = std::array<unsigned char, 32>;
  /// OpenSSL takes early data while the age that the ticket claims is right, to ten seconds and the rounding of two clocks
  /// to a second (RFC 8446 8.3). Later, a replay is refused without us.
  static constexpr std::chrono::seconds window{15};
  static constexpr std::size_t most = 1 << 16;  ///< a window; about 5 MiB

  explicit ReplayGuard(Clock::time_point now = Clock::now()) : made_(now), turned_(now) {}

  /// True once for each HELLO; false also when there is no room to remember it. It then costs a round trip, nothing else.
  bool is_first(const Hello& hello, Clock::time_point now);
  /// All that could be replayed now came when this was there already.
  bool knows_all(Clock::time_point now) const { return now >= made_ + window; }

 private:
  void turn(Clock::time_point now);
  const Clock::time_point made_;
  std::mutex mutex_;
  Clock::time_point turned_;
  std::set<Hello> recent_, older_;  ///< of this window and the one before. Trees: clients choose what is in them
};

}  // namespace drishti::tls
