#include "cache/cache_control.hpp"

#include <algorithm>

#include "cache/structured_dictionary.hpp"
#include "http/chars.hpp"
#include "http/field_table.hpp"
#include "http/tokens.hpp"

namespace drishti::cache {
namespace {

using http::FieldId;

/// `name`, `name=token` or `name="quoted"`.
struct Directive {
  std::string_view name;
  std::string_view argument;  ///< of a quoted-string what stands between the quotes, escapes not undone
  bool has_argument = false;
  bool malformed = false;     ///< space around `=`, or bytes behind the quoted-string
};

/// Takes directives off the front of a field value. A quote opens a quoted-string behind `=` only, so that no quote
/// elsewhere can hide a no-store.
class DirectiveReader {
 public:
  explicit DirectiveReader(std::string_view text) : text_(text) {}

  bool next(Directive& directive) {
    while (!text_.empty() && (text_.front() == ',' || http::is_ows(text_.front()))) text_.remove_prefix(1);
    if (text_.empty()) return false;
    directive = {};
    const std::string_view name = take(text_.find_first_of("=,"));
    directive.name = http::trim_ows(name);
    if (text_.empty() || text_.front() == ',') return true;
    directive.has_argument = true;
    directive.malformed = directive.name.size() != name.size();
    text_.remove_prefix(1);
    read_argument(directive);
    return true;
  }

  /// Whether a quoted-string had no end: nobody knows what it swallowed.
  bool is_open() const { return open_; }

 private:
  std::string_view take(std::size_t size) {
    const std::string_view taken = text_.substr(0, size);
    text_.remove_prefix(taken.size());
    return taken;
  }

  void read_argument(Directive& directive) {
    if (!text_.empty() && http::is_ows(text_.front())) directive.malformed = true;
    text_.remove_prefix(std::min(text_.find_first_not_of(" \t"), text_.size()));
    if (text_.empty() || text_.front() != '"') {
      directive.argument = http::trim_ows(take(text_.find(',')));
      return;
    }
    text_.remove_prefix(1);
    directive.argument = take(quoted_size());
    open_ = text_.empty();
    if (open_) return;
    text_.remove_prefix(1);
    if (!http::trim_ows(take(text_.find(','))).empty()) directive.malformed = true;
  }

  std::size_t quoted_size() const {
    std::size_t i = 0;
    for (; i < text_.size() && text_[i] != '"'; ++i) {
      if (text_[i] == '\\') ++i;
    }
    return std::min(i, text_.size());
  }

