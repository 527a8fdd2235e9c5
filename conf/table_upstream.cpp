// upstream and its contents.
#include <algorithm>

#include "conf/server_line.hpp"
#include "conf/setters.hpp"
#include "conf/tables.hpp"

namespace drishti::conf {
namespace {

// With one address in the group there is nothing to fail over to, so nginx never takes it out; neither do we.
void warn_single_server(Analysis& a, const Directive& d, const Upstream& upstream) {
  if (upstream.servers.size() != 1 || !upstream.servers[0].literal) return;
  for (const auto& line : d.children) {
    const bool counts = std::any_of(line.args.begin(), line.args.end(), [](const std::string& text) {
      return parameter(text, "max_fails") || parameter(text, "fail_timeout");
    });
    if (line.name == "server" && counts)
      a.warn("upstream " + quoted(upstream.name) +
                 " has one server: its \"max_fails\" and \"fail_timeout\" have no effect", line.where);
  }
}

void read_upstream(Analysis& a, const Directive& d) {
  Upstream& upstream = a.upstreams.define(d.args[0], d.where);
  Scope scope;
  scope.context = context::upstream;
  scope.upstream = &upstream;
  a.read_block(d, std::move(scope));
  if (upstream.servers.empty()) throw ConfigError("no servers are inside upstream", end_of(d));
  const auto is_backup = [](const UpstreamServer& server) { return server.backup; };
  if (std::all_of(upstream.servers.begin(), upstream.servers.end(), is_backup))
    fail("no servers in upstream " + quoted(upstream.name), d);
  warn_single_server(a, d, upstream);
}

void add_server(Analysis& a, const Directive& d) {
  Upstream& upstream = *a.scope().upstream;
  upstream.servers.push_back(read_server_line(d, upstream.method));
}

// nginx lets the last method win, with a warning; backup servers of another method are refused as it does.
void choose(Analysis& a, const Directive& d, BalanceMethod method) {
  Upstream& upstream = *a.scope().upstream;
  if (a.scope().method_is_set) a.warn("load balancing method redefined", d.where);
  a.scope().method_is_set = true;
  upstream.method = method;
  const bool has_backup = std::any_of(upstream.servers.begin(), upstream.servers.end(),
                                      [](const UpstreamServer& server) { return server.backup; });
  if (has_backup) check_backup_fits(method, d);
  const bool has_ramp = std::any_of(upstream.servers.begin(), upstream.servers.end(),
                                    [](const UpstreamServer& server) { return server.slow_start.count() > 0; });
  if (has_ramp) check_slow_start_fits(method, d);
}

void set_least_conn(Analysis& a, const Directive& d) { choose(a, d, BalanceMethod::least_conn); }
void set_ip_hash(Analysis& a, const Directive& d) { choose(a, d, BalanceMethod::ip_hash); }

void set_hash(Analysis& a, const Directive& d) {
  choose(a, d, BalanceMethod::hash);
  Upstream& upstream = *a.scope().upstream;
  upstream.hash_key = a.compile(d.args[0], d.where);
  if (d.args.size() == 1) return;
  if (d.args[1] != "consistent") fail("invalid parameter " + quoted(d.args[1]), d);
  upstream.consistent = true;
}

void set_random(Analysis& a, const Directive& d) {
  choose(a, d, BalanceMethod::random);
  if (d.args.empty()) return;
  if (d.args[0] != "two") fail("invalid parameter " + quoted(d.args[0]), d);
  a.scope().upstream->random_two = true;
  if (d.args.size() == 1 || d.args[1] == "least_conn") return;
  if (d.args[1].starts_with("least_time"))
    fail("parameter " + quoted(d.args[1]) + " of the \"random\" directive is not implemented by drishti yet", d);
  fail("invalid parameter " + quoted(d.args[1]), d);
}

void set_zone(Analysis& a, const Directive& d) {
  Upstream& upstream = *a.scope().upstream;
  if (d.args[0].empty()) fail("invalid zone name " + quoted(d.args[0]), d);
  upstream.zone = d.args[0];
  if (d.args.size() == 1) return;
  constexpr Bytes smallest = 8 * 4096;
  const auto size = parse_size(d.args[1], false);
  if (!size) fail("invalid zone size " + quoted(d.args[1]), d);
  if (*size < smallest) fail("zone " + quoted(d.args[0]) + " is too small", d);
  upstream.zone_size = *size;
}

void set_keepalive(Analysis& a, const Directive& d) {
  const auto number = parse_number(d.args[0]);
  if (!number || *number > 1'000'000) fail("invalid value " + quoted(d.args[0]) + " in \"keepalive\" directive", d);
  a.scope().upstream->keepalive = static_cast<int>(*number);
}

constexpr unsigned u = context::upstream;
using U = Upstream;

constexpr DirectiveSpec table[] = {
    {"upstream", context::http, block(take(1)), "name { ... }", "", "A named group of servers.", read_upstream,
     Repeat::many, Effect::implemented, "Counters and health are those of the whole process, with or without `zone`."},
    {"server", u, at_least(1),
     "address [weight=number] [max_fails=number] [fail_timeout=time] [max_conns=number] [slow_start=time] [backup] [down] [drain] "
     "[resolve]", "",
     "A server of the group: `host[:port]` or `unix:path`. Every address of a name is a peer of its own.", add_server,
     Repeat::many, Effect::implemented, "Names are always followed by their TTL: with `resolve` the `resolver` of http is asked, else /etc/resolv.conf."},
    {"least_conn", u, take(0), "", "", "Picks the server with the fewest requests in flight for its weight.",
     set_least_conn, Repeat::many},
    {"ip_hash", u, take(0), "", "", "Picks by the client's address.", set_ip_hash, Repeat::many},
    {"hash", u, take(1, 2), "key [consistent]", "", "Picks by a key.", set_hash, Repeat::many},
    {"random", u, take(0, 2), "[two [least_conn]]", "", "Picks at random; `two` takes the better of two.", set_random,
     Repeat::many},
    {"zone", u, take(1, 2), "name [size]", "", "Accepted for its name and size: state is always shared.", set_zone},
    {"keepalive", u, take(1), "number", "512", "Idle connections kept per worker; 0 = none.", set_keepalive,
     Repeat::once, Effect::implemented, "Pooled by default, as in nginx since 1.29.7, but more than its 32: a small pool closes what the next burst opens."},
    {"keepalive_requests", u, take(1), "number", "1000", "Requests on one upstream connection.",
     set_count<&U::keepalive_requests>},
    {"keepalive_time", u, take(1), "time", "1h", "How long an upstream connection may be used.",
     set_msec<&U::keepalive_time>},
    {"keepalive_timeout", u, take(1), "time", "60s", "How long an upstream connection may be idle.",
     set_msec<&U::keepalive_timeout>, Repeat::once, Effect::implemented,
     "A shorter `Keep-Alive: timeout=` of the upstream is respected."},
};

}  // namespace

std::span<const DirectiveSpec> upstream_directives() { return table; }

}  // namespace drishti::conf
