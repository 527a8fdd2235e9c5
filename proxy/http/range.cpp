#include "http/range.hpp"

#include <algorithm>
#include <optional>

#include "http/chars.hpp"
#include "http/field.hpp"

namespace drishti::http {

namespace {

/// Takes the digits at the front of TEXT off; nullopt when there are none or the number is 2^63 and more.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  std::uint64_t value = 0;
  while (!text.empty() && is_digit(text.front())) {
    const auto digit = static_cast<std::uint64_t>(text.front() - '0');
    if (value > (static_cast<std::uint64_t>(INT64_MAX) - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
    text.remove_prefix(1);
  }
  return value;
}

void skip_ows(std::string_view& text) {
  while (!text.empty() && is_ows(text.front())) text.remove_prefix(1);
}

/// A range as half-open interval; empty when it lies outside the entity.
struct Span {
  std::uint64_t begin = 0, end = 0;
};

/// `-N`: the last N bytes.
std::optional<Span> take_suffix(std::string_view& text, std::uint64_t size) {
  text.remove_prefix(1);
  const auto length = take_number(text);
  if (!length) return std::nullopt;
  return Span{size - std::min(*length, size), size};
}

/// `A-B` or `A-`.
std::optional<Span> take_interval(std::string_view& text, std::uint64_t size) {
  const auto first = take_number(text);
  if (!first) return std::nullopt;
  skip_ows(text);
  if (!text.starts_with('-')) return std::nullopt;
  text.remove_prefix(1);
  skip_ows(text);
  if (text.empty() || text.front() == ',') return Span{*first, size};
  const auto last = take_number(text);
  if (!last) return std::nullopt;
  return Span{*first, std::min(*last, size - 1) + 1};
}

std::optional<Span> take_range(std::string_view& text, std::uint64_t size) {
  skip_ows(text);
  const auto span = text.starts_with('-') ? take_suffix(text, size) : take_interval(text, size);
  skip_ows(text);
  return text.empty() || text.front() == ',' ? span : std::nullopt;
}

}  // namespace

RangeOutcome parse_range(std::string_view value, std::uint64_t size, std::size_t max_ranges,
                         std::vector<ByteRange>& out) {
  constexpr std::string_view unit = "bytes=";
  out.clear();
  const bool bytes = value.size() > unit.size() && iequals(value.substr(0, unit.size()), unit);
  if (!bytes || max_ranges == 0 || size == 0) return RangeOutcome::ignored;
  value.remove_prefix(unit.size());
  std::uint64_t total = 0;
  for (;;) {
    const std::optional<Span> span = take_range(value, size);
    if (!span) return out.clear(), RangeOutcome::unsatisfiable;
    if (span->begin < span->end) {
      total += span->end - span->begin;
      if (out.size() == max_ranges || total > size) return out.clear(), RangeOutcome::ignored;
      out.push_back({span->begin, span->end - 1});
    }
    if (value.empty()) break;
    value.remove_prefix(1);
  }
  return out.empty() ? RangeOutcome::unsatisfiable : RangeOutcome::ranges;
}

}  // namespace drishti::http
