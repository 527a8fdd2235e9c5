#pragma once
// Conditional requests against what the selected representation is. RFC 9110 13.

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/field.hpp"

namespace drishti::http {

/// What identifies the state of a representation.
struct Validators {
  std::string_view etag;                 ///< "" for none
  std::optional<std::int64_t> modified;  ///< Last-Modified, Unix seconds
  bool strong_modified = true;           ///< whether two states cannot share the date (RFC 9110 8.8.2.2)
};

enum class Precondition : std::uint8_t { proceed, not_modified, failed };

/// Of a GET or HEAD in the order of RFC 9110 13.2.2: If-Match, else If-Unmodified-Since; If-None-Match, else
/// If-Modified-Since.
Precondition evaluate_preconditions(const FieldList& request, const Validators& validators);

/// Whether the ranges asked for still fit what the client has: no If-Range, or one that is the strong validator.
bool if_range_holds(const FieldList& request, const Validators& validators);

}  // namespace drishti::http
