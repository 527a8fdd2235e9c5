#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "context/file_path.hpp"
#include "context/lookup.hpp"
#include "context/request_id.hpp"
#include "context/scratch.hpp"
#include "context/time_text.hpp"
#include "context/variables.hpp"
#include "http/product.hpp"

namespace drishti::context {
namespace {

using conf::Var;
using http::FieldId;

Found field_or_none(const RequestContext& context, FieldId id) {
  const http::Field* field = context.head.fields.find(id);
  return field == nullptr ? Found{} : field->value;
}

/// As in nginx: of the field, or of what was read.
Found content_length(const RequestContext& context, NumberBuffer& buffer) {
  if (context.gathered_length) return write_number(*context.gathered_length, buffer);
  return field_or_none(context, FieldId::content_length);
}

Found text_or_none(std::string_view text) { return text.empty() ? Found{} : text; }

std::int64_t elapsed_ms(net::Clock::Steady since, const RequestContext& context) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(context.clock->now() - since).count();
}

/// nginx writes three digits; 000 before there is a status. What error_page fixed is known before the answer.
std::string_view write_status(const RequestContext& context, NumberBuffer& buffer) {
  int status = context.response.status != 0 ? context.response.status : std::max(context.error_status, 0);
  for (int i = 2; i >= 0; --i, status /= 10) buffer.data[i] = static_cast<char>('0' + status % 10);
  return {buffer.data, 3};
}

std::string_view hostname() {
  static const std::string name = [] {
    char text[256] = {};
    return gethostname(text, sizeof text - 1) == 0 ? std::string(text) : std::string();
  }();
  return name;
}

Found tcp_info(Var id, const RequestContext& context, NumberBuffer& buffer) {
  struct ::tcp_info info {};
  socklen_t size = sizeof info;
  if (context.connection == nullptr || getsockopt(context.connection->fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
    return {};
  }
  switch (id) {
    case Var::tcpinfo_rtt: return write_number(info.tcpi_rtt, buffer);
    case Var::tcpinfo_rttvar: return write_number(info.tcpi_rttvar, buffer);
    case Var::tcpinfo_snd_cwnd: return write_number(info.tcpi_snd_cwnd, buffer);
    default: return write_number(info.tcpi_rcv_space, buffer);
  }
}

/// All X-Forwarded-For values of the client and its address.
Found add_x_forwarded_for(RequestContext& context) {
  const std::string_view client = context.remote_text();
  if (!context.head.fields.has(FieldId::x_forwarded_for)) return client;
  Scratch list(context);
  for (const http::Field& field : context.head.fields) {
    if (field.id == FieldId::x_forwarded_for) list.text.append(field.value).append(", ");
  }
  list.text.append(client);
  return list.keep();
}

std::string_view realpath_root(RequestContext& context) {
  const std::string root(document_root(context));
  char* resolved = ::realpath(root.c_str(), nullptr);
  if (resolved == nullptr) return {};
  const std::string_view kept = context.arena.copy(resolved);
  std::free(resolved);
  return kept;
}

std::string_view limit_rate(RequestContext& context, NumberBuffer& buffer) {
  std::uint64_t rate = context.limit_rate.value_or(0);
  if (!context.limit_rate) parse_size(evaluate(*context.location->core.limit_rate, context), rate);
  return write_number(rate, buffer);
}

/// As nginx rounds it: `3.07`.
Found coding_ratio(http::ContentCoding coding, const RequestContext& context, NumberBuffer& buffer) {
  const CodedBody& coded = context.response.coded;
  if (coded.coding != coding || coded.to == 0) return {};
  const std::uint64_t hundredths = (coded.from * 1000 / coded.to + 5) / 10;
  char* end = std::to_chars(buffer.data, buffer.data + sizeof buffer.data, hundredths / 100).ptr;
  *end++ = '.';
  *end++ = static_cast<char>('0' + hundredths / 10 % 10);
  *end++ = static_cast<char>('0' + hundredths % 10);
  return std::string_view(buffer.data, static_cast<std::size_t>(end - buffer.data));
}

std::string_view request_port(const RequestContext& context) { return context.head.host_port; }

/// Empty without one: unix sockets, and addresses that were told without a port.
std::string_view port_text(const SocketAddress& address, NumberBuffer& buffer) {
  return address.port() == 0 ? "" : write_number(address.port(), buffer);
}

Found connection_variable(Var id, RequestContext& context, NumberBuffer& buffer) {
  const ConnectionInfo& connection = *context.connection;
  switch (id) {
    case Var::binary_remote_addr: return context.remote().binary_ip();
    case Var::connection: return write_number(connection.id, buffer);
    case Var::connection_requests: return write_number(context.request_number, buffer);
    case Var::connection_time: return write_seconds(elapsed_ms(connection.accepted_at, context), buffer);
    case Var::https: return connection.tls ? "on" : "";
    case Var::proxy_add_x_forwarded_for: return add_x_forwarded_for(context);
    case Var::proxy_protocol_addr: case Var::proxy_protocol_port: case Var::proxy_protocol_server_addr:
    case Var::proxy_protocol_server_port:
      return find_proxy_address(id, context, buffer);
    case Var::realip_remote_addr: return connection.remote_text;
    case Var::realip_remote_port: return port_text(connection.remote, buffer);
    case Var::remote_addr: return context.remote_text();
    case Var::remote_port: return port_text(context.remote(), buffer);
    case Var::scheme: return connection.tls ? "https" : "http";
    case Var::server_addr: return context.arena.copy(connection.local.ip_text());
    case Var::server_port: return port_text(connection.local, buffer);
    default: return {};
  }
}

Found file_variable(Var id, RequestContext& context) {
  switch (id) {
    case Var::document_root: return document_root(context);
    case Var::realpath_root: return realpath_root(context);
    default: return file_path(context.uri, context);
  }
}

}  // namespace

Found find_builtin(Var id, RequestContext& context, NumberBuffer& buffer) {
  switch (id) {
    case Var::args: case Var::query_string: return context.args.data() == nullptr ? Found{} : context.args;
    case Var::body_bytes_sent: return write_number(context.body_bytes_sent, buffer);
    case Var::brotli_ratio: return coding_ratio(http::ContentCoding::brotli, context, buffer);
    case Var::gzip_ratio: return coding_ratio(http::ContentCoding::gzip, context, buffer);
    case Var::zstd_ratio: return coding_ratio(http::ContentCoding::zstd, context, buffer);
    case Var::bytes_sent: return write_number(context.bytes_sent, buffer);
    case Var::content_length: return content_length(context, buffer);
    case Var::content_type: return field_or_none(context, FieldId::content_type);
    case Var::document_uri: case Var::uri: return text_or_none(context.uri);
    case Var::host: return context.host;
    case Var::hostname: return hostname();
    case Var::is_args: return context.args.empty() ? "" : "?";
    case Var::is_request_port: return request_port(context).empty() ? "" : ":";
    case Var::limit_rate: return limit_rate(context, buffer);
    case Var::msec: return write_seconds(context.clock->wall_ms(), buffer);
    case Var::nginx_version: return http::compatible_nginx_version;
    case Var::pid: return write_number(getpid(), buffer);
    case Var::pipe: return context.pipelined ? "p" : ".";
    case Var::proxy_host: return text_or_none(context.proxy_host);
    case Var::proxy_port: return text_or_none(context.proxy_port);
    case Var::remote_user: return remote_user(context);
    case Var::request: return text_or_none(context.head.request_line);
    case Var::request_body: return text_or_none(context.body_in_memory);
    case Var::request_body_file: return text_or_none(context.body_file);
    case Var::request_completion: return context.completed ? "OK" : "";
    case Var::request_id: return request_id(context);
    case Var::request_length: return write_number(context.request_length, buffer);
    case Var::request_method: return text_or_none(context.method_text);
    case Var::request_port: return request_port(context);
    case Var::request_time: return write_seconds(elapsed_ms(context.started_at, context), buffer);
    case Var::request_uri: return text_or_none(context.head.target);
    case Var::http2:
      if (context.head.version != 20) return "";
      return context.connection != nullptr && context.connection->tls ? "h2" : "h2c";
    case Var::server_name: return context.server->first_name;
    case Var::server_protocol:
      if (context.head.target.empty()) return {};  // the request line was refused
      if (context.head.version == 20) return "HTTP/2.0";
      return context.head.version == 10 ? "HTTP/1.0" : "HTTP/1.1";
    case Var::status: return write_status(context, buffer);
    case Var::time_iso8601: return time_text(context.clock->wall_ms()).iso8601;
    case Var::time_local: return time_text(context.clock->wall_ms()).local;
    case Var::document_root: case Var::realpath_root: case Var::request_filename: return file_variable(id, context);
    case Var::tcpinfo_rtt: case Var::tcpinfo_rttvar: case Var::tcpinfo_snd_cwnd: case Var::tcpinfo_rcv_space:
      return tcp_info(id, context, buffer);
    case Var::upstream_addr: case Var::upstream_bytes_received: case Var::upstream_bytes_sent:
    case Var::upstream_connect_time: case Var::upstream_header_time: case Var::upstream_response_length:
    case Var::upstream_response_time: case Var::upstream_status:
      return find_attempts_list(id, context, buffer);
    case Var::ssl_alpn_protocol: case Var::ssl_cipher: case Var::ssl_ciphers: case Var::ssl_client_cert:
    case Var::ssl_client_escaped_cert: case Var::ssl_client_fingerprint: case Var::ssl_client_i_dn:
    case Var::ssl_client_i_dn_legacy: case Var::ssl_client_raw_cert: case Var::ssl_client_s_dn:
    case Var::ssl_client_s_dn_legacy: case Var::ssl_client_serial: case Var::ssl_client_v_end:
    case Var::ssl_client_v_remain: case Var::ssl_client_v_start: case Var::ssl_client_verify: case Var::ssl_curve:
    case Var::ssl_curves: case Var::ssl_early_data: case Var::ssl_protocol: case Var::ssl_server_name:
    case Var::ssl_session_id: case Var::ssl_session_reused:
      return find_tls_variable(id, context, buffer);
    case Var::upstream_cache_status: return text_or_none(context.cache_status);
    default: return context.connection == nullptr ? Found{} : connection_variable(id, context, buffer);
  }
}

}  // namespace drishti::context
