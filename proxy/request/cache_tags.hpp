#pragma once
// Cache-Tag and Surrogate-Key: the words under which responses are purged together.

#include <string_view>
#include <vector>

#include "http/field.hpp"

namespace drishti::request {

inline constexpr std::size_t most_tags = 64;

/// Appends the tags of a message: Cache-Tag is a list with commas, Surrogate-Key one with spaces.
void collect_tags(const http::FieldList& fields, std::vector<std::string_view>& tags);

}  // namespace drishti::request
