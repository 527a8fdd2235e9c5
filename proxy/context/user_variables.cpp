#include "context/lookup.hpp"
#include "context/scratch.hpp"
#include "context/variables.hpp"
#include "http/chars.hpp"

namespace drishti::context {
namespace {

/// Stands in a slot while its map is evaluated, so that a map that needs itself ends.
constexpr char evaluating_marker[1] = {};
constexpr std::string_view evaluating(evaluating_marker, 0);

bool is_evaluating(const Found& slot) { return slot && slot->data() == evaluating_marker; }

void lower_case(std::string& text) {
  for (char& c : text) c = http::to_lower(c);
}

const conf::Template* find_by_regex(const conf::Map& map, std::string_view source, RequestContext& context) {
  if (source.empty()) return nullptr;
  for (std::size_t i = 0; i < map.regexes.size(); ++i) {
    conf::Regex::Captures captures;
    const auto outcome = map.regexes[i].first.match(source, captures);
    if (outcome == conf::Regex::Outcome::limit) {
      context.log_error(conf::LogLevel::error, "regular expression match limit was reached in a map");
    }
    if (outcome != conf::Regex::Outcome::match) continue;
    remember_captures(map.regex_names[i], source, captures, context);
    return &map.regexes[i].second;
  }
  return nullptr;
}

/// ngx_http_map_find: exact, `*.x`, `x.*`, expressions in file order.
const conf::Template& select(const conf::Map& map, std::string_view source, RequestContext& context) {
  Scratch key(context);
  key.text.append(source);
  lower_case(key.text);
  const auto exact = map.exact.find(key.text);
  if (exact != map.exact.end()) return exact->second;
  for (const auto& [suffix, value] : map.wildcard_head) {
    if (key.text.size() > suffix.size() && key.text.ends_with(suffix)) return value;
  }
  for (const auto& [prefix, value] : map.wildcard_tail) {
    if (key.text.size() > prefix.size() && key.text.starts_with(prefix)) return value;
  }
  const conf::Template* by_regex = find_by_regex(map, source, context);
  return by_regex == nullptr ? map.fallback : *by_regex;
}

std::string_view evaluate_map(const conf::Map& map, RequestContext& context) {
  std::string_view source = evaluate(map.source, context);
  if (map.hostnames && source.ends_with('.')) source.remove_suffix(1);
  return evaluate(select(map, source, context), context);
}

}  // namespace

Found& user_slot(std::uint16_t slot, RequestContext& context) {
  auto& values = context.user_variables;
  if (slot >= values.size()) {
    const std::size_t known = context.config == nullptr ? 0 : context.config->variables.size();
    values.resize(std::max<std::size_t>(known, slot + std::size_t{1}));
  }
  return values[slot];
}

Found find_user_variable(std::uint16_t slot, RequestContext& context) {
  const Found value = user_slot(slot, context);
  if (is_evaluating(value)) {
    context.log_error(conf::LogLevel::error, "cycle while evaluating variable");
    return {};
  }
  if (value || context.config == nullptr || slot >= context.config->variables.size()) return value;
  const auto& map = context.config->variables[slot].map;
  if (!map) return std::string_view{};  // set, but not yet executed: nginx takes it as empty
  user_slot(slot, context) = evaluating;
  const std::string_view result = evaluate_map(*map, context);
  user_slot(slot, context) = map->is_volatile ? Found{} : Found{result};
  return result;
}

}  // namespace drishti::context
