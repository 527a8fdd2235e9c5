#pragma once
// Setters of the common kinds, so that most entries of the directive table are one line:
// `set_msec<&CoreSettings::send_timeout>`.

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "conf/analysis.hpp"
#include "conf/units.hpp"

namespace drishti::conf {

[[noreturn]] inline void fail(std::string reason, const Directive& directive) {
  throw ConfigError(std::move(reason), directive.where);
}
/// `"NAME" directive REASON`
[[noreturn]] inline void fail_directive(std::string_view reason, const Directive& directive) {
  fail("\"" + directive.name + "\" directive " + std::string(reason), directive);
}
/// Where a block ends: nginx finds out there what is missing in it.
inline Where end_of(const Directive& block) {
  Where where = block.where;
  if (block.end_line > 0) where.line = block.end_line;
  return where;
}
inline std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

// Values of one argument; each throws in nginx's words.
bool flag_value(const Directive& directive);
Bytes size_value(const Directive& directive, std::size_t argument = 0, bool allow_giga = false);
milliseconds msec_value(const Directive& directive, std::size_t argument = 0);
int number_value(const Directive& directive, std::size_t argument = 0);

/// The value of `NAME=VALUE` when ARGUMENT is one.
std::optional<std::string_view> parameter(std::string_view argument, std::string_view name);

// Where a member lives: settings of the level being read, the process, or an upstream.
template <class T>
void store(Analysis& a, Setting<T> CoreSettings::* member, T value) {
  (a.scope().location->core.*member).set(std::move(value));
}
template <class T>
void store(Analysis& a, Setting<T> ProxySettings::* member, T value) {
  (a.scope().location->proxy.*member).set(std::move(value));
}
template <class T>
void store(Analysis& a, Setting<T> ServerSettings::* member, T value) {
  (a.scope().server_settings->*member).set(std::move(value));
}
template <class T>
void store(Analysis& a, Setting<T> SslSettings::* member, T value) {
  (a.scope().server_settings->ssl.*member).set(std::move(value));
}
template <class T, class V>
void store(Analysis& a, T MainSettings::* member, V value) {
  a.config.main.*member = std::move(value);
}
template <class T, class V>
void store(Analysis& a, T Upstream::* member, V value) {
  a.scope().upstream->*member = std::move(value);
}

/// Sets the flags that WORDS has for the arguments of D.
template <class Bits, std::size_t N>
void add_words(Analysis& a, const Directive& d, Bits& bits, const std::pair<std::string_view, bool Bits::*> (&words)[N]) {
  for (const auto& text : d.args) {
    const auto* word = std::find_if(std::begin(words), std::end(words), [&](const auto& w) { return w.first == text; });
    if (word == std::end(words)) fail("invalid value " + quoted(text), d);
    if (bits.*word->second) a.warn("duplicate value " + quoted(text), d.where);
    bits.*word->second = true;
  }
}

template <auto Member>
void set_flag(Analysis& a, const Directive& d) {
  store(a, Member, flag_value(d));
}
template <auto Member>
void set_size(Analysis& a, const Directive& d) {
  store(a, Member, size_value(d));
}
template <auto Member>
void set_offset(Analysis& a, const Directive& d) {
  store(a, Member, size_value(d, 0, true));
}
template <auto Member>
void set_msec(Analysis& a, const Directive& d) {
  store(a, Member, msec_value(d));
}
template <auto Member>
void set_number(Analysis& a, const Directive& d) {
  store(a, Member, number_value(d));
}
template <auto Member>
void set_count(Analysis& a, const Directive& d) {
  store(a, Member, static_cast<std::uint64_t>(number_value(d)));
}
template <auto Member>
void set_string(Analysis& a, const Directive& d) {
  store(a, Member, d.args[0]);
}
template <auto Member>
void set_path(Analysis& a, const Directive& d) {
  store(a, Member, a.full_path(d.args[0]));
}
/// A directory of temporary files and the lengths of up to three levels of directories in it, which are only checked.
template <auto Member>
void set_temp_path(Analysis& a, const Directive& d) {
  for (std::size_t i = 1; i < d.args.size(); ++i)
    if (parse_number(d.args[i]).value_or(0) == 0) fail_directive("invalid value", d);
  set_path<Member>(a, d);
}
template <auto Member>
void set_template(Analysis& a, const Directive& d) {
  store(a, Member, a.compile(d.args[0], d.where));
}
template <auto Member>
void set_optional_template(Analysis& a, const Directive& d) {
  store(a, Member, std::optional<Template>(a.compile(d.args[0], d.where)));
}

/// One of a few words.
template <class E>
E enum_value(const Directive& d, std::initializer_list<std::pair<std::string_view, E>> words) {
  for (const auto& [word, value] : words)
    if (d.args[0] == word) return value;
  fail("invalid value " + quoted(d.args[0]), d);
}

// Setters for directives without effect: only the value is checked.
inline void check_flag(Analysis&, const Directive& d) { flag_value(d); }
inline void check_size(Analysis&, const Directive& d) { size_value(d); }
inline void check_msec(Analysis&, const Directive& d) { msec_value(d); }
inline void check_number(Analysis&, const Directive& d) { number_value(d); }

}  // namespace drishti::conf
