#include "conf/proxy_setters.hpp"

#include "conf/lower_case.hpp"
#include "conf/setters.hpp"
#include "conf/url.hpp"

namespace drishti::conf {
namespace {

using P = ProxySettings;

// Sets the flags that WORDS names for each argument; nginx lets several lines of a level add up.
template <class Bits, std::size_t N>
void set_bits(Analysis& a, const Directive& d, Setting<Bits> P::* member, const Bits& none,
              const std::pair<std::string_view, bool Bits::*> (&words)[N]) {
  auto& setting = a.scope().location->proxy.*member;
  Bits bits = setting.is_set ? *setting : none;
  add_words(a, d, bits, words);
  setting.set(bits);
}

}  // namespace

void add_set_header(Analysis& a, const Directive& d) {
  append(a.scope().location->proxy.set_headers, SetHeader{d.args[0], a.compile(d.args[1], d.where)});
}

void set_next_upstream(Analysis& a, const Directive& d) {
  using N = NextUpstream;
  static constexpr std::pair<std::string_view, bool N::*> words[] = {
      {"error", &N::error},       {"timeout", &N::timeout},   {"invalid_header", &N::invalid_header},
      {"non_idempotent", &N::non_idempotent}, {"http_500", &N::http_500}, {"http_502", &N::http_502},
      {"http_503", &N::http_503}, {"http_504", &N::http_504}, {"http_403", &N::http_403},
      {"http_404", &N::http_404}, {"http_429", &N::http_429}, {"off", &N::off}};
  NextUpstream none;
  none.error = none.timeout = false;
  set_bits(a, d, &P::next_upstream, none, words);
}

void set_ignore_headers(Analysis& a, const Directive& d) {
  using I = IgnoreHeaders;
  static constexpr std::pair<std::string_view, bool I::*> words[] = {{"X-Accel-Redirect", &I::redirect},
                                                                     {"X-Accel-Expires", &I::accel_expires},
                                                                     {"X-Accel-Limit-Rate", &I::limit_rate},
                                                                     {"X-Accel-Buffering", &I::buffering},
                                                                     {"X-Accel-Charset", &I::charset},
                                                                     {"Expires", &I::expires},
                                                                     {"Cache-Control", &I::cache_control},
                                                                     {"Set-Cookie", &I::set_cookie},
                                                                     {"Vary", &I::vary}};
  set_bits(a, d, &P::ignore_headers, {}, words);
}

void add_hide_header(Analysis& a, const Directive& d) {
  append(a.scope().location->proxy.hide_headers, lower_case(d.args[0]));
}
void add_pass_header(Analysis& a, const Directive& d) {
  append(a.scope().location->proxy.pass_headers, lower_case(d.args[0]));
}

void set_proxy_bind(Analysis& a, const Directive& d) {
  if (d.args.size() > 1) {
    if (d.args[1] != "transparent") fail("invalid parameter " + quoted(d.args[1]), d);
    fail("parameter \"transparent\" of the \"proxy_bind\" directive is not implemented by drishti yet", d);
  }
  if (d.args[0] == "off") return store(a, &P::bind, std::optional<Template>());
  if (!has_variables(d.args[0]) && !parse_ip_and_port(d.args[0])) fail("invalid address " + quoted(d.args[0]), d);
  store(a, &P::bind, std::optional<Template>(a.compile(d.args[0], d.where)));
}

}  // namespace drishti::conf