  std::string_view text_;
  bool open_ = false;
};

struct NumberDirective {
  std::string_view name;
  std::int64_t CacheControl::*member;
  bool larger_is_stricter = false;
};
constexpr NumberDirective numbers[] = {
    {"max-age", &CacheControl::max_age},
    {"s-maxage", &CacheControl::s_maxage},
    {"stale-while-revalidate", &CacheControl::stale_while_revalidate},
    {"stale-if-error", &CacheControl::stale_if_error},
    {"max-stale", &CacheControl::max_stale},
    {"min-fresh", &CacheControl::min_fresh, true},
};

struct FlagDirective {
  std::string_view name;
  bool CacheControl::*member;
  bool permits = false;  ///< allows something: counts only when it is written as defined
};
constexpr FlagDirective flags[] = {
    {"no-store", &CacheControl::no_store},
    {"no-transform", &CacheControl::no_transform},
    {"must-revalidate", &CacheControl::must_revalidate},
    {"proxy-revalidate", &CacheControl::proxy_revalidate},
    {"only-if-cached", &CacheControl::only_if_cached},
    {"public", &CacheControl::is_public, true},
    {"must-understand", &CacheControl::must_understand, true},
    {"immutable", &CacheControl::immutable, true},
};

struct NamesDirective {
  std::string_view name;
  bool CacheControl::*whole;
  FieldNames CacheControl::*fields;
};
constexpr NamesDirective names[] = {
    {"no-cache", &CacheControl::no_cache, &CacheControl::no_cache_fields},
    {"private", &CacheControl::is_private, &CacheControl::private_fields},
};

template <typename Entry, std::size_t size>
const Entry* find(const Entry (&table)[size], std::string_view name) {
  const auto found = std::find_if(table, table + size, [&](const Entry& e) { return http::is_word(name, e.name); });
  return found == table + size ? nullptr : found;
}

void set_number(const NumberDirective& number, std::int64_t seconds, CacheControl& into) {
  std::int64_t& member = into.*number.member;
  if (seconds < 0) seconds = number.larger_is_stricter ? CacheControl::longest : 0;
  if (member == CacheControl::not_said)
    member = seconds;
  else
    member = number.larger_is_stricter ? std::max(member, seconds) : std::min(member, seconds);
}

/// False when LIST has no names, or something else than names, or too many.
bool add_names(std::string_view list, FieldNames& into) {
  const std::size_t before = into.size();
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view name = http::trim_ows(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (name.empty()) continue;
    if (!http::is_token(name) || !into.add(name)) return false;
  }
  return into.size() > before;
}

void set_names(const NamesDirective& directive, std::string_view argument, bool has_names, CacheControl& into) {
  if (!has_names || !add_names(argument, into.*directive.fields)) into.*directive.whole = true;
}

void apply(const Directive& directive, CacheControl& into) {
  if (const NumberDirective* number = find(numbers, directive.name)) {
    const bool is_bare_max_stale = !directive.has_argument && number->member == &CacheControl::max_stale;
    const std::int64_t seconds = directive.malformed ? -1 : parse_delta_seconds(directive.argument);
    set_number(*number, is_bare_max_stale ? CacheControl::longest : seconds, into);
  } else if (const FlagDirective* flag = find(flags, directive.name)) {
    if (!flag->permits || !directive.has_argument) into.*flag->member = true;
  } else if (const NamesDirective* list = find(names, directive.name)) {
    set_names(*list, directive.argument, directive.has_argument && !directive.malformed, into);
  }
}

using Type = DictionaryMember::Type;

bool set_number(const NumberDirective& number, const DictionaryMember& member, CacheControl& into) {
  if (member.type != Type::integer) return false;
  into.*number.member = CacheControl::not_said;
  set_number(number, member.is_negative ? -1 : parse_delta_seconds(member.text), into);
  return true;
}

bool set_flag(const FlagDirective& flag, const DictionaryMember& member, CacheControl& into) {
  if (member.type != Type::boolean && flag.permits) return false;
  into.*flag.member = member.type != Type::boolean || member.is_true;
  return true;
}

bool set_names(const NamesDirective& list, const DictionaryMember& member, CacheControl& into) {
  into.*list.fields = {};
  into.*list.whole = member.type == Type::boolean ? member.is_true : member.type != Type::string;
  if (member.type == Type::string) set_names(list, member.text, true, into);
  return true;
}

/// The last member of a name counts (RFC 8941 4.2.2). False when its value is of another type than the directive's: then
/// the whole field is invalid; what only restricts counts all the same.
bool apply(const DictionaryMember& member, CacheControl& into) {
  if (const NumberDirective* number = find(numbers, member.key)) return set_number(*number, member, into);
  if (const FlagDirective* flag = find(flags, member.key)) return set_flag(*flag, member, into);
  if (const NamesDirective* list = find(names, member.key)) return set_names(*list, member, into);
  return true;
}

}  // namespace

bool FieldNames::add(std::string_view name) {
  if (contains(name)) return true;
  if (size_ == most) return false;
  names_[size_++] = name;
  return true;
}

bool FieldNames::contains(std::string_view name) const {
  const auto end = names_.begin() + size_;
  return std::find_if(names_.begin(), end, [&](std::string_view n) { return http::iequals(n, name); }) != end;
}

std::int64_t parse_delta_seconds(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), http::is_digit)) return CacheControl::not_said;
  std::int64_t value = 0;
  for (const char c : text) value = std::min(value * 10 + (c - '0'), CacheControl::longest);
  return value;
}

void read_cache_control(std::string_view value, CacheControl& into) {
  DirectiveReader reader(value);
  for (Directive directive; reader.next(directive);) apply(directive, into);
  if (reader.is_open()) into.no_store = true;
}

CacheControl cache_control_of(const http::FieldList& fields) {
  CacheControl control;
  if (!fields.has(FieldId::cache_control)) return control;
  for (const http::Field& field : fields) {
    if (field.id == FieldId::cache_control) read_cache_control(field.value, control);
  }
  return control;
}

CacheControl request_cache_control(const http::FieldList& fields) {
  CacheControl control = cache_control_of(fields);
  if (control.no_cache_fields.size() > 0) control.no_cache = true;  // a request has no such argument
  if (fields.has(FieldId::cache_control)) return control;
  for (const http::Field& field : fields) {
    if (field.id == FieldId::pragma && http::has_token(field.value, "no-cache")) control.no_cache = true;
  }
  return control;
}

bool read_targeted(const http::FieldList& fields, std::string_view name, CacheControl& into) {
  if (name.empty()) return false;
  CacheControl control;
  bool has_member = false;
  for (const http::Field& field : fields) {
    if (!http::iequals(field.name, name)) continue;
    DictionaryReader reader(field.value);
    for (DictionaryMember member; reader.next(member); has_member = true) {
      if (!apply(member, control)) return false;
    }
    if (reader.failed()) return false;
  }
  if (has_member) into = control;
  return has_member;
}

}  // namespace drishti::cache
