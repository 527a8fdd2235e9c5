#include "filters/cookie_flags.hpp"

#include <algorithm>
#include <array>

#include "context/scratch.hpp"
#include "context/variables.hpp"
#include "http/chars.hpp"
#include "http/field.hpp"

namespace drishti::filters {
namespace {

using conf::CookieFlags;
using context::RequestContext;

/// What becomes of an attribute: it stays as it is, is there with this text, or is not there.
struct Wish {
  std::string_view attribute;
  enum class Kind : std::uint8_t { keep, set, remove } kind = Kind::keep;
  std::string_view text{};
  bool is_done = false;

  bool names(std::string_view name) const { return http::iequals(name, attribute); }
};
using Wishes = std::array<Wish, 3>;  // secure, httponly, samesite

struct Word {
  std::string_view word;
  std::size_t wish;
  Wish::Kind kind;
  std::string_view text;
};
constexpr Word words[] = {
    {"secure", 0, Wish::Kind::set, "Secure"},        {"nosecure", 0, Wish::Kind::remove, {}},
    {"httponly", 1, Wish::Kind::set, "HttpOnly"},    {"nohttponly", 1, Wish::Kind::remove, {}},
    {"samesite=strict", 2, Wish::Kind::set, "SameSite=Strict"},
    {"samesite=lax", 2, Wish::Kind::set, "SameSite=Lax"},
    {"samesite=none", 2, Wish::Kind::set, "SameSite=None"}, {"nosamesite", 2, Wish::Kind::remove, {}},
};

bool matches(const CookieFlags& rule, std::string_view name, RequestContext& context) {
  return rule.regex ? rule.regex->regex.matches(name) : http::iequals(context::evaluate(rule.name, context), name);
}

const CookieFlags* find_rule(std::string_view name, RequestContext& context) {
  for (const CookieFlags& rule : *context.location->proxy.cookie_flags)
    if (matches(rule, name, context)) return &rule;
  return nullptr;
}

/// Of two that contradict each other, what sets counts, as in nginx.
void wish(std::string_view flag, Wishes& wishes) {
  for (const Word& word : words) {
    if (!http::iequals(word.word, flag)) continue;
    Wish& wanted = wishes[word.wish];
    if (wanted.kind == Wish::Kind::set) return;
    wanted.kind = word.kind;
    wanted.text = word.text;
  }
}

Wishes wishes_of(const CookieFlags& rule, RequestContext& context) {
  Wishes wishes{{{"secure"}, {"httponly"}, {"samesite"}}};
  for (const conf::Template& flag : rule.flags) wish(context::evaluate(flag, context), wishes);
  return wishes;
}

std::string_view name_of(std::string_view attribute) {
  attribute = attribute.substr(0, attribute.find('='));
  const auto begin = attribute.find_first_not_of(" \t");
  if (begin == attribute.npos) return {};
  return attribute.substr(begin, attribute.find_last_not_of(" \t") + 1 - begin);
}

/// ATTRIBUTE as it came, without its `;`.
void append_attribute(std::string_view attribute, Wishes& wishes, std::string& out) {
  for (Wish& wanted : wishes) {
    if (wanted.kind == Wish::Kind::keep || !wanted.names(name_of(attribute))) continue;
    if (wanted.kind == Wish::Kind::remove || wanted.is_done) return;
    wanted.is_done = true;
    if (http::iequals(http::trim_ows(attribute), wanted.text)) break;  // it says so already
    out.append("; ").append(wanted.text);
    return;
  }
  out.append(";").append(attribute);
}

}  // namespace

std::string_view apply_cookie_flags(std::string_view cookie, RequestContext& context) {
  std::size_t end = std::min(cookie.find(';'), cookie.size());
  const std::size_t equals = cookie.find('=');
  if (equals >= end) return cookie;
  const CookieFlags* rule = find_rule(cookie.substr(0, equals), context);
  if (rule == nullptr) return cookie;
  Wishes wishes = wishes_of(*rule, context);
  context::Scratch changed(context);
  changed.text.append(cookie.substr(0, end));
  while (end < cookie.size()) {
    const std::size_t next = std::min(cookie.find(';', end + 1), cookie.size());
    append_attribute(cookie.substr(end + 1, next - end - 1), wishes, changed.text);
    end = next;
  }
  for (const Wish& wanted : wishes)
    if (wanted.kind == Wish::Kind::set && !wanted.is_done) changed.text.append("; ").append(wanted.text);
  return changed.keep();
}

}  // namespace drishti::filters
