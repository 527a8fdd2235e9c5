#pragma once
// Requests by day, for what the guide counts by the month.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace drishti::scaling {

/// The last 60 days of UTC.
class TrafficHistory {
 public:
  static constexpr std::int64_t month = 30;  ///< days
  static constexpr std::int64_t kept = 2 * month;

  /// NOW: seconds since 1970. A clock that is set back adds to the newest day.
  void add(std::int64_t now, std::uint64_t requests);

  /// In the last 30 days, today included.
  std::uint64_t last_month() const { return sum(0); }
  std::uint64_t month_before() const { return sum(month); }
  /// Increase of the last 30 days against the 30 before, 1 = doubled; nothing before 60 days were seen.
  std::optional<double> growth() const;
  /// From the first day that is known to today.
  std::int64_t days() const { return today_ == 0 ? 0 : today_ - first_day_ + 1; }

  /// `DAY REQUESTS` lines behind a line that tells the format.
  std::string text() const;
  /// False when TEXT is not of that format; then nothing changed. Days out of reach are left out.
  bool read(std::string_view text, std::int64_t now);

 private:
  void move_to(std::int64_t day);
  std::uint64_t sum(std::int64_t days_ago) const;
  std::uint64_t& of(std::int64_t day) { return requests_[static_cast<std::size_t>(day % kept)]; }
  std::uint64_t of(std::int64_t day) const { return requests_[static_cast<std::size_t>(day % kept)]; }

  std::array<std::uint64_t, kept> requests_{};
  std::int64_t today_ = 0;  ///< days since 1970; 0: nothing was added yet
  std::int64_t first_day_ = 0;
};

}  // namespace drishti::scaling
