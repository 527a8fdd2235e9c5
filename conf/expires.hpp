#pragma once
// `expires`: how long a response may be kept. Words of nginx; read with the configuration, or from a variable per request.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "conf/template.hpp"

namespace drishti::conf {

struct Expires {
  enum class Kind : std::uint8_t {
    off,
    epoch,
    max,
    access,    ///< from now on
    modified,  ///< from Last-Modified on
    daily,     ///< at a time of the day
  };
  Kind kind = Kind::off;
  std::chrono::seconds time{0};     ///< negative: in the past
  std::optional<Template> variable;  ///< says what the members above do not; `kind` is access or modified
};

/// WRONG: what is wrong with the words, for a message; empty when nothing is.
struct ParsedExpires {
  Expires expires;
  std::string_view wrong;
};
/// TEXT without the word `modified`, which IS_MODIFIED stands for.
ParsedExpires parse_expires(std::string_view text, bool is_modified);

}  // namespace drishti::conf
