// retry_budget and sticky: directives of an upstream that bound repeats and bring clients back to their server.
#include <algorithm>

#include "conf/lower_case.hpp"
#include "conf/setters.hpp"
#include "conf/tables.hpp"

namespace drishti::conf {
namespace {

int number_up_to(std::string_view text, std::uint64_t most, const std::string& whole, const Directive& d) {
  const auto value = parse_number(text);
  if (!value || *value > most) fail("invalid parameter " + quoted(whole), d);
  return static_cast<int>(*value);
}

void set_retry_budget(Analysis& a, const Directive& d) {
  RetryBudgetSettings& budget = a.scope().upstream->retry_budget;
  const std::string& share = d.args[0];
  if (share == "off" && d.args.size() == 1) {
    budget.is_limited = false;
    return;
  }
  if (!share.ends_with('%')) fail("invalid parameter " + quoted(share), d);
  budget.percent = number_up_to(std::string_view(share).substr(0, share.size() - 1), 100, share, d);
  if (d.args.size() == 1) return;
  const auto least = parameter(d.args[1], "min");
  if (!least) fail("invalid parameter " + quoted(d.args[1]), d);
  budget.least = number_up_to(*least, 1'000'000, d.args[1], d);
}

bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || marks.find(c) != marks.npos;
  });
}

Template same_site_value(Analysis& a, std::string_view text, const std::string& whole, const Directive& d) {
  if (has_variables(text)) return a.compile(text, d.where);
  const std::string word = lower_case(text);
  if (word != "strict" && word != "lax" && word != "none") fail("invalid parameter " + quoted(whole), d);
  return Template::literal(word);
}

void read_expires(std::string_view text, StickySettings& sticky, const std::string& whole, const Directive& d) {
  sticky.never_expires = text == "max";
  if (sticky.never_expires) return;
  sticky.expires = parse_sec(text);
  if (!sticky.expires) fail("invalid parameter " + quoted(whole), d);
}

void read_cookie_parameter(Analysis& a, const std::string& text, StickySettings& sticky, const Directive& d) {
  if (const auto expires = parameter(text, "expires")) {
    read_expires(*expires, sticky, text, d);
  } else if (const auto domain = parameter(text, "domain")) {
    sticky.domain = a.compile(*domain, d.where);
  } else if (const auto path = parameter(text, "path")) {
    sticky.path = a.compile(*path, d.where);
  } else if (const auto same_site = parameter(text, "samesite")) {
    sticky.same_site = same_site_value(a, *same_site, text, d);
  } else if (text == "httponly") {
    sticky.http_only = true;
  } else if (text == "secure") {
    sticky.secure = true;
  } else {
    fail("invalid parameter " + quoted(text), d);
  }
}

void read_cookie(Analysis& a, StickySettings& sticky, const Directive& d) {
  if (d.args.size() < 2) fail_directive("needs the name of a cookie", d);
  if (!is_token(d.args[1])) fail("invalid cookie name " + quoted(d.args[1]), d);
  sticky.kind = StickySettings::Kind::cookie;
  sticky.cookie = d.args[1];
  for (std::size_t i = 2; i < d.args.size(); ++i) read_cookie_parameter(a, d.args[i], sticky, d);
}

void read_routes(Analysis& a, StickySettings& sticky, const Directive& d) {
  if (d.args.size() < 2) fail_directive("needs a variable", d);
  sticky.kind = StickySettings::Kind::route;
  for (std::size_t i = 1; i < d.args.size(); ++i) {
    if (!has_variables(d.args[i])) fail("invalid variable name " + quoted(d.args[i]), d);
    sticky.routes.push_back(a.compile(d.args[i], d.where));
  }
}

void set_sticky(Analysis& a, const Directive& d) {
  StickySettings& sticky = a.scope().upstream->sticky;
  if (d.args[0] == "cookie") return read_cookie(a, sticky, d);
  if (d.args[0] == "route") return read_routes(a, sticky, d);
  if (d.args[0] == "learn")
    fail("parameter \"learn\" of the \"sticky\" directive is not implemented by drishti yet", d);
  fail("invalid parameter " + quoted(d.args[0]), d);
}

void set_sticky_secret(Analysis& a, const Directive& d) {
  if (d.args[0].empty()) fail_directive("has an empty value", d);
  a.scope().upstream->sticky.secret = d.args[0];
}

constexpr unsigned u = context::upstream;
constexpr auto done = Effect::implemented;

constexpr DirectiveSpec table[] = {
    {"retry_budget", u, take(1, 2), "off | percent [min=number]", "50% min=100",
     "How many requests may be repeats of failed ones at a time: a share of the requests in progress at the group, and "
     "`min` in any case. Beyond it a failure or a listed status is the client's answer.", set_retry_budget, Repeat::once,
     done, "A directive of drishti. `off` repeats without a bound, as nginx does."},
    {"sticky", u, at_least(1),
     "cookie name [expires=time | max] [domain=domain] [httponly] [samesite=strict | lax | none | $variable] [secure] "
     "[path=path] | route $variable ...", "",
     "Brings a client back to the server that it was at, while that can be chosen.", set_sticky, Repeat::once, done,
     "As in nginx Plus. `sticky learn` is refused."},
    {"sticky_secret", u, take(1), "string", "",
     "Keys what the cookie of `sticky cookie` says about a server's address, so that nobody can find it out.",
     set_sticky_secret, Repeat::once, done, "A directive of Angie's; without it the value is nginx Plus's."},
};

}  // namespace

std::span<const DirectiveSpec> affinity_directives() { return table; }

}  // namespace drishti::conf
