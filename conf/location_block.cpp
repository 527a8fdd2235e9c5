#include "conf/location_block.hpp"

#include <set>

#include "conf/setters.hpp"

namespace drishti::conf {
namespace {

using Kind = Location::Kind;

struct Pattern {
  Kind kind = Kind::prefix;
  std::string text;
  bool caseless = false;
};

// `location = /x`, `location ~ \.php$`.
Pattern pattern_of_two(const Directive& d) {
  const std::string& modifier = d.args[0];
  if (modifier == "=") return {Kind::exact, d.args[1]};
  if (modifier == "^~") return {Kind::prefix_final, d.args[1]};
  if (modifier == "~") return {Kind::regex, d.args[1]};
  if (modifier == "~*") return {Kind::regex, d.args[1], true};
  fail("invalid location modifier " + quoted(modifier), d);
}

// `location /x`, and modifiers that touch the pattern: `location =/x`.
Pattern pattern_of_one(const std::string& text) {
  if (text.starts_with('=')) return {Kind::exact, text.substr(1)};
  if (text.starts_with("^~")) return {Kind::prefix_final, text.substr(2)};
  if (text.starts_with("~*")) return {Kind::regex, text.substr(2), true};
  if (text.starts_with('~')) return {Kind::regex, text.substr(1)};
  if (text.starts_with('@')) return {Kind::named, text};
  return {Kind::prefix, text};
}

void check_nesting(const Location& outer, const Pattern& pattern, const Directive& d) {
  if (outer.kind == Kind::exact)
    fail("location " + quoted(pattern.text) + " cannot be inside the exact location " + quoted(outer.pattern), d);
  if (outer.kind == Kind::named)
    fail("location " + quoted(pattern.text) + " cannot be inside the named location " + quoted(outer.pattern), d);
  if (pattern.kind == Kind::named)
    fail("named location " + quoted(pattern.text) + " can be on the server level only", d);
  if (pattern.kind != Kind::regex && !pattern.text.starts_with(outer.pattern))
    fail("location " + quoted(pattern.text) + " is outside location " + quoted(outer.pattern), d);
}

}  // namespace

void read_location(Analysis& a, const Directive& d) {
  Location& outer = *a.scope().location;
  const Pattern pattern = d.args.size() == 2 ? pattern_of_two(d) : pattern_of_one(d.args[0]);
  if (outer.kind != Kind::server_root) check_nesting(outer, pattern, d);

  auto location = std::make_shared<Location>();
  location->kind = pattern.kind;
  location->pattern = pattern.text;
  location->parent = outer.kind == Kind::server_root ? nullptr : &outer;
  location->where = d.where;
  if (pattern.kind == Kind::regex)
    location->regex = compile_regex(pattern.text, pattern.caseless, a.variables, d.where);
  outer.children.push_back(location);

  Scope scope;
  scope.context = context::location;
  scope.location = location.get();
  scope.server = a.scope().server;
  scope.rewrite = &location->rewrite;
  a.read_block(d, std::move(scope));
}

void check_duplicate_locations(const std::vector<std::shared_ptr<Location>>& children) {
  std::set<std::pair<bool, std::string>> seen;
  for (const auto& child : children) {
    check_duplicate_locations(child->children);
    if (child->kind == Kind::regex || child->kind == Kind::named) continue;
    if (!seen.emplace(child->kind == Kind::exact, child->pattern).second)
      throw ConfigError("duplicate location \"" + child->pattern + "\"", child->where);
  }
}

}  // namespace drishti::conf
