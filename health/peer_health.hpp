#pragma once
// What is known about the health of one peer: its failures (max_fails), its checks, its ejections, its ramp. All changes
// go through one door under a mutex; selection reads atomics only.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "health/outlier_tally.hpp"
#include "health/passive_health.hpp"
#include "health/state_machine.hpp"

namespace drishti::health {

/// The last result of one check.
struct CheckResult {
  bool passed = false;
  std::string reason;           ///< why it failed; `status 200` when it passed
  std::int64_t wall_ms = 0;     ///< when it ended; 0: never yet
  std::int64_t took_ms = 0;
  std::uint64_t checks = 0;     ///< in all
  std::uint64_t failed = 0;
};

/// What takes a peer out of use.
enum class EjectionCause : std::uint8_t { health_check, max_fails, outlier_detection };
inline constexpr std::array<std::string_view, 3> ejection_cause_names{"health_check", "max_fails", "outlier_detection"};

/// Any thread, unless said otherwise.
class PeerHealth {
 public:
  using Limits = PassiveHealth::Limits;
  static constexpr std::size_t kept_transitions = 20;

  // ---- selection: neither locks nor allocates ----
  /// Whether selection may choose the peer.
  bool available(const Limits& limits, std::int64_t now_seconds) const {
    return gate_.load(std::memory_order_relaxed) == 0 && passive_.available(limits, now_seconds);
  }
  /// As available(), for a client that comes back to the peer (`sticky`): draining ends only what is new.
  bool available_to_bound(const Limits& limits, std::int64_t now_seconds) const {
    return (gate_.load(std::memory_order_relaxed) & ~draining) == 0 && passive_.available(limits, now_seconds);
  }
  /// As available(), but with checks and ejections ignored (health_panic).
  bool available_in_panic(const Limits& limits, std::int64_t now_seconds) const {
    return (gate_.load(std::memory_order_relaxed) & draining) == 0 && passive_.available(limits, now_seconds);
  }
  /// Nothing but checks and ejections stands against the peer.
  bool is_held_back_by_checks() const {
    const std::uint8_t gate = gate_.load(std::memory_order_relaxed);
    return gate != 0 && (gate & draining) == 0;
  }
  /// No check, ejection or drain stands against it; max_fails is not asked (a peer that is single in its group).
  bool passes_gate() const { return gate_.load(std::memory_order_relaxed) == 0; }
  bool is_draining() const { return (gate_.load(std::memory_order_relaxed) & draining) != 0; }
  /// The part of its weight that the peer has now, 0 to 1: less than 1 during slow_start.
  double share(std::int64_t now_ms) const {
    const std::int64_t since = slow_since_ms_.load(std::memory_order_relaxed);
    if (since == 0) return 1;
    const std::int64_t whole = std::max<std::int64_t>(1, slow_start_ms_.load(std::memory_order_relaxed));
    return std::clamp(static_cast<double>(now_ms - since) / static_cast<double>(whole), 0.0, 1.0);
  }
  /// As PassiveHealth::chosen().
  bool chosen(const Limits& limits, std::int64_t now_seconds) { return passive_.chosen(limits, now_seconds); }

  // ---- requests: as PassiveHealth; the changes are remembered ----
  bool failed(const Limits& limits, std::int64_t now_seconds);
  /// The change, when it brought a disabled peer back.
  std::optional<Transition> succeeded(const Limits& limits, std::int64_t now_seconds);
  void clear();
  int fails() const { return passive_.fails(); }

  // ---- everything else ----
  std::optional<Transition> configure(Settings settings, Moment now, std::string_view cause = "configuration");
  std::optional<Transition> on(const Event& event, Moment now);
  /// A check ended. Remembers RESULT (its wall_ms and counts are filled here) and tells the state machine.
  std::optional<Transition> checked(std::size_t check, CheckResult result, Moment now);

  PeerStatus status() const { return status_.load(std::memory_order_relaxed); }
  bool is_ejected() const { return (gate_.load(std::memory_order_relaxed) & ejected) != 0; }
  bool is_configured() const;
  std::vector<Transition> history() const;  ///< the last ones, oldest first
  std::vector<CheckResult> check_results() const;  ///< by index in Settings::checks

  // ---- counts since the program began ----
  std::uint64_t checks_passed() const { return checks_passed_.load(std::memory_order_relaxed); }
  std::uint64_t checks_failed() const { return checks_failed_.load(std::memory_order_relaxed); }
  /// How often CAUSE took the peer out of use.
  std::uint64_t ejections(EjectionCause cause) const {
    return ejections_[static_cast<std::size_t>(cause)].load(std::memory_order_relaxed);
  }

  /// Counts for outlier_detection; null unless the group asks for it. Set before workers see the peer.
  OutlierTally* outliers() const { return outliers_.get(); }
  void count_outliers();

 private:
  enum Gate : std::uint8_t { checks = 1, ejected = 2, draining = 4 };
  std::optional<Transition> remember(std::optional<Transition> transition);
  void count_ejection(const std::optional<Transition>& transition, Event::Kind kind);

  std::atomic<std::uint8_t> gate_{0};
  std::atomic<std::int64_t> slow_since_ms_{0};
  PassiveHealth passive_;
  std::atomic<std::int64_t> slow_start_ms_{0};
  std::atomic<PeerStatus> status_{PeerStatus::healthy};
  std::atomic<std::uint64_t> checks_passed_{0}, checks_failed_{0};
  std::array<std::atomic<std::uint64_t>, ejection_cause_names.size()> ejections_{};  ///< index: EjectionCause
  mutable std::mutex mutex_;  ///< for what follows
  StateMachine machine_;
  std::vector<Transition> history_;
  std::vector<CheckResult> results_;
  bool is_configured_ = false;
  std::unique_ptr<OutlierTally> outliers_;
};

}  // namespace drishti::health
