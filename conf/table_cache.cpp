// Directives of the response cache.

#include <algorithm>

#include "conf/cache_zone.hpp"
#include "conf/setters.hpp"
#include "conf/tables.hpp"

namespace drishti::conf {
namespace {

using C = CacheSettings;

template <class T>
void store(Analysis& a, Setting<T> C::* member, T value) {
  (a.scope().location->cache.*member).set(std::move(value));
}

CacheSettings& cache_of(Analysis& a) { return a.scope().location->cache; }

template <auto Member>
void set_cache_flag(Analysis& a, const Directive& d) {
  store(a, Member, flag_value(d));
}
template <auto Member>
void set_cache_time(Analysis& a, const Directive& d) {
  store(a, Member, msec_value(d));
}

void set_cache(Analysis& a, const Directive& d) {
  if (d.args[0] == "off") return store(a, &C::zone_name, std::optional<Template>());
  cache_of(a).where = d.where;
  store(a, &C::zone_name, std::optional<Template>(a.compile(d.args[0], d.where)));
}

void set_key(Analysis& a, const Directive& d) {
  Template key = a.compile(d.args[0], d.where);
  cache_of(a).key_has_authorization = std::any_of(key.parts.begin(), key.parts.end(), [](const Template::Part& part) {
    return part.is_variable && part.variable.id == Var::http_ && part.variable.name == "authorization";
  });
  store(a, &C::key, std::optional<Template>(std::move(key)));
}

int status_value(const Directive& d, const std::string& text) {
  if (text == "any") return 0;
  const auto number = parse_number(text);
  if (!number || *number < 100 || *number > 599) fail("invalid status " + quoted(text), d);
  return static_cast<int>(*number);
}

void add_valid(Analysis& a, const Directive& d) {
  const auto time = parse_sec(d.args.back());
  if (!time) fail("invalid time value " + quoted(d.args.back()), d);
  auto valid = *cache_of(a).valid;
  for (std::size_t i = 0; i + 1 < d.args.size(); ++i) valid.push_back({status_value(d, d.args[i]), *time});
  if (d.args.size() == 1)
    for (const int status : {200, 301, 302}) valid.push_back({status, *time});
  store(a, &C::valid, std::move(valid));
}

void set_methods(Analysis& a, const Directive& d) {
  bool post = false;
  for (const auto& method : d.args) {
    if (method != "GET" && method != "HEAD" && method != "POST") fail("invalid value " + quoted(method), d);
    post = post || method == "POST";
  }
  store(a, &C::post, post);
}

void add_predicates(Analysis& a, const Directive& d, Setting<std::vector<Template>> C::* member) {
  auto predicates = *(cache_of(a).*member);
  for (const auto& text : d.args) predicates.push_back(a.compile(text, d.where));
  store(a, member, std::move(predicates));
}
void add_bypass(Analysis& a, const Directive& d) { add_predicates(a, d, &C::bypass); }
void add_no_cache(Analysis& a, const Directive& d) { add_predicates(a, d, &C::no_cache); }

void set_use_stale(Analysis& a, const Directive& d) {
  using U = UseStale;
  static constexpr std::pair<std::string_view, bool U::*> words[] = {
      {"error", &U::error},       {"timeout", &U::timeout},   {"invalid_header", &U::invalid_header},
      {"updating", &U::updating}, {"http_500", &U::http_500}, {"http_502", &U::http_502},
      {"http_503", &U::http_503}, {"http_504", &U::http_504}, {"http_403", &U::http_403},
      {"http_404", &U::http_404}, {"http_429", &U::http_429}, {"off", &U::off}};
  UseStale bits = cache_of(a).use_stale.is_set ? *cache_of(a).use_stale : UseStale{};
  add_words(a, d, bits, words);
  const bool is_off = bits.off;
  if (is_off) bits = {};
  bits.off = is_off;
  store(a, &C::use_stale, bits);
}

void set_min_uses(Analysis& a, const Directive& d) { store(a, &C::min_uses, number_value(d)); }
void set_max_range_offset(Analysis& a, const Directive& d) { store(a, &C::max_range_offset, size_value(d, 0, true)); }
void set_format(Analysis& a, const Directive& d) {
  store(a, &C::format,
        enum_value<CacheFormat>(d, {{"drishti", CacheFormat::drishti}, {"middleware", CacheFormat::middleware}}));
}

void allow(CachePurge& purge, const Directive& d, const std::string& text) {
  if (text == "all") {
    purge.allows_all = true;
    return;
  }
  const auto range = AddressRange::parse(text);
  if (!range) fail("invalid address " + quoted(text), d);
  purge.allowed.push_back(*range);
}

void set_purge(Analysis& a, const Directive& d) {
  CachePurge purge;
  const auto from = std::find(d.args.begin(), d.args.end(), "from");
  if (from == d.args.begin() || (from != d.args.end() && from + 1 == d.args.end()))
    fail("invalid number of arguments in \"proxy_cache_purge\" directive", d);
  const bool has_conditions = has_variables(d.args[0]);
  for (auto arg = d.args.begin(); arg != from; ++arg)
    if (has_conditions) purge.conditions.push_back(a.compile(*arg, d.where));
  if (!has_conditions && from - d.args.begin() > 1) fail("invalid parameter " + quoted(d.args[1]), d);
  if (!has_conditions && d.args[0] != "off") purge.method = d.args[0] == "on" ? "PURGE" : d.args[0];
  for (auto arg = from; arg != d.args.end(); ++arg)
    if (arg != from) allow(purge, d, *arg);
  if (from == d.args.end())
    for (const char* loopback : {"127.0.0.0/8", "::1"}) purge.allowed.push_back(*AddressRange::parse(loopback));
  store(a, &C::purge, std::move(purge));
}

constexpr unsigned hsl = context::http | context::server | context::location;
constexpr auto many = Repeat::many;
constexpr auto done = Effect::implemented;

constexpr DirectiveSpec table[] = {
    {"proxy_cache_path", context::http, at_least(2),
     "memory | redis | redis://... | directory keys_zone=name:size [inactive=time] [max_entry=size] [prefix=text] "
     "[timeout=time]",
     "", "A zone of stored responses.", add_cache_zone, many, done,
     "Responses are kept in memory, in all up to the size of keys_zone, and in Redis when URLs are given (`redis`: "
     "REDIS_URL). A directory is accepted and not used. [CACHE.md](CACHE.md)"},
    {"proxy_cache", hsl, take(1), "zone | off", "off", "The zone that answers are stored in; variables are allowed.",
     set_cache, Repeat::once, done,
     "What RFC 9111 says about storing and reusing holds where no directive says otherwise."},
    {"proxy_cache_key", hsl, take(1), "string", "", "The name under which a response is stored.", set_key,
     Repeat::once, done,
     "Without it: scheme, host, port, upstream and the target that is sent. nginx leaves the client's host out."},
    {"proxy_cache_valid", hsl, at_least(1), "[code ...] time", "",
     "How long responses are fresh, by status; `any` is every status.", add_valid, many, done,
     "As in nginx it holds where the response itself does not say it."},
    {"proxy_cache_methods", hsl, at_least(1), "GET | HEAD | POST ...", "GET HEAD", "The methods that are stored.",
     set_methods, Repeat::once, done, "POST is stored only with a proxy_cache_key, which should have $request_body in it."},
    {"proxy_cache_min_uses", hsl, take(1), "number", "1", "How often a response is asked for before it is stored.",
     set_min_uses},
    {"proxy_cache_bypass", hsl, at_least(1), "string ...", "",
     "The stored response is not used when one of these is neither empty nor `0`.", add_bypass, many},
    {"proxy_no_cache", hsl, at_least(1), "string ...", "",
     "The response is not stored when one of these is neither empty nor `0`.", add_no_cache, many},
    {"proxy_cache_use_stale", hsl, at_least(1),
     "error | timeout | invalid_header | updating | http_500 | http_502 | http_503 | http_504 | http_403 | http_404 | "
     "http_429 | off ...",
     "off", "When an expired response may stand in.", set_use_stale, many},
    {"proxy_cache_background_update", hsl, flag, "on | off", "off",
     "Whether an expired response is served while a request in the background fetches a new one.",
     set_cache_flag<&C::background_update>},
    {"proxy_cache_lock", hsl, flag, "on | off", "on",
     "Whether one of many requests for what is not stored fetches it for all.", set_cache_flag<&C::lock>, Repeat::once,
     done, "It is on by default, and those that wait get the response while it arrives."},
    {"proxy_cache_lock_timeout", hsl, take(1), "time", "5s",
     "How long a request waits for another's response to begin before it asks the upstream for itself.",
     set_cache_time<&C::lock_timeout>},
    {"proxy_cache_lock_age", hsl, take(1), "time", "5s",
     "How long a fetch may take to begin before another one is let through.", set_cache_time<&C::lock_age>},
    {"proxy_cache_revalidate", hsl, flag, "on | off", "on",
     "Whether expired responses are validated with conditional requests.", set_cache_flag<&C::revalidate>, Repeat::once,
     done, "It is on by default."},
    {"proxy_cache_client_control", hsl, flag, "on | off", "on",
     "Whether Cache-Control and Pragma of clients count (RFC 9111 5.2.1): a reload asks the upstream.",
     set_cache_flag<&C::client_control>, Repeat::once, done, "nginx is as with `off`: no client can make a hit a miss."},
    {"proxy_cache_convert_head", hsl, flag, "on | off", "on",
     "Whether HEAD is sent as GET, so that its response can be stored.", set_cache_flag<&C::convert_head>, Repeat::once,
     done, "With `off` a HEAD is answered from a stored GET, and never stored."},
    {"proxy_cache_max_range_offset", hsl, take(1), "number", "",
     "A range request that begins behind this offset goes to the upstream as it is.", set_max_range_offset},
    {"proxy_cache_purge", hsl, at_least(1), "on | off | method | string ... [from all | address[/bits] ...]", "off",
     "Whether requests with a method (PURGE), or for which a string is neither empty nor `0`, remove what is stored.",
     set_purge, Repeat::once, done,
     "Without `from` only requests from loopback addresses may; others get a 403. [CACHE.md](CACHE.md#purge)"},
    {"proxy_cache_format", hsl, take(1), "drishti | middleware", "drishti",
     "How responses stand in Redis.", set_format},
    {"proxy_cache_heuristic", hsl, flag, "on | off", "off",
     "Whether a response that says nothing is fresh for a tenth of the time since its Last-Modified.",
     set_cache_flag<&C::heuristic>},
    {"proxy_cache_status", hsl, flag, "on | off", "on", "Whether answers say in Cache-Status what the cache did (RFC 9211).",
     set_cache_flag<&C::status_field>},
};

}  // namespace

std::span<const DirectiveSpec> cache_directives() { return table; }

}  // namespace drishti::conf
