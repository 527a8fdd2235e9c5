#include "routing/location_table.hpp"

#include <algorithm>

namespace drishti::routing {

using Kind = conf::Location::Kind;

bool LocationTable::Static::auto_redirect() const {
  return (exact.location != nullptr && exact.location->auto_redirect) ||
         (prefix.location != nullptr && prefix.location->auto_redirect);
}

std::unique_ptr<const LocationTable> LocationTable::make(const conf::Location& level) {
  auto table = std::make_unique<LocationTable>();
  for (const auto& child : level.children) {
    if (child->kind == Kind::regex) table->regexes_.push_back({child.get(), make(*child)});
    if (child->kind == Kind::exact || child->kind == Kind::prefix || child->kind == Kind::prefix_final)
      table->add_static(*child);
  }
  if (table->statics_.empty() && table->regexes_.empty()) return nullptr;
  table->link();
  return table;
}

void LocationTable::add_static(const conf::Location& location) {
  auto same = std::ranges::find(statics_, location.pattern, &Static::text);
  if (same == statics_.end()) {
    statics_.emplace_back().text = location.pattern;
    same = std::prev(statics_.end());
  }
  Entry& entry = location.kind == Kind::exact ? same->exact : same->prefix;
  if (entry.location == nullptr) entry = {&location, make(location)};
}

// Sorted, whatever begins with a text follows it directly, so the enclosing prefixes form a stack.
void LocationTable::link() {
  std::ranges::sort(statics_, {}, &Static::text);
  for (std::size_t i = 1; i < statics_.size(); ++i) {
    int shorter = static_cast<int>(i) - 1;
    while (shorter >= 0 && !statics_[i].text.starts_with(statics_[static_cast<std::size_t>(shorter)].text))
      shorter = statics_[static_cast<std::size_t>(shorter)].shorter;
    statics_[i].shorter = shorter;
  }
}

// The longest text that URI begins with, or -1.
int LocationTable::longest(std::string_view uri) const {
  int i = static_cast<int>(std::ranges::upper_bound(statics_, uri, {}, &Static::text) - statics_.begin()) - 1;
  while (i >= 0 && !uri.starts_with(statics_[static_cast<std::size_t>(i)].text))
    i = statics_[static_cast<std::size_t>(i)].shorter;
  return i;
}

// The location URI + "/", when it redirects there. In byte order only texts below "URI/" may stand before it.
const LocationTable::Static* LocationTable::missing_slash(std::string_view uri) const {
  auto less = [uri](const Static& entry, int) {
    const int order = entry.text.substr(0, uri.size()).compare(uri);
    if (order != 0) return order < 0;
    return entry.text.size() <= uri.size() || static_cast<unsigned char>(entry.text[uri.size()]) < '/';
  };
  auto at = std::lower_bound(statics_.begin(), statics_.end(), 0, less);
  if (at == statics_.end() || at->text.size() != uri.size() + 1) return nullptr;
  if (!at->text.starts_with(uri) || at->text.back() != '/' || !at->auto_redirect()) return nullptr;
  return &*at;
}

LocationTable::Result LocationTable::find_nested(const Entry& entry, std::string_view uri,
                                                 const conf::Location*& found, RegexMatch& match) {
  found = entry.location;
  return entry.nested ? entry.nested->find(uri, found, match) : Result::none;
}

LocationTable::Result LocationTable::find_static(std::string_view uri, const conf::Location*& found, RegexMatch& match,
                                                 bool& regexes_allowed) const {
  int i = longest(uri);
  const Static* best = i < 0 ? nullptr : &statics_[static_cast<std::size_t>(i)];
  const bool same_text = best != nullptr && best->text.size() == uri.size();
  if (same_text && best->exact.location != nullptr) {
    found = best->exact.location;
    return Result::final;
  }
  if (!same_text) {
    if (const Static* slash = missing_slash(uri)) {
      found = slash->exact.location != nullptr ? slash->exact.location : slash->prefix.location;
      return Result::redirect;
    }
  }
  while (best != nullptr && best->prefix.location == nullptr)
    best = best->shorter < 0 ? nullptr : &statics_[static_cast<std::size_t>(best->shorter)];
  if (best == nullptr) return Result::none;
  regexes_allowed = best->prefix.location->kind != Kind::prefix_final;
  const Result nested = find_nested(best->prefix, uri, found, match);
  return nested == Result::none ? Result::prefix : nested;
}

LocationTable::Result LocationTable::find(std::string_view uri, const conf::Location*& found, RegexMatch& match) const {
  bool regexes_allowed = true;
  const Result fixed = find_static(uri, found, match, regexes_allowed);
  if (fixed != Result::none && fixed != Result::prefix) return fixed;
  if (!regexes_allowed) return fixed;
  for (const Entry& entry : regexes_) {
    const auto outcome = match_regex(entry.location->regex, uri, match);
    if (outcome == conf::Regex::Outcome::no_match) continue;
    if (outcome == conf::Regex::Outcome::limit) return Result::limit;
    const Result nested = find_nested(entry, uri, found, match);
    return nested == Result::limit || nested == Result::redirect ? nested : Result::final;
  }
  return fixed;
}

}  // namespace drishti::routing
