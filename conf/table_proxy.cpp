// Directives of the proxy module.

#include "conf/proxy_pass.hpp"
#include "conf/proxy_setters.hpp"
#include "conf/setters.hpp"
#include "conf/tables.hpp"

namespace drishti::conf {
namespace {

using P = ProxySettings;

void set_http_version(Analysis& a, const Directive& d) {
  store(a, &P::http_version, enum_value<int>(d, {{"1.0", 10}, {"1.1", 11}, {"2", 20}}));
}

void set_proxy_protocol(Analysis& a, const Directive& d) {
  using Send = SendProxyHeader;
  store(a, &P::send_proxy_header,
        enum_value<Send>(d, {{"off", Send::off}, {"on", Send::v1}, {"v1", Send::v1}, {"v2", Send::v2}}));
}

void set_buffers(Analysis& a, const Directive& d) {
  const auto number = parse_number(d.args[0]);
  if (!number || *number == 0 || *number > 65536) fail_directive("invalid value", d);
  const Bytes size = size_value(d, 1);
  if (size == 0) fail_directive("invalid value", d);
  store(a, &P::buffers_number, static_cast<int>(*number));
  store(a, &P::buffers_size, size);
}

// `~expr` and `~*expr`; nullopt for a plain text.
std::optional<BoundRegex> regex_argument(Analysis& a, const Directive& d, const std::string& text, bool caseless) {
  if (!text.starts_with('~')) return std::nullopt;
  const bool star = text.starts_with("~*");
  return compile_regex(text.substr(star ? 2 : 1), star || caseless, a.variables, d.where);
}

void add_redirect(Analysis& a, const Directive& d) {
  const Location& location = *a.scope().location;
  auto& setting = a.scope().location->proxy.redirects;
  if (setting.is_set && setting->empty()) fail_directive("is duplicate", d);
  if (d.args.size() == 1 && d.args[0] == "off") {
    if (setting.is_set) fail_directive("is duplicate", d);
    return setting.set({});
  }
  ProxyRedirect redirect;
  if (d.args.size() == 1) {
    if (d.args[0] != "default") fail("invalid parameter " + quoted(d.args[0]), d);
    if (!location.proxy_pass) fail("\"proxy_redirect default\" should be placed after the \"proxy_pass\" directive", d);
    if (location.proxy_pass->has_variables)
      fail("\"proxy_redirect default\" cannot be used with \"proxy_pass\" directive with variables", d);
    redirect.is_default = true;
  } else {
    redirect.regex = regex_argument(a, d, d.args[0], false);
    if (!redirect.regex) redirect.from = a.compile(d.args[0], d.where);
    redirect.to = a.compile(d.args[1], d.where);
  }
  append(setting, std::move(redirect));
}

void add_cookie_rewrite(Analysis& a, const Directive& d, Setting<std::vector<CookieRewrite>> P::* member,
                        bool is_domain) {
  auto& setting = a.scope().location->proxy.*member;
  if (setting.is_set && setting->empty()) fail_directive("is duplicate", d);
  if (d.args.size() == 1) {
    if (d.args[0] != "off") fail("invalid parameter " + quoted(d.args[0]), d);
    if (setting.is_set) fail_directive("is duplicate", d);
    return setting.set({});
  }
  CookieRewrite rewrite;
  std::string from = d.args[0];
  rewrite.regex = regex_argument(a, d, from, is_domain);
  if (is_domain && from.starts_with('.')) from.erase(0, 1);  // nginx compares domains without the leading dot
  if (!rewrite.regex) rewrite.from = a.compile(from, d.where);
  rewrite.to = a.compile(d.args[1], d.where);
  append(setting, std::move(rewrite));
}
void add_cookie_domain(Analysis& a, const Directive& d) { add_cookie_rewrite(a, d, &P::cookie_domains, true); }
void add_cookie_path(Analysis& a, const Directive& d) { add_cookie_rewrite(a, d, &P::cookie_paths, false); }

void add_cookie_flags(Analysis& a, const Directive& d) {
  auto& setting = a.scope().location->proxy.cookie_flags;
  if (setting.is_set && setting->empty()) fail_directive("is duplicate", d);
  if (d.args.size() == 1) {
    if (d.args[0] != "off") fail("invalid parameter " + quoted(d.args[0]), d);
    if (setting.is_set) fail_directive("is duplicate", d);
    return setting.set({});
  }
  CookieFlags rule;
  if (d.args[0].starts_with('~')) rule.regex = compile_regex(d.args[0].substr(1), true, a.variables, d.where);
  else rule.name = a.compile(d.args[0], d.where);
  for (std::size_t i = 1; i < d.args.size(); ++i) rule.flags.push_back(a.compile(d.args[i], d.where));
  append(setting, std::move(rule));
}

constexpr unsigned hsl = context::http | context::server | context::location;
constexpr unsigned li = context::location | context::if_in_location;
constexpr auto many = Repeat::many;
constexpr auto done = Effect::implemented;

constexpr DirectiveSpec table[] = {
    {"proxy_pass", li, take(1), "URL", "",
     "Sends requests to `http://` or `https://` a host or upstream group, optionally with a URI.", set_proxy_pass, Repeat::once, done,
     "A name that does not resolve never prevents a start: it is looked up again in the background."},
    {"proxy_set_header", hsl, take(2), "field value", "Host $proxy_host",
     "Sets a field of the request to the upstream; an empty value removes it.", add_set_header, many},
    {"proxy_set_body", hsl, take(1), "value", "", "The body of the request to the upstream.",
     set_optional_template<&P::set_body>},
    {"proxy_method", hsl, take(1), "method", "", "The method of the request to the upstream.",
     set_optional_template<&P::method>},
    {"proxy_http_version", hsl, take(1), "1.0 | 1.1 | 2", "1.1",
     "The version spoken to the upstream; 2 needs ALPN with TLS, and prior knowledge without.", set_http_version,
     Repeat::once, done, "1.1 is the default, as in nginx since 1.29.7."},
    {"proxy_pass_request_headers", hsl, flag, "on | off", "on", "Whether the client's fields are passed on.",
     set_flag<&P::pass_request_headers>},
    {"proxy_pass_request_body", hsl, flag, "on | off", "on", "Whether the client's body is passed on.",
     set_flag<&P::pass_request_body>},
    {"proxy_pass_trailers", hsl, flag, "on | off", "off", "Whether trailer fields of responses are passed on.",
     set_flag<&P::pass_trailers>, Repeat::once, done,
     "Clients of HTTP/1.1 get them in chunked responses if they said `TE: trailers`."},
    {"proxy_connect_timeout", hsl, take(1), "time", "60s", "How long connecting may take.",
     set_msec<&P::connect_timeout>},
    {"proxy_send_timeout", hsl, take(1), "time", "60s", "The longest pause between two writes to the upstream.",
     set_msec<&P::send_timeout>},
    {"proxy_read_timeout", hsl, take(1), "time", "60s", "The longest pause between two reads from the upstream.",
     set_msec<&P::read_timeout>},
    {"proxy_next_upstream", hsl, at_least(1),
     "error | timeout | invalid_header | http_500 | http_502 | http_503 | http_504 | http_403 | http_404 | http_429 | "
     "non_idempotent | off ...",
     "error timeout", "When a request is tried on the next server.", set_next_upstream, many, done,
     "When a listed status has no other server left to try, the client gets that response, never a 502 made here."},
    {"proxy_next_upstream_tries", hsl, take(1), "number", "0", "The most attempts of a request; 0 = no cap.",
     set_number<&P::next_upstream_tries>},
    {"proxy_next_upstream_timeout", hsl, take(1), "time", "0", "How long further attempts may be started; 0 = no cap.",
     set_msec<&P::next_upstream_timeout>},
    {"proxy_buffering", hsl, flag, "on | off", "on",
     "Whether a response is read ahead of a client that does not keep up, so that its upstream is free.",
     set_flag<&P::buffering>},
    {"proxy_request_buffering", hsl, flag, "on | off", "on",
     "Whether a request body is read completely before the upstream is asked.", set_flag<&P::request_buffering>},
    {"proxy_buffer_size", hsl, take(1), "size", "4k", "The largest response head.", set_size<&P::buffer_size>},
    {"proxy_buffers", hsl, take(2), "number size", "8 4k",
     "Memory for reading a response ahead, number times size; the rest goes to a temporary file.", set_buffers},
    {"proxy_busy_buffers_size", hsl, take(1), "size", "8k",
     "Checked against proxy_buffers; all that was read ahead may wait for the client.",
     set_size<&P::busy_buffers_size>},
    {"proxy_max_temp_file_size", hsl, take(1), "size", "1024m",
     "The largest temporary file of a response, full until the client has taken it all; 0 = none.",
     set_size<&P::max_temp_file_size>},
    {"proxy_temp_path", hsl, take(1, 4), "path [level1 [level2 [level3]]]", "", "Where those files go.",
     set_temp_path<&P::temp_path>, Repeat::once, done, "The levels are accepted and unused: the files have no names."},
    {"proxy_limit_rate", hsl, take(1), "rate", "0", "Bytes a second read from an upstream.",
     [](Analysis& a, const Directive& d) {
       if (has_variables(d.args[0])) return store(a, &P::limit_rate, a.compile(d.args[0], d.where));
       store(a, &P::limit_rate, Template::literal(std::to_string(size_value(d))));
     }, Repeat::once, done, "It holds without proxy_buffering, too."},
    {"proxy_redirect", hsl, take(1, 2), "default | off | redirect replacement", "default",
     "How Location and Refresh of responses are rewritten.", add_redirect, many},
    {"proxy_cookie_domain", hsl, take(1, 2), "off | domain replacement", "off",
     "How the domain of cookies is rewritten.", add_cookie_domain, many},
    {"proxy_cookie_path", hsl, take(1, 2), "off | path replacement", "off", "How the path of cookies is rewritten.",
     add_cookie_path, many},
    {"proxy_cookie_flags", hsl, take(1, 4), "off | cookie [flag ...]", "off",
     "Flags of cookies: secure, httponly, samesite=strict | lax | none, and the same with `no` in front. The first line that "
     "names the cookie counts.", add_cookie_flags, many},
    {"proxy_hide_header", hsl, take(1), "field", "", "A response field that clients do not get.", add_hide_header,
     many},
    {"proxy_pass_header", hsl, take(1), "field", "", "A usually hidden response field that clients do get.",
     add_pass_header, many},
    {"proxy_ignore_headers", hsl, at_least(1), "field ...", "", "Response fields that are not obeyed.",
     set_ignore_headers, many, done,
     "X-Accel-Charset is never obeyed: nothing is recoded."},
    {"proxy_intercept_errors", hsl, flag, "on | off", "off", "Whether error_page applies to upstream responses.",
     set_flag<&P::intercept_errors>},
    {"proxy_ignore_client_abort", hsl, flag, "on | off", "off",
     "Whether the upstream request goes on when the client is gone.", set_flag<&P::ignore_client_abort>},
    {"proxy_bind", hsl, take(1, 2), "address | off", "", "The local address of upstream connections.", set_proxy_bind},
    {"proxy_protocol", hsl, take(1), "on | v1 | v2 | off", "off",
     "Whether a connection to an upstream begins with a PROXY header that names the client; `on` is version 1. Such "
     "connections are not kept.", set_proxy_protocol, Repeat::once, done, "In nginx this is a directive of stream only."},
    {"proxy_websocket", hsl, flag, "on | off", "on",
     "Whether a client's request for a WebSocket is passed on as one when `proxy_set_header` says nothing of Upgrade and "
     "Connection.", set_flag<&P::websocket>, Repeat::once, done, "A directive of drishti: nginx needs the two lines."},
    {"proxy_socket_keepalive", hsl, flag, "on | off", "off", "SO_KEEPALIVE on upstream connections.",
     set_flag<&P::socket_keepalive>},
};

}  // namespace

std::span<const DirectiveSpec> proxy_directives() { return table; }

}  // namespace drishti::conf
