#pragma once
// What is known about one DNS name and when to ask again. No I/O; the time is handed in.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "upstream/dns_lookup.hpp"
#include "upstream/name_resolver.hpp"

namespace drishti::upstream {

/// Remembers the last good addresses through every kind of DNS failure. Control thread.
class FollowedName {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class Change {
    none,      ///< the same addresses as before
    changed,   ///< other addresses
    lost,      ///< the first failure after an answer; the last good addresses stay
    still_no,  ///< one more failure
  };

  /// VALID overrides the TTL (`resolver valid=`).
  FollowedName(const NameResolver::Timing& timing, std::optional<std::chrono::milliseconds> valid)
      : timing_(timing), valid_(valid) {}

  void asked(Time now) {
    asked_ = now;
    asking_ = true;
  }
  /// The look-up was given up before it ended.
  void gave_up(Time now) {
    asking_ = false;
    due_ = now;
  }
  /// A family that failed keeps its last good addresses; when nothing is left at all, everything is kept.
  Change answered(const DnsAnswer& answer, Time now);
  /// A peer of this name failed: ask soon, but not more often than Timing::on_demand.
  void hurry() {
    if (!asking_) due_ = std::min(due_, asked_ + timing_.on_demand);
  }

  bool is_asking() const { return asking_; }
  bool is_due(Time now) const { return !asking_ && now >= due_; }
  bool was_answered() const { return good_; }
  Time due() const { return due_; }
  /// IPv4 first, each family sorted; port 0.
  std::vector<SocketAddress> addresses() const;

 private:
  std::chrono::milliseconds use_for(const DnsAnswer& answer) const;

  NameResolver::Timing timing_;
  std::optional<std::chrono::milliseconds> valid_;
  std::vector<SocketAddress> v4_, v6_;
  Time asked_{};
  Time due_{};
  std::chrono::milliseconds retry_{0};
  bool asking_ = false;
  bool good_ = false;  // the last answer had addresses
};

}  // namespace drishti::upstream
