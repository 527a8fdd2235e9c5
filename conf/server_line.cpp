#include "conf/server_line.hpp"

#include <algorithm>
#include <tuple>

#include "conf/setters.hpp"
#include "conf/upstream_table.hpp"
#include "conf/url.hpp"

namespace drishti::conf {
namespace {

bool is_by_key_or_chance(BalanceMethod method) {
  return method == BalanceMethod::ip_hash || method == BalanceMethod::hash || method == BalanceMethod::random;
}

constexpr std::size_t most_route = 32;

/// What a cookie can carry (RFC 6265 4.1.1).
bool is_cookie_value(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
  });
}

int number_parameter(std::string_view text, const std::string& whole, const Directive& d, int least) {
  const auto value = parse_number(text);
  if (!value || *value < static_cast<std::uint64_t>(least) || *value > 1'000'000'000)
    fail("invalid parameter " + quoted(whole), d);
  return static_cast<int>(*value);
}

void read_parameter(BalanceMethod method, const Directive& d, const std::string& text, UpstreamServer& server) {
  if (const auto weight = parameter(text, "weight")) {
    server.weight = number_parameter(*weight, text, d, 1);
  } else if (const auto conns = parameter(text, "max_conns")) {
    server.max_conns = number_parameter(*conns, text, d, 0);
  } else if (const auto fails = parameter(text, "max_fails")) {
    server.max_fails = number_parameter(*fails, text, d, 0);
  } else if (const auto time = parameter(text, "fail_timeout")) {
    const auto value = parse_sec(*time);
    if (!value) fail("invalid parameter " + quoted(text), d);
    server.fail_timeout = *value;
  } else if (text == "backup") {
    check_backup_fits(method, d);
    server.backup = true;
  } else if (text == "down") {
    server.down = true;
  } else if (text == "resolve") {
    server.resolve = true;
  } else if (text == "drain") {
    server.drain = true;
  } else if (const auto ramp = parameter(text, "slow_start")) {
    const auto value = parse_msec(*ramp);
    if (!value) fail("invalid parameter " + quoted(text), d);
    check_slow_start_fits(method, d);
    server.slow_start = *value;
  } else if (const auto route = parameter(text, "route")) {
    if (!is_cookie_value(*route) || route->size() > most_route) fail("invalid parameter " + quoted(text), d);
    server.route = *route;
  } else if (parameter(text, "service")) {
    fail("parameter " + quoted(text) + " of the \"server\" directive is not implemented by drishti yet", d);
  } else {
    fail("invalid parameter " + quoted(text), d);
  }
}

}  // namespace

void check_backup_fits(BalanceMethod method, const Directive& d) {
  if (is_by_key_or_chance(method)) fail("balancing method does not support parameter \"backup\"", d);
}

void check_slow_start_fits(BalanceMethod method, const Directive& d) {
  if (is_by_key_or_chance(method)) fail("balancing method does not support parameter \"slow_start\"", d);
}

UpstreamServer read_server_line(const Directive& line, BalanceMethod method) {
  const AddressUrl url = parse_address_url(line.args[0], false);
  if (!url.error.empty()) fail(url.error + " in upstream " + quoted(line.args[0]), line);
  UpstreamServer server = make_upstream_server(line.args[0], url, line.where);
  for (std::size_t i = 1; i < line.args.size(); ++i) read_parameter(method, line, line.args[i], server);
  return server;
}

bool same_server_line(const UpstreamServer& a, const UpstreamServer& b) {
  const auto what = [](const UpstreamServer& server) {
    return std::tie(server.name, server.weight, server.max_fails, server.fail_timeout, server.max_conns, server.backup,
                    server.down, server.drain, server.resolve, server.slow_start, server.route);
  };
  return what(a) == what(b);
}

}  // namespace drishti::conf
