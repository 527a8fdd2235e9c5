#pragma once
// Heads for the tests of the cache's rules.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/field.hpp"

namespace drishti::cache::testing {

using Lines = std::vector<std::pair<std::string_view, std::string_view>>;

/// Views of LINES, whose texts must outlive it.
inline http::FieldList fields(const Lines& lines) {
  http::FieldList list;
  for (const auto& [name, value] : lines) list.add({name, value, http::field_id(name)});
  return list;
}

/// `Name: value|Name: value`, in order.
inline std::string text_of(const http::FieldList& list) {
  std::string text;
  for (const http::Field& field : list) {
    if (!text.empty()) text += "|";
    text.append(field.name).append(": ").append(field.value);
  }
  return text;
}

}  // namespace drishti::cache::testing
