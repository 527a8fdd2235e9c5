#include "upstream/health_match.hpp"

#include <algorithm>

namespace drishti::upstream {
namespace {

using Header = conf::HealthMatch::Header;
using Test = Header::Test;

bool holds(const conf::HealthMatch::Status& wanted, int status) {
  const bool is_inside = std::ranges::any_of(
      wanted.ranges, [&](const std::pair<int, int>& range) { return range.first <= status && status <= range.second; });
  return is_inside != wanted.negated;
}

bool value_holds(const Header& wanted, std::string_view value) {
  const bool is_same = wanted.test == Test::equal || wanted.test == Test::not_equal ? http::iequals(value, wanted.value)
                                                                                   : wanted.regex.matches(value);
  return is_same != (wanted.test == Test::not_equal || wanted.test == Test::not_match);
}

// Of a field that comes several times one value has to pass, or for != and !~ all of them.
bool holds(const Header& wanted, const http::FieldList& fields) {
  const bool needs_all = wanted.test == Test::not_equal || wanted.test == Test::not_match;
  bool is_there = false, any_holds = false, all_hold = true;
  for (const http::Field& field : fields) {
    if (!http::iequals(field.name, wanted.name)) continue;
    is_there = true;
    if (wanted.test == Test::exists || wanted.test == Test::missing) continue;
    const bool does_hold = value_holds(wanted, field.value);
    any_holds = any_holds || does_hold;
    all_hold = all_hold && does_hold;
  }
  if (wanted.test == Test::exists) return is_there;
  if (wanted.test == Test::missing) return !is_there;
  return needs_all ? all_hold : any_holds;
}

}  // namespace

std::optional<Mismatch> find_head_mismatch(const conf::HealthMatch* match, const http::ResponseHead& head) {
  const Mismatch bad_status{"while checking status code", "status " + std::to_string(head.status)};
  if (match == nullptr || match->statuses.empty()) {
    if (match == nullptr && (head.status < 200 || head.status > 399)) return bad_status;
  } else if (!std::ranges::all_of(match->statuses, [&](const auto& wanted) { return holds(wanted, head.status); })) {
    return bad_status;
  }
  if (match == nullptr) return std::nullopt;
  for (const Header& wanted : match->headers)
    if (!holds(wanted, head.fields)) return Mismatch{"while checking header", "header \"" + wanted.name + "\""};
  return std::nullopt;
}

std::optional<Mismatch> find_body_mismatch(const conf::HealthMatch& match, std::string_view body) {
  for (const auto& wanted : match.bodies)
    if (wanted.regex.matches(body) == wanted.negated)
      return Mismatch{"while checking response body", "the body does not pass \"" + wanted.regex.pattern() + "\""};
  return std::nullopt;
}

}  // namespace drishti::upstream
