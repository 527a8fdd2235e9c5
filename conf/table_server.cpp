// server, listen, and what concerns the connection rather than the location.
#include "conf/listen.hpp"
#include "conf/server_names.hpp"
#include "conf/setters.hpp"
#include "conf/tables.hpp"

namespace drishti::conf {
namespace {

void read_server(Analysis& a, const Directive& d) {
  auto server = std::make_shared<Server>();
  server->where = d.where;
  server->root = std::make_shared<Location>();
  server->root->kind = Location::Kind::server_root;
  server->root->where = d.where;
  ServerDraft draft{server, {}};

  Scope scope;
  scope.context = context::server;
  scope.location = server->root.get();
  scope.server_settings = &draft.settings;
  scope.server = server.get();
  scope.rewrite = &server->root->rewrite;
  a.read_block(d, std::move(scope));

  if (server->listens.empty()) add_default_listen(a, *server, d.where);
  if (server->names.empty()) server->names.push_back({});
  a.servers.push_back(std::move(draft));
}

void set_large_client_header_buffers(Analysis& a, const Directive& d) {
  const auto number = parse_number(d.args[0]);
  if (!number || *number == 0 || *number > 1024) fail_directive("invalid value", d);
  const Bytes size = size_value(d, 1);
  if (size < 512)
    fail("the \"large_client_header_buffers\" size must be equal to or greater than \"connection_pool_size\"", d);
  a.scope().server_settings->large_client_header_buffers.set({static_cast<int>(*number), size});
}

void set_keepalive_timeout(Analysis& a, const Directive& d) {
  store(a, &CoreSettings::keepalive_timeout, msec_value(d));
  if (d.args.size() > 1) store(a, &CoreSettings::keepalive_header_timeout, msec_value(d, 1));
}

void set_lingering_close(Analysis& a, const Directive& d) {
  store(a, &CoreSettings::lingering_close,
        enum_value<LingeringClose>(
            d, {{"off", LingeringClose::off}, {"on", LingeringClose::on}, {"always", LingeringClose::always}}));
}

void set_server_tokens(Analysis& a, const Directive& d) {
  store(a, &CoreSettings::server_tokens, enum_value<bool>(d, {{"off", false}, {"on", true}, {"build", true}}));
}

// `[::]:53`, `10.0.0.2`, or a name that is looked up now.
void add_resolver_address(Resolver& resolver, const std::string& text, const Directive& d) {
  constexpr std::uint16_t dns_port = 53;
  const AddressUrl url = parse_address_url(text, false);
  const auto at_fault = " in resolver " + quoted(text);
  if (!url.error.empty()) fail(url.error + at_fault, d);
  if (url.unix_address) fail("invalid host" + at_fault, d);
  const auto port = url.port.value_or(dns_port);
  if (auto literal = SocketAddress::from_ip(url.host, port)) return resolver.servers.push_back(*literal);
  auto found = resolve_now(url.host, port);
  if (found.empty()) fail("host not found" + at_fault, d);
  resolver.servers.insert(resolver.servers.end(), found.begin(), found.end());
}

bool resolver_family(const std::string& text, std::string_view value, const Directive& d) {
  if (value == "on") return true;
  if (value == "off") return false;
  fail("invalid parameter: " + text, d);
}

void set_resolver(Analysis& a, const Directive& d) {
  Resolver resolver;
  for (const auto& text : d.args) {
    if (const auto valid = parameter(text, "valid")) {
      const auto time = parse_sec(*valid);
      if (!time) fail("invalid parameter: " + text, d);
      resolver.valid = *time;
    } else if (const auto ipv4 = parameter(text, "ipv4")) {
      resolver.ipv4 = resolver_family(text, *ipv4, d);
    } else if (const auto ipv6 = parameter(text, "ipv6")) {
      resolver.ipv6 = resolver_family(text, *ipv6, d);
    } else {
      add_resolver_address(resolver, text, d);
    }
  }
  if (!resolver.ipv4 && !resolver.ipv6) fail("\"ipv4\" and \"ipv6\" cannot both be \"off\"", d);
  if (resolver.servers.empty()) fail("no name servers defined", d);
  store(a, &CoreSettings::resolver, std::move(resolver));
}

constexpr unsigned hs = context::http | context::server;
constexpr unsigned hsl = hs | context::location;
using C = CoreSettings;
using S = ServerSettings;

constexpr DirectiveSpec table[] = {
    {"server", context::http, block(take(0)), "{ ... }", "", "A virtual server.", read_server, Repeat::many},
    {"listen", context::server, at_least(1),
     "address[:port] | port | unix:path [default_server] [http2] [reuseport] [backlog=number] [ipv6only=on|off] "
     "[so_keepalive=on|off] [proxy_protocol]",
     "*:80 | *:8000", "An address that the server answers on; 8000 when the program is not started by root.",
     add_listen, Repeat::many, Effect::implemented,
     "A reload leaves the options of an address that stays as they are. `reuseport` lets another process bind the address; "
     "the workers share one socket either way."},
    {"server_name", context::server, at_least(1), "name ...", "\"\"",
     "Names of the server: exact, `*.example.com`, `example.*`, `.example.com`, or a regular expression after `~`.",
     add_server_names, Repeat::many},
    {"client_header_buffer_size", hs, take(1), "size", "1k", "The first buffer of a request head.",
     set_size<&S::client_header_buffer_size>},
    {"large_client_header_buffers", hs, take(2), "number size", "4 8k",
     "The longest request line (414) and header field (400), and how many such buffers a request may use.",
     set_large_client_header_buffers},
    {"client_header_timeout", hs, take(1), "time", "60s", "How long a request head may take (408).",
     set_msec<&S::client_header_timeout>},
    {"merge_slashes", hs, flag, "on | off", "on", "Whether `//` in a path counts as `/`.", set_flag<&S::merge_slashes>},
    {"ignore_invalid_headers", hs, flag, "on | off", "on", "Whether fields with invalid names are dropped.",
     set_flag<&S::ignore_invalid_headers>},
    {"underscores_in_headers", hs, flag, "on | off", "off", "Whether `_` is valid in field names.",
     set_flag<&S::underscores_in_headers>},
    {"client_max_body_size", hsl, take(1), "size", "1m", "The largest request body (413); 0 = no limit.",
     set_offset<&C::client_max_body_size>},
    {"client_body_buffer_size", hsl, take(1), "size", "16k", "How much of a request body is kept in memory.",
     set_size<&C::client_body_buffer_size>},
    {"client_body_timeout", hsl, take(1), "time", "60s", "The longest pause between two reads of a request body (408).",
     set_msec<&C::client_body_timeout>},
    {"client_body_temp_path", hsl, take(1, 4), "path [level1 [level2 [level3]]]", "",
     "Where request bodies that do not fit into memory go.", set_temp_path<&C::client_body_temp_path>, Repeat::once,
     Effect::implemented, "The levels are accepted and unused: the files have no names."},
    {"send_timeout", hsl, take(1), "time", "60s", "The longest pause between two writes to a client.",
     set_msec<&C::send_timeout>},
    {"keepalive_timeout", hsl, take(1, 2), "timeout [header_timeout]", "75s",
     "How long an idle client connection stays open; the second value is sent as `Keep-Alive: timeout=`.",
     set_keepalive_timeout},
    {"keepalive_requests", hsl, take(1), "number", "1000", "Requests on one client connection.",
     set_count<&C::keepalive_requests>},
    {"keepalive_time", hsl, take(1), "time", "1h", "How long one client connection may be used.",
     set_msec<&C::keepalive_time>},
    {"lingering_close", hsl, take(1), "off | on | always", "on",
     "Whether what a client still sends is read before its connection is closed.", set_lingering_close},
    {"lingering_time", hsl, take(1), "time", "30s", "The longest time of such reading.", set_msec<&C::lingering_time>},
    {"lingering_timeout", hsl, take(1), "time", "5s", "The longest pause in such reading.",
     set_msec<&C::lingering_timeout>},
    {"reset_timedout_connection", hsl, flag, "on | off", "off",
     "Whether a connection is reset when its client takes no more of a response (send_timeout), or by `return 444`.",
     set_flag<&C::reset_timedout_connection>, Repeat::once, Effect::implemented,
     "A client whose request does not come in time gets its 408 and is not reset."},
    {"tcp_nodelay", hsl, flag, "on | off", "on", "TCP_NODELAY on connections of clients.", set_flag<&C::tcp_nodelay>,
     Repeat::once, Effect::implemented, "It is on from the first byte, not only when a connection is kept."},
    {"server_tokens", hsl, take(1), "on | off | build", "on",
     "Whether the version is shown in `Server` and error pages.", set_server_tokens},
    {"resolver", hsl, at_least(1), "address ... [valid=time] [ipv4=on|off] [ipv6=on|off]", "/etc/resolv.conf",
     "Name servers for upstream names.", set_resolver, Repeat::once, Effect::implemented,
     "Without it, the name servers of /etc/resolv.conf are used."},
    {"resolver_timeout", hsl, take(1), "time", "30s", "How long a request waits for the name of a proxy_pass with variables (502).",
     set_msec<&C::resolver_timeout>},
};

}  // namespace

std::span<const DirectiveSpec> server_directives() { return table; }

}  // namespace drishti::conf
