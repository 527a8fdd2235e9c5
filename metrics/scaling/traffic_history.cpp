#include "metrics/scaling/traffic_history.hpp"

#include <algorithm>
#include <charconv>

namespace drishti::scaling {
namespace {

constexpr std::string_view heading = "drishti-traffic-history 1";
constexpr std::int64_t seconds_a_day = 86'400;

std::optional<std::uint64_t> take_number(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (error != std::errc{}) return std::nullopt;
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  return value;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

}  // namespace

void TrafficHistory::move_to(std::int64_t day) {
  if (today_ == 0) today_ = first_day_ = day;
  if (day - today_ >= kept) requests_.fill(0);
  else
    while (today_ < day) of(++today_) = 0;
  today_ = std::max(today_, day);
  first_day_ = std::max(first_day_, today_ - kept + 1);
}

void TrafficHistory::add(std::int64_t now, std::uint64_t requests) {
  move_to(std::max<std::int64_t>(1, now / seconds_a_day));
  of(today_) += requests;
}

std::uint64_t TrafficHistory::sum(std::int64_t days_ago) const {
  std::uint64_t total = 0;
  for (std::int64_t day = today_ - days_ago; day > today_ - days_ago - month; --day)
    if (day >= first_day_ && day > 0) total += of(day);
  return total;
}

std::optional<double> TrafficHistory::growth() const {
  const auto before = static_cast<double>(month_before());
  if (days() < kept || before == 0) return std::nullopt;
  return static_cast<double>(last_month()) / before - 1;
}

std::string TrafficHistory::text() const {
  std::string text(heading);
  text += '\n';
  for (std::int64_t day = first_day_; day <= today_ && today_ > 0; ++day)
    text += std::to_string(day) + " " + std::to_string(of(day)) + "\n";
  return text;
}

bool TrafficHistory::read(std::string_view text, std::int64_t now) {
  if (take_line(text) != heading) return false;
  const std::int64_t today = std::max<std::int64_t>(1, now / seconds_a_day);
  TrafficHistory found;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    const auto day = take_number(line), requests = take_number(line);
    if (!day || !requests || !line.empty() || *day > static_cast<std::uint64_t>(today) + kept) return false;
    const auto number = static_cast<std::int64_t>(*day);
    if (number < found.today_) return false;
    if (number <= today - kept || number > today) continue;
    found.add(number * seconds_a_day, *requests);
  }
  *this = found;
  return true;
}

}  // namespace drishti::scaling
