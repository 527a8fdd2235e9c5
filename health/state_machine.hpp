#pragma once
// The state of one peer as a pure function of what happened to it: no clock, no thread, no log. docs/HEALTH.md

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drishti::health {

enum class PeerStatus : std::uint8_t { healthy, checking, unhealthy, ejected, draining, slow_start };
std::string_view status_name(PeerStatus status);

/// A point in time on both clocks, in milliseconds.
struct Moment {
  std::int64_t steady_ms = 0;
  std::int64_t wall_ms = 0;  ///< since 1970; for people only
  static Moment now();
};

struct Event {
  enum class Kind : std::uint8_t {
    check_passed, check_failed,  ///< `check` tells which
    disabled, enabled,           ///< max_fails: taken out; brought back by a success
    ejected,                     ///< worse than its siblings, until `until_ms`
    drained, undrained,          ///< by an administrator
    joined,                      ///< a new address of a group that is already at work
    time                         ///< nothing happened, but time went by
  };
  Kind kind = Kind::time;
  std::string_view reason;   ///< for people: `status 503`
  std::size_t check = 0;
  std::int64_t until_ms = 0;  ///< steady
};

/// A change of status, with what caused it.
struct Transition {
  PeerStatus from = PeerStatus::healthy;
  PeerStatus to = PeerStatus::healthy;
  std::string cause;
  std::int64_t wall_ms = 0;
  bool is_by_time = false;  ///< an ejection or a slow start ended, whatever else happened at that moment
};

struct CheckSettings {
  std::string key;  ///< the same for the same check in the next configuration
  int fails = 1;    ///< in a row, until a peer is unhealthy
  int passes = 1;   ///< in a row, until it is well
};

struct Settings {
  std::vector<CheckSettings> checks;
  bool mandatory = false;  ///< a new peer has to pass its checks first
  bool drain = false;
  std::chrono::milliseconds slow_start{0};
};

/// Several checks: one that fails is enough to make the peer unhealthy. The worst status counts, in the order draining,
/// unhealthy, ejected, checking, slow start, healthy.
class StateMachine {
 public:
  /// A new configuration. What is known of checks that stay is kept; new checks of a peer that is in use are trusted
  /// until they fail. CAUSE: for people.
  std::optional<Transition> configure(Settings settings, Moment now, std::string_view cause = "configuration");
  std::optional<Transition> on(const Event& event, Moment now);

  PeerStatus status() const { return status_; }
  /// What stands against the peer, for selection. max_fails is not in it: health::PassiveHealth lets probes through.
  bool fails_checks() const;
  bool is_ejected() const { return ejected_until_ms_ != 0; }
  bool is_draining() const { return drained_ || settings_.drain; }
  /// Since when the share of the peer grows; 0: it has its full share.
  std::int64_t slow_start_since_ms() const { return slow_since_ms_; }
  const Settings& settings() const { return settings_; }

 private:
  enum class Verdict : std::uint8_t { unknown, good, bad };
  struct Check {
    Verdict verdict = Verdict::good;
    int fails = 0, passes = 0;  ///< in a row
  };
  void passed(std::size_t index);
  void failed(std::size_t index);
  void apply(const Event& event, Moment now);
  bool any(Verdict verdict) const;
  bool is_slow(Moment now) const;
  PeerStatus derive(Moment now) const;
  bool end_ejection(Moment now);
  std::optional<Transition> settle(std::string_view cause, Moment now);

  Settings settings_;
  std::vector<Check> checks_;
  PeerStatus status_ = PeerStatus::healthy;
  bool is_configured_ = false;
  bool disabled_ = false;
  bool drained_ = false;
  std::int64_t ejected_until_ms_ = 0;
  std::int64_t slow_since_ms_ = 0;
};

}  // namespace drishti::health
