#include "server/explain_text.hpp"

namespace drishti::server {

using conf::Location;
using conf::ServerName;

std::string place(const conf::Where& where) { return where.file == nullptr ? "(default)" : where.text(); }

std::string location_text(const Location& location) {
  switch (location.kind) {
    case Location::Kind::server_root:
      return "no location (the server's own settings)";
    case Location::Kind::exact:
      return "location = " + location.pattern;
    case Location::Kind::prefix:
      return "location " + location.pattern;
    case Location::Kind::prefix_final:
      return "location ^~ " + location.pattern;
    case Location::Kind::regex:
      return std::string("location ") + (location.regex.regex.case_insensitive() ? "~* " : "~ ") +
             location.regex.regex.pattern();
    case Location::Kind::named:
      return "location " + location.pattern;
    case Location::Kind::if_block:
      return "if (...)";
  }
  return {};
}

std::string location_rule(const Location& location) {
  switch (location.kind) {
    case Location::Kind::server_root:
      return "no location matches";
    case Location::Kind::exact:
      return "an exact match (=) ends the search";
    case Location::Kind::prefix:
      return "the longest matching prefix; no regular expression matches";
    case Location::Kind::prefix_final:
      return "the longest matching prefix, and ^~ keeps regular expressions out";
    case Location::Kind::regex:
      return "the first regular expression in file order that matches; these beat prefixes";
    case Location::Kind::named:
      return "named by try_files, error_page or a rewrite";
    case Location::Kind::if_block:
      return "the condition of the if holds";
  }
  return {};
}

bool location_matches(const Location& location, std::string_view path) {
  switch (location.kind) {
    case Location::Kind::exact:
      return path == location.pattern;
    case Location::Kind::prefix:
    case Location::Kind::prefix_final:
      return path.starts_with(location.pattern);
    case Location::Kind::regex:
      return location.regex.regex.matches(path);
    default:
      return false;
  }
}

namespace {

bool name_matches(const ServerName& name, std::string_view host) {
  switch (name.kind) {
    case ServerName::Kind::exact:
      return host == name.text;
    case ServerName::Kind::wildcard_head:
      return host.size() > name.text.size() && host.ends_with(name.text);
    case ServerName::Kind::wildcard_tail:
      return host.size() > name.text.size() && host.starts_with(name.text);
    case ServerName::Kind::regex:
      return name.regex.regex.matches(host);
  }
  return false;
}

std::string name_rule(const ServerName& name) {
  switch (name.kind) {
    case ServerName::Kind::exact:
      return "server_name \"" + name.text + "\" is the host exactly";
    case ServerName::Kind::wildcard_head:
      return "server_name \"*" + name.text + "\" is the longest wildcard that matches";
    case ServerName::Kind::wildcard_tail:
      return "server_name \"" + name.text + "*\" is the longest wildcard that matches";
    case ServerName::Kind::regex:
      return "server_name \"~" + name.regex.regex.pattern() + "\" is the first regular expression that matches";
  }
  return {};
}

void add_token(std::string& text, bool is_listed, const char* token) {
  if (is_listed) text.append(text.empty() ? "" : " ").append(token);
}

}  // namespace

std::string server_rule(const conf::Server& server, std::string_view host) {
  for (const auto kind : {ServerName::Kind::exact, ServerName::Kind::wildcard_head, ServerName::Kind::wildcard_tail,
                          ServerName::Kind::regex}) {
    for (const ServerName& name : server.names) {
      if (name.kind == kind && name_matches(name, host)) return name_rule(name);
    }
  }
  return "no server_name matches, and this is the default server of the address";
}

std::string server_line_text(const conf::UpstreamServer& server) {
  std::string text = "server " + server.name;
  if (server.weight != 1) text += " weight=" + std::to_string(server.weight);
  if (server.max_fails != 1) text += " max_fails=" + std::to_string(server.max_fails);
  if (server.fail_timeout.count() != 10) text += " fail_timeout=" + std::to_string(server.fail_timeout.count()) + "s";
  if (server.max_conns != 0) text += " max_conns=" + std::to_string(server.max_conns);
  if (server.backup) text += " backup";
  if (server.slow_start.count() != 0) text += " slow_start=" + duration_text(server.slow_start);
  if (server.down) text += " down";
  if (server.drain) text += " drain";
  return text;
}

std::string health_check_text(const conf::HealthCheck& check) {
  std::string text = "health_check ";
  switch (check.type) {
    case conf::HealthCheck::Type::http: text += "GET " + check.uri; break;
    case conf::HealthCheck::Type::tcp: text += "connects"; break;
    case conf::HealthCheck::Type::grpc: text += "asks by gRPC for \"" + check.grpc_service + "\""; break;
  }
  if (check.port) text += " at port " + std::to_string(*check.port);
  text += " every " + duration_text(check.interval) + ", fails=" + std::to_string(check.fails) +
          " passes=" + std::to_string(check.passes);
  if (check.match) text += " match=" + check.match_name;
  if (check.mandatory) text += " mandatory";
  return text;
}

const char* balance_text(conf::BalanceMethod method) {
  switch (method) {
    case conf::BalanceMethod::round_robin:
      return "round robin by weight";
    case conf::BalanceMethod::least_conn:
      return "least_conn: fewest requests in progress for the weight";
    case conf::BalanceMethod::ip_hash:
      return "ip_hash: by the client's address";
    case conf::BalanceMethod::hash:
      return "hash of a key";
    case conf::BalanceMethod::random:
      return "random";
  }
  return "";
}

std::string next_upstream_text(const conf::NextUpstream& next) {
  if (next.off) return "off";
  std::string text;
  add_token(text, next.error, "error");
  add_token(text, next.timeout, "timeout");
  add_token(text, next.invalid_header, "invalid_header");
  add_token(text, next.http_500, "http_500");
  add_token(text, next.http_502, "http_502");
  add_token(text, next.http_503, "http_503");
  add_token(text, next.http_504, "http_504");
  add_token(text, next.http_403, "http_403");
  add_token(text, next.http_404, "http_404");
  add_token(text, next.http_429, "http_429");
  add_token(text, next.non_idempotent, "non_idempotent");
  return text;
}

std::string duration_text(conf::milliseconds time) {
  if (time.count() % 1000 == 0) return std::to_string(time.count() / 1000) + "s";
  return std::to_string(time.count()) + "ms";
}

}  // namespace drishti::server
