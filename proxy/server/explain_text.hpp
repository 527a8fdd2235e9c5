#pragma once
// Sentences of `drishti explain` about single parts of a configuration.

#include <string>
#include <string_view>

#include "conf/config.hpp"

namespace drishti::server {

/// `FILE:LINE`, or "(default)" for what no file wrote.
std::string place(const conf::Where& where);
/// `location ^~ /api/`, as the file writes it.
std::string location_text(const conf::Location& location);
/// The rule that made this the location of a request.
std::string location_rule(const conf::Location& location);
/// Whether PATH matches the location's own pattern (its children are not looked at).
bool location_matches(const conf::Location& location, std::string_view path);
/// Why SERVER answers for HOST: the kind of name that matched, or that it is the default.
std::string server_rule(const conf::Server& server, std::string_view host);
/// `server api1:3000 weight=2 backup`, with what differs from the defaults.
std::string server_line_text(const conf::UpstreamServer& server);
/// `health_check GET /health every 5s, fails=1 passes=1`.
std::string health_check_text(const conf::HealthCheck& check);
const char* balance_text(conf::BalanceMethod method);
/// The tokens of proxy_next_upstream in force.
std::string next_upstream_text(const conf::NextUpstream& next);
/// `1500ms`, `60s`.
std::string duration_text(conf::milliseconds time);

}  // namespace drishti::server
