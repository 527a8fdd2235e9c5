#pragma once
// Comma-separated lists of RFC 9110 5.6.1, read without copying.

#include <string_view>

#include "http/chars.hpp"
#include "http/field.hpp"

namespace drishti::http {

/// The position of the first comma outside a quoted-string, or text.size().
inline std::size_t find_list_end(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == '\\' && quoted)
      ++i;
    else if (text[i] == ',' && !quoted)
      return i;
  }
  return text.size();
}

/// Calls fn(element) for every element of a comma-separated list, empty ones left out, without OWS around it.
/// An element may have parameters (`gzip;q=0.5`). When fn returns bool, false ends the walk.
template <typename Fn>
void for_each_element(std::string_view value, Fn&& fn) {
  while (!value.empty()) {
    const std::size_t end = find_list_end(value);
    const std::string_view element = trim_ows(value.substr(0, end));
    value.remove_prefix(end == value.size() ? end : end + 1);
    if (element.empty()) continue;
    if constexpr (std::is_same_v<decltype(fn(element)), bool>) {
      if (!fn(element)) return;
    } else {
      fn(element);
    }
  }
}

/// As for_each_element, with parameters cut off: `gzip;q=0.5` gives `gzip`.
template <typename Fn>
void for_each_token(std::string_view value, Fn&& fn) {
  for_each_element(value, [&](std::string_view element) { return fn(trim_ows(element.substr(0, element.find(';')))); });
}

/// Whether the list has this token, in any case.
inline bool has_token(std::string_view list, std::string_view token) {
  bool found = false;
  for_each_token(list, [&](std::string_view element) {
    found = iequals(element, token);
    return !found;
  });
  return found;
}

/// `text/html` of `Text/HTML; charset=utf-8`, in the case received. RFC 9110 8.3.1.
inline std::string_view media_type_of(std::string_view content_type) {
  return trim_ows(content_type.substr(0, content_type.find(';')));
}

}  // namespace drishti::http
