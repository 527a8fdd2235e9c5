// The rewrite module and map.
#include <algorithm>

#include "conf/condition.hpp"
#include "conf/map_block.hpp"
#include "conf/setters.hpp"
#include "conf/tables.hpp"

namespace drishti::conf {
namespace {

template <class Op>
void append(Analysis& a, const Directive& d, Op op) {
  a.scope().rewrite->push_back({std::move(op), d.where});
}

bool is_redirect_target(std::string_view text) {
  return text.starts_with("http://") || text.starts_with("https://") || text.starts_with("$scheme");
}

void add_return(Analysis& a, const Directive& d) {
  ReturnOp op;
  const auto status = parse_number(d.args[0]);
  if (status ? *status > 999 : d.args.size() > 1 || !is_redirect_target(d.args[0]))
    fail("invalid return code " + quoted(d.args[0]), d);
  op.status = status ? static_cast<int>(*status) : 302;
  if (!status || d.args.size() > 1) op.text = a.compile(d.args.back(), d.where);
  append(a, d, std::move(op));
}

RewriteRule::Flag rewrite_flag(const Directive& d) {
  using Flag = RewriteRule::Flag;
  const std::string& word = d.args[2];
  if (word == "last") return Flag::last;
  if (word == "break") return Flag::break_;
  if (word == "redirect") return Flag::redirect;
  if (word == "permanent") return Flag::permanent;
  fail("invalid parameter " + quoted(word), d);
}

void add_rewrite(Analysis& a, const Directive& d) {
  RewriteRule rule;
  rule.regex = compile_regex(d.args[0], false, a.variables, d.where);
  std::string replacement = d.args[1];
  if (replacement.empty()) fail("empty replacement", d);
  if (is_redirect_target(replacement)) rule.flag = RewriteRule::Flag::redirect;
  if (d.args.size() == 3) {
    const auto flag = rewrite_flag(d);
    if (rule.flag != RewriteRule::Flag::redirect || flag == RewriteRule::Flag::permanent) rule.flag = flag;
  }
  if (replacement.ends_with('?')) {
    rule.drop_args = true;
    replacement.pop_back();
  }
  rule.replacement = a.compile(replacement, d.where);
  append(a, d, std::move(rule));
}

void add_break(Analysis& a, const Directive& d) { append(a, d, BreakOp{}); }

void add_set(Analysis& a, const Directive& d) {
  const std::string& name = d.args[0];
  if (name.size() < 2 || name[0] != '$') fail("invalid variable name " + quoted(name), d);
  SetOp op;
  op.variable = a.variables.define(std::string_view(name).substr(1), d.where);
  op.value = a.compile(d.args[1], d.where);
  append(a, d, std::move(op));
}

// In a location the body has settings of its own, which take effect when the condition holds; in a server it has not.
void add_if(Analysis& a, const Directive& d) {
  IfOp op;
  op.condition = read_condition(a, d);
  Scope scope;
  scope.server = a.scope().server;
  scope.rewrite = &op.then;
  Location& outer = *a.scope().location;
  if (outer.kind == Location::Kind::server_root) {
    scope.context = context::if_in_server;
    scope.location = &outer;
  } else {
    op.location = std::make_shared<Location>();
    op.location->kind = Location::Kind::if_block;
    op.location->pattern = outer.pattern;
    op.location->parent = &outer;
    op.location->where = d.where;
    scope.context = context::if_in_location;
    scope.location = op.location.get();
  }
  a.read_block(d, std::move(scope));
  append(a, d, std::move(op));
}

constexpr unsigned sl = context::server | context::location;
constexpr unsigned sli = sl | context::if_in_server | context::if_in_location;
constexpr auto many = Repeat::many;

constexpr DirectiveSpec table[] = {
    {"return", sli, take(1, 2), "code [text] | code URL | URL", "", "Answers at once; 444 closes without an answer.",
     add_return, many},
    {"rewrite", sli, take(2, 3), "regex replacement [last | break | redirect | permanent]", "",
     "Changes the path of the request.", add_rewrite, many},
    {"break", sli, take(0), "", "", "Ends the rewriting of this level.", add_break, many},
    {"set", sli, take(2), "$variable value", "", "Sets a variable.", add_set, many},
    {"if", sl, block(at_least(1)), "(condition) { ... }", "",
     "Applies when a variable is set, compares (=, !=), matches (~, ~*, !~, !~*), or a file exists (-f, -d, -e, -x).",
     add_if, many},
    {"map", context::http, block(take(2)), "string $variable { ... }", "",
     "A variable that depends on others: exact values, host name wildcards, regular expressions, `default`.", read_map,
     many},
    {"rewrite_log", context::http | sli, flag, "on | off", "off", "the log has no rewrite messages", check_flag,
     Repeat::once, Effect::none},
    {"uninitialized_variable_warn", context::http | sli, flag, "on | off", "on",
     "unset variables are empty and are not logged", check_flag, Repeat::once, Effect::none},
};

}  // namespace

std::span<const DirectiveSpec> rewrite_directives() { return table; }

}  // namespace drishti::conf
