#pragma once
// Strings with variables ("complex values"), compiled once by the analyser, evaluated per request by proxy/context.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace drishti::conf {

// Every built-in variable: V(enumerator, name without $). Those with a prefix (http_, arg_ ...) follow below.
#define DRISHTI_VARIABLES(V)                                                                                       \
  V(args, "args") V(binary_remote_addr, "binary_remote_addr") V(body_bytes_sent, "body_bytes_sent")                \
  V(bytes_sent, "bytes_sent") V(connection, "connection") V(connection_requests, "connection_requests")            \
  V(connection_time, "connection_time") V(content_length, "content_length") V(content_type, "content_type")        \
  V(document_root, "document_root") V(document_uri, "document_uri") V(host, "host") V(hostname, "hostname")         \
  V(https, "https") V(is_args, "is_args") V(is_request_port, "is_request_port") V(limit_rate, "limit_rate")         \
  V(msec, "msec") V(nginx_version, "nginx_version") V(pid, "pid") V(pipe, "pipe") V(proxy_host, "proxy_host")       \
  V(proxy_port, "proxy_port") V(proxy_add_x_forwarded_for, "proxy_add_x_forwarded_for")                            \
  V(proxy_protocol_addr, "proxy_protocol_addr") V(proxy_protocol_port, "proxy_protocol_port")                      \
  V(proxy_protocol_server_addr, "proxy_protocol_server_addr")                                                      \
  V(proxy_protocol_server_port, "proxy_protocol_server_port")                                                      \
  V(query_string, "query_string") V(realip_remote_addr, "realip_remote_addr")                                      \
  V(realip_remote_port, "realip_remote_port") V(realpath_root, "realpath_root") V(remote_addr, "remote_addr")                  \
  V(remote_port, "remote_port") V(remote_user, "remote_user") V(request, "request") V(request_body, "request_body") \
  V(request_body_file, "request_body_file") V(request_completion, "request_completion") V(http2, "http2")                            \
  V(request_filename, "request_filename") V(request_id, "request_id") V(request_length, "request_length")          \
  V(request_method, "request_method") V(request_port, "request_port") V(request_time, "request_time")              \
  V(request_uri, "request_uri") V(scheme, "scheme") V(server_addr, "server_addr") V(server_name, "server_name")     \
  V(server_port, "server_port") V(server_protocol, "server_protocol") V(status, "status")                         \
  V(tcpinfo_rtt, "tcpinfo_rtt") V(tcpinfo_rttvar, "tcpinfo_rttvar") V(tcpinfo_snd_cwnd, "tcpinfo_snd_cwnd")         \
  V(tcpinfo_rcv_space, "tcpinfo_rcv_space") V(time_iso8601, "time_iso8601") V(time_local, "time_local")            \
  V(upstream_addr, "upstream_addr") V(upstream_bytes_received, "upstream_bytes_received")                          \
  V(upstream_bytes_sent, "upstream_bytes_sent") V(upstream_connect_time, "upstream_connect_time")                  \
  V(upstream_header_time, "upstream_header_time") V(upstream_response_length, "upstream_response_length")          \
  V(upstream_response_time, "upstream_response_time") V(upstream_status, "upstream_status")                        \
  V(upstream_cache_status, "upstream_cache_status") V(uri, "uri")

// Families: V(enumerator, prefix). The rest of the name selects the field, lower case, `-` written as `_`.
#define DRISHTI_VARIABLE_PREFIXES(V)                                                                    \
  V(arg_, "arg_") V(cookie_, "cookie_") V(http_, "http_") V(sent_http_, "sent_http_")                   \
  V(upstream_http_, "upstream_http_") V(upstream_cookie_, "upstream_cookie_")                           \
  V(proxy_protocol_tlv_, "proxy_protocol_tlv_")                                                         \
  V(sent_trailer_, "sent_trailer_") V(upstream_trailer_, "upstream_trailer_")

enum class Var : std::uint8_t {
#define DRISHTI_V(id, name) id,
  DRISHTI_VARIABLES(DRISHTI_V) DRISHTI_VARIABLE_PREFIXES(DRISHTI_V)
#undef DRISHTI_V
      capture,  ///< $1 to $9 of the last regular expression; `slot` is the number
  user,         ///< set, map or a named capture; `slot` indexes Config::variables
};

struct VariableRef {
  Var id = Var::args;
  std::uint16_t slot = 0;
  std::string name;  ///< for a family: what follows the prefix (`http_x_id`: "x_id"); else the whole name without $
};

/// A string with variables in it.
struct Template {
  struct Part {
    std::string literal;  ///< used when !is_variable
    bool is_variable = false;
    VariableRef variable;
  };
  std::vector<Part> parts;
  std::string source;  ///< as written, for messages and conversion

  static Template literal(std::string text) {
    Template t;
    t.source = text;
    if (!text.empty()) t.parts.push_back({std::move(text), false, {}});
    return t;
  }
  bool empty() const { return parts.empty(); }
  bool is_literal() const { return parts.empty() || (parts.size() == 1 && !parts[0].is_variable); }
  std::string_view literal_text() const { return parts.empty() ? std::string_view{} : parts[0].literal; }
};

}  // namespace drishti::conf
