// Which of the two formats an Accept field prefers.
#include <algorithm>
#include <charconv>

#include "metrics/exposition.hpp"

namespace drishti::metrics {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

/// The part up to SEPARATOR, which is taken from TEXT.
std::string_view next_part(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const std::string_view part = trimmed(text.substr(0, end));
  text = end == text.npos ? std::string_view{} : text.substr(end + 1);
  return part;
}

/// `q=` among PARAMETERS, in thousandths; what can't be read counts as not acceptable.
int quality(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view parameter = next_part(parameters, ';');
    if (parameter.size() < 3 || !equals_ignoring_case(parameter.substr(0, 2), "q=")) continue;
    double value = 0;
    const auto [end, error] = std::from_chars(parameter.data() + 2, parameter.data() + parameter.size(), value);
    const bool is_valid = error == std::errc() && end == parameter.data() + parameter.size() && value >= 0 && value <= 1;
    return is_valid ? static_cast<int>(value * 1000) : 0;
  }
  return 1000;
}

}  // namespace

Format format_for(std::string_view accept) {
  int open = 0;
  int text = 0;
  while (!accept.empty()) {
    std::string_view range = next_part(accept, ',');
    const std::string_view type = next_part(range, ';');
    if (equals_ignoring_case(type, "application/openmetrics-text")) open = std::max(open, quality(range));
    if (equals_ignoring_case(type, "text/plain")) text = std::max(text, quality(range));
  }
  return open > 0 && open >= text ? Format::openmetrics : Format::text;
}

}  // namespace drishti::metrics
