#pragma once
// One reply of Redis, as a value.

#include <cstdint>
#include <string>
#include <vector>

namespace drishti::cache::redis {

struct Reply {
  enum class Type : std::uint8_t { nil, status, error, integer, string, array };
  Type type = Type::nil;
  std::string text;              ///< of a status, an error or a string
  std::int64_t integer = 0;
  std::vector<Reply> elements;   ///< of an array

  bool is(Type wanted) const { return type == wanted; }
  bool is_ok() const { return type == Type::status && text == "OK"; }
};

}  // namespace drishti::cache::redis
