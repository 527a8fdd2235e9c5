#include "conf/health_checks.hpp"

#include <algorithm>

#include "conf/lower_case.hpp"
#include "conf/setters.hpp"

namespace drishti::conf {
namespace {

constexpr std::string_view agent = "drishti (health check)";
constexpr std::size_t most_grpc_service = 127;  ///< bytes: its length is one byte of protobuf
constexpr int most_outlier_places = 16;  ///< health::outlier_places

milliseconds time_of(std::string_view text, std::int64_t least, const std::string& whole, const Directive& d) {
  const auto value = parse_msec(text);
  if (!value || value->count() < least) fail("invalid parameter " + quoted(whole), d);
  return *value;
}

int count_of(std::string_view text, const std::string& whole, const Directive& d) {
  const auto value = parse_number(text);
  if (!value || *value == 0 || *value > 1000) fail("invalid parameter " + quoted(whole), d);
  return static_cast<int>(*value);
}

void read_type(std::string_view type, const std::string& whole, HealthCheck& check, const Directive& d) {
  if (type == "http") check.type = HealthCheck::Type::http;
  else if (type == "tcp") check.type = HealthCheck::Type::tcp;
  else if (type == "grpc") check.type = HealthCheck::Type::grpc;
  else fail("invalid parameter " + quoted(whole), d);
}

void read_grpc_status(std::string_view status, const std::string& whole, HealthCheck& check, const Directive& d) {
  constexpr std::uint64_t last_status = 16;  // UNAUTHENTICATED
  const auto value = parse_number(status);
  if (!value || *value > last_status) fail("invalid parameter " + quoted(whole), d);
  check.grpc_status = static_cast<int>(*value);
}

void read_port(std::string_view port, const std::string& whole, HealthCheck& check, const Directive& d) {
  const auto value = parse_number(port);
  if (!value || *value == 0 || *value > 65535) fail("invalid parameter " + quoted(whole), d);
  check.port = static_cast<std::uint16_t>(*value);
}

bool is_target(std::string_view uri) {
  return uri.starts_with('/') && std::ranges::all_of(uri, [](char c) { return c > ' ' && c < 0x7f; });
}

void read_parameter(const std::string& text, HealthCheck& check, const Directive& d) {
  if (const auto uri = parameter(text, "uri")) {
    if (!is_target(*uri)) fail("invalid parameter " + quoted(text), d);
    check.uri = *uri;
  } else if (const auto interval = parameter(text, "interval")) {
    check.interval = time_of(*interval, 1, text, d);
  } else if (const auto jitter = parameter(text, "jitter")) {
    check.jitter = time_of(*jitter, 0, text, d);
  } else if (const auto fails = parameter(text, "fails")) {
    check.fails = count_of(*fails, text, d);
  } else if (const auto passes = parameter(text, "passes")) {
    check.passes = count_of(*passes, text, d);
  } else if (const auto match = parameter(text, "match")) {
    check.match_name = *match;
  } else if (const auto port = parameter(text, "port")) {
    read_port(*port, text, check, d);
  } else if (const auto type = parameter(text, "type")) {
    read_type(*type, text, check, d);
  } else if (const auto service = parameter(text, "grpc_service")) {
    if (service->size() > most_grpc_service) fail("invalid parameter " + quoted(text), d);
    check.grpc_service = *service;
  } else if (const auto status = parameter(text, "grpc_status")) {
    read_grpc_status(*status, text, check, d);
  } else if (const auto time = parameter(text, "keepalive_time")) {
    check.keepalive_time = time_of(*time, 0, text, d);
  } else if (text == "mandatory") {
    check.mandatory = true;
  } else if (text == "persistent") {
    check.persistent = true;
  } else {
    fail("invalid parameter " + quoted(text), d);
  }
}

bool has_parameter(const Directive& d, std::string_view name) {
  return std::ranges::any_of(d.args, [&](const std::string& text) { return parameter(text, name).has_value(); });
}

// ---- the request ----------------------------------------------------------------------------------------------------

// What variables are worth without a client: those of the upstream and the server, as nginx gives $host its server's
// name when a request has no Host. Nothing for all others.
std::string value_without_client(const Template& value, const ProxyPass& pass, const Server& server) {
  std::string text;
  for (const Template::Part& part : value.parts) {
    if (!part.is_variable) {
      text += part.literal;
      continue;
    }
    switch (part.variable.id) {
      case Var::proxy_host: text += pass.proxy_host; break;
      case Var::proxy_port: text += pass.proxy_port; break;
      case Var::scheme: text += "http"; break;
      case Var::host:
      case Var::server_name: text += server.first_name; break;
      default: return {};
    }
  }
  return text;
}

bool is_own_field(const std::string& lower_name) {
  return lower_name == "host" || lower_name == "content-length" || lower_name == "transfer-encoding" ||
         lower_name == "connection" || lower_name == "upgrade" || lower_name == "user-agent";
}

bool is_safe(const std::string& value) {
  return std::ranges::none_of(value, [](char c) { return static_cast<unsigned char>(c) < ' ' && c != '\t'; });
}

std::string request_of(const HealthCheck& check, const Location& location, const Server& server) {
  const ProxyPass& pass = *location.proxy_pass;
  std::string host = pass.proxy_host, user_agent(agent), others;
  for (const SetHeader& header : *location.proxy.set_headers) {
    const std::string name = lower_case(header.name);
    const std::string value = value_without_client(header.value, pass, server);
    if (value.empty() || !is_safe(value)) continue;
    if (name == "host") host = value;
    else if (name == "user-agent") user_agent = value;
    else if (!is_own_field(name)) others += header.name + ": " + value + "\r\n";
  }
  const bool is_kept = check.keepalive_time.count() > 0;
  return "GET " + check.uri + " HTTP/1.1\r\nHost: " + host + "\r\n" + (is_kept ? "" : "Connection: close\r\n") +
         "User-Agent: " + user_agent + "\r\n" + others + "\r\n";
}

// ---- from locations to groups ---------------------------------------------------------------------------------------

bool same_check(const HealthCheck& a, const HealthCheck& b) {
  return a.type == b.type && a.interval == b.interval && a.jitter == b.jitter && a.fails == b.fails &&
         a.passes == b.passes && a.match == b.match && a.port == b.port && a.mandatory == b.mandatory &&
         a.keepalive_time == b.keepalive_time && a.request == b.request && a.connect_timeout == b.connect_timeout &&
         a.send_timeout == b.send_timeout && a.read_timeout == b.read_timeout && a.buffer_size == b.buffer_size &&
         a.grpc_service == b.grpc_service && a.grpc_status == b.grpc_status && a.preface == b.preface &&
         a.http2 == b.http2 && a.tls == b.tls && a.tls_name == b.tls_name;
}

/// A check speaks for no client: LOCAL and UNKNOWN of the PROXY protocol are for that.
std::string proxy_header_of_nobody(SendProxyHeader version) {
  switch (version) {
    case SendProxyHeader::v1: return "PROXY UNKNOWN\r\n";
    case SendProxyHeader::v2: return std::string("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", 16);
    case SendProxyHeader::off: break;
  }
  return {};
}

/// `proxy_ssl_name` without its port, as nginx uses it.
void add_tls(HealthCheck& check, const ProxyPass& pass, const Server& server) {
  if (!pass.is_tls) return;
  check.tls = pass.tls;
  const std::string name = value_without_client(*pass.tls->settings.name, pass, server);
  check.tls_name = name.substr(0, name.rfind(':') == name.npos ? name.npos : name.find(':'));
}

void complete(Analysis& a, HealthCheck& check, const Location& location, const Server& server) {
  if (!location.proxy_pass || location.proxy_pass->has_variables)
    throw ConfigError("\"health_check\" needs a \"proxy_pass\" to an upstream group in its location", check.where);
  if (!check.match_name.empty()) {
    const auto match = a.health_matches.find(check.match_name);
    if (match == a.health_matches.end()) throw ConfigError("unknown match " + quoted(check.match_name), check.where);
    check.match = match->second;
  }
  const ProxySettings& proxy = location.proxy;
  if (location.proxy_pass->is_grpc && check.type == HealthCheck::Type::http)
    throw ConfigError("\"health_check\" beside \"grpc_pass\" needs \"type=grpc\" or \"type=tcp\"", check.where);
  if (check.type == HealthCheck::Type::http) check.request = request_of(check, location, server);
  check.http2 = check.type == HealthCheck::Type::http && *proxy.http_version == 20;
  if (check.type == HealthCheck::Type::grpc) check.request = location.proxy_pass->proxy_host;
  check.preface = proxy_header_of_nobody(*proxy.send_proxy_header);
  add_tls(check, *location.proxy_pass, server);
  check.connect_timeout = *proxy.connect_timeout;
  check.send_timeout = *proxy.send_timeout;
  check.read_timeout = *proxy.read_timeout;
  check.buffer_size = *proxy.buffer_size;
}

void attach(Analysis& a, const Location& location, const Server& server) {
  if (!location.health_check) return;
  complete(a, *location.health_check, location, server);
  auto& checks = a.upstreams.find(location.proxy_pass->upstream.get()).health_checks;
  const bool is_known =
      std::ranges::any_of(checks, [&](const auto& known) { return same_check(*known, *location.health_check); });
  if (!is_known) checks.push_back(location.health_check);
}

// Locations of one group are numbered; those beyond the last number share it.
void number_place(Location& location, std::map<const Upstream*, int>& places) {
  if (!location.proxy_pass || location.proxy_pass->has_variables) return;
  int& next = places[location.proxy_pass->upstream.get()];
  location.outlier_place = std::min(next++, most_outlier_places - 1);
}

void number_ifs(Location& location) {
  for (RewriteOp& op : location.rewrite) {
    const auto* condition = std::get_if<IfOp>(&op.op);
    if (condition != nullptr && condition->location) condition->location->outlier_place = location.outlier_place;
  }
}

void visit(Analysis& a, Location& location, const Server& server, std::map<const Upstream*, int>& places) {
  attach(a, location, server);
  number_place(location, places);
  number_ifs(location);
  for (const auto& child : location.children) visit(a, *child, server, places);
}

}  // namespace

HealthCheck read_health_check(const Directive& d) {
  HealthCheck check;
  check.where = d.where;
  for (const std::string& text : d.args) read_parameter(text, check, d);
  if (check.persistent && !check.mandatory) fail("\"persistent\" requires \"mandatory\"", d);
  if (check.type != HealthCheck::Type::grpc)
    for (const char* name : {"grpc_service", "grpc_status"})
      if (has_parameter(d, name)) fail("parameter " + quoted(name) + " needs \"type=grpc\"", d);
  if (check.type == HealthCheck::Type::http) return check;
  for (const char* name : {"uri", "match", "keepalive_time"})
    if (has_parameter(d, name)) fail("parameter " + quoted(name) + " needs \"type=http\"", d);
  return check;
}

void attach_health_checks(Analysis& a) {
  std::map<const Upstream*, int> places;
  for (auto& draft : a.servers) visit(a, *draft.server->root, *draft.server, places);
}

}  // namespace drishti::conf
