#include "conf/expires.hpp"

#include "conf/units.hpp"

namespace drishti::conf {
namespace {

using Kind = Expires::Kind;

std::optional<Kind> word_of(std::string_view text) {
  if (text == "epoch") return Kind::epoch;
  if (text == "max") return Kind::max;
  if (text == "off") return Kind::off;
  return std::nullopt;
}

}  // namespace

ParsedExpires parse_expires(std::string_view text, bool is_modified) {
  if (const auto word = word_of(text); word && !is_modified) return {{*word, {}, {}}, {}};
  Expires expires{is_modified ? Kind::modified : Kind::access, {}, {}};
  const char sign = text.empty() ? '\0' : text.front();
  if (sign == '@' && is_modified) return {{}, "daily time cannot be used with \"modified\" parameter"};
  if (sign == '@') expires.kind = Kind::daily;
  if (sign == '@' || sign == '+' || sign == '-') text.remove_prefix(1);
  const auto time = parse_sec(text);
  if (!time) return {{}, "invalid value"};
  if (sign == '@' && *time > std::chrono::hours(24)) return {{}, "daily time value must be less than 24 hours"};
  expires.time = sign == '-' ? -*time : *time;
  return {expires, {}};
}

}  // namespace drishti::conf
