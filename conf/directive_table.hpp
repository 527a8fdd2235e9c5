#pragma once
// Every directive, described once: where it may stand, its arguments, its help, and the function that writes it into
// the typed Config. Messages, docs/CONFIGURATION.md and the analyser all read this table.

#include <span>
#include <string_view>
#include <vector>

#include "conf/directive.hpp"

namespace drishti::conf {

class Analysis;

/// Places a directive may stand in; combined as bits.
namespace context {
enum : unsigned {
  main = 1,
  events = 2,
  http = 4,
  server = 8,
  location = 16,
  if_in_server = 32,
  if_in_location = 64,
  upstream = 128,
  scaling = 256,
  anywhere = 511,
};
}

/// How many arguments a directive takes (its name not counted).
struct Arity {
  int min = 0;
  int max = 0;
  bool is_flag = false;
  bool is_block = false;
};
inline constexpr int max_arguments = 7;      ///< nginx's bound for directives that do not take a list
inline constexpr int any_arguments = 1 << 20;

constexpr Arity take(int n) { return {n, n, false, false}; }
constexpr Arity take(int min, int max) { return {min, max, false, false}; }
constexpr Arity at_least(int min) { return {min, any_arguments, false, false}; }
constexpr Arity block(Arity arity) { return {arity.min, arity.max, false, true}; }
inline constexpr Arity flag{1, 1, true, false};

enum class Repeat { once, many };
enum class Effect {
  implemented,
  none,     ///< accepted; `-t` says in a notice why it changes nothing here
};

using Setter = void (*)(Analysis&, const Directive&);

struct DirectiveSpec {
  std::string_view name;
  unsigned contexts = 0;
  Arity arity;
  std::string_view syntax;         ///< the arguments, for the documentation
  std::string_view default_value;  ///< for the documentation; empty = none
  std::string_view help;           ///< one line; for Effect::none the reason
  Setter set = nullptr;
  Repeat repeat = Repeat::once;
  Effect effect = Effect::implemented;
  std::string_view difference = {};  ///< where drishti differs from nginx on purpose
};

/// A directive of nginx's that tunes what drishti does not have. CHECK only looks at the value.
constexpr DirectiveSpec no_effect(std::string_view name, unsigned contexts, Arity arity, std::string_view reason,
                                  Setter check = nullptr, Repeat repeat = Repeat::once) {
  return {name, contexts, arity, {}, {}, reason, check, repeat, Effect::none, {}};
}

struct DirectiveGroup {
  std::string_view topic;
  std::span<const DirectiveSpec> directives;
};

/// All groups in the order of the documentation. The last ones hold what has no effect.
std::span<const DirectiveGroup> directive_groups();

/// Directives that nginx or its modules know and drishti does not have yet; `x_*` stands for all that begin with `x_`.
std::span<const std::string_view> missing_directives();
bool is_missing_directive(std::string_view name);

struct Lookup {
  const DirectiveSpec* spec = nullptr;  ///< the one that may stand in the context
  bool is_known = false;                ///< some context knows the name
};
Lookup find_directive(std::string_view name, unsigned in_context);

/// The names allowed in a context, for "did you mean".
std::vector<std::string_view> names_in_context(unsigned in_context);

/// `http, server, location`
std::string context_names(unsigned contexts);

}  // namespace drishti::conf
