#include "filters/proxy_request.hpp"

#include "context/number_text.hpp"
#include "context/variables.hpp"
#include "filters/generated_text.hpp"
#include "http/hop_by_hop.hpp"
#include "http/tokens.hpp"

namespace drishti::filters {
namespace {

using conf::SetHeader;
using context::RequestContext;
using http::FieldId;

constexpr bool is_one_of(std::string_view name, std::initializer_list<std::string_view> lower_case_names) {
  for (const std::string_view other : lower_case_names) {
    if (name.size() == other.size() && http::iequals(name, other)) return true;
  }
  return false;
}

/// Never copied from the client: hop-by-hop fields and what is written anew.
constexpr bool is_replaced(FieldId id) {
  switch (id) {
    case FieldId::host: case FieldId::expect: case FieldId::content_length: case FieldId::proxy_authorization: return true;
    default: return http::is_hop_by_hop(id);
  }
}

const SetHeader* find_set_header(const std::vector<SetHeader>& headers, std::string_view lower_case_name) {
  for (const SetHeader& header : headers) {
    if (header.name.size() == lower_case_name.size() && http::iequals(header.name, lower_case_name)) return &header;
  }
  return nullptr;
}

/// Appends `NAME: value\r\n`; takes it back when the value is empty or unsafe. True when it stays.
bool append_field(std::string_view name, const conf::Template& value, RequestContext& context, std::string& out) {
  const std::size_t start = out.size();
  out.append(name).append(": ");
  const std::size_t value_start = out.size();
  context::append(value, context, out);
  const std::string_view written = std::string_view(out).substr(value_start);
  if (written.empty() || !is_safe_value(written)) {
    out.resize(start);
    return false;
  }
  out.append("\r\n");
  return true;
}

/// What makes a response depend on what this client has.
constexpr bool is_partial_request(FieldId id) {
  switch (id) {
    case FieldId::if_match: case FieldId::if_none_match: case FieldId::if_modified_since:
    case FieldId::if_unmodified_since: case FieldId::if_range: case FieldId::range:
      return true;
    default: return false;
  }
}

void append_method(RequestContext& context, const CacheRequest* cache, std::string& out) {
  const auto& configured = *context.location->proxy.method;
  const std::size_t start = out.size();
  if (configured) context::append(*configured, context, out);
  if (out.size() == start) out.append(cache != nullptr && cache->as_get ? "GET" : context.method_text);
}

void append_host(const std::vector<SetHeader>& headers, RequestContext& context, std::string& out) {
  const SetHeader* host = find_set_header(headers, "host");
  if (host != nullptr && append_field("Host", host->value, context, out)) return;
  // HTTP/1.1 needs a Host (RFC 9112 3.2), so that an empty one falls back to the default.
  if (host != nullptr && *context.location->proxy.http_version == 10) return;
  out.append("Host: ").append(context.proxy_host).append("\r\n");
}

void append_framing(const UpstreamBody& body, std::string& out) {
  if (body.kind == UpstreamBody::Kind::chunked) out.append("Transfer-Encoding: chunked\r\n");
  if (body.kind != UpstreamBody::Kind::length) return;
  out.append("Content-Length: ");
  context::append_number(body.length, out);
  out.append("\r\n");
}

/// h2c would let a client tunnel requests past every rule of the proxy (threat S37); an upgrade that the client cannot
/// get (it sends a body, or did not ask) must not reach the upstream either (S36).
bool must_drop_upgrade(const std::vector<SetHeader>& headers, RequestContext& context) {
  const SetHeader* upgrade = find_set_header(headers, "upgrade");
  if (upgrade == nullptr) return false;
  const std::string_view protocol = context::evaluate(upgrade->value, context);
  return !protocol.empty() && (!context.head.wants_upgrade || http::has_token(protocol, "h2c"));
}

/// RFC 6455 4.1, and nothing beside it.
bool asks_for_websocket(const RequestContext& context) {
  const http::FieldList& fields = context.head.fields;
  return context.method == http::Method::get && !fields.repeated(FieldId::upgrade) &&
         http::iequals(fields.get(FieldId::upgrade), "websocket") && fields.find("sec-websocket-key") != nullptr;
}

/// A request for a WebSocket, of whose fields the configuration says nothing: it is passed on as one. No
/// other protocol is.
bool passes_websocket(const std::vector<SetHeader>& headers, const RequestContext& context) {
  if (!context.head.wants_upgrade) return false;
  const conf::ProxySettings& proxy = context.location->proxy;
  if (!*proxy.websocket || *proxy.http_version != 11 || !*proxy.pass_request_headers) return false;
  if (find_set_header(headers, "upgrade") != nullptr || find_set_header(headers, "connection") != nullptr) return false;
  return asks_for_websocket(context);
}

/// What becomes of the connection, when the configuration does not say it.
void append_connection(const std::vector<SetHeader>& headers, const RequestContext& context, std::string& out) {
  const conf::ProxySettings& proxy = context.location->proxy;
  if (passes_websocket(headers, context)) {
    out.append("Connection: Upgrade\r\nUpgrade: websocket\r\n");
    return;
  }
  const bool closes = *proxy.http_version == 10 || *proxy.send_proxy_header != conf::SendProxyHeader::off;
  if (closes && find_set_header(headers, "connection") == nullptr) out.append("Connection: close\r\n");
}

void append_set_headers(const std::vector<SetHeader>& headers, RequestContext& context, std::string& out) {
  const bool drop_upgrade = must_drop_upgrade(headers, context);
  for (const SetHeader& header : headers) {
    if (is_one_of(header.name, {"host", "content-length", "transfer-encoding"})) continue;
    if (drop_upgrade && is_one_of(header.name, {"upgrade", "connection", "http2-settings"})) continue;
    append_field(header.name, header.value, context, out);
  }
}

void append_client_fields(const std::vector<SetHeader>& headers, const RequestContext& context,
                          const CacheRequest* cache, std::string& out) {
  const http::FieldList& fields = context.head.fields;
  const http::ConnectionNames hop_names(fields);
  for (const http::Field& field : fields) {
    if (is_replaced(field.id) || hop_names.lists(field) || find_set_header(headers, field.name) != nullptr) continue;
    if (cache != nullptr && is_partial_request(field.id)) continue;
    out.append(field.name).append(": ").append(field.value).append("\r\n");
  }
}

/// RFC 8470 5.1: the request may be somebody's replay. One more field than the client sent means the same as one.
void append_early_data(const std::vector<SetHeader>& headers, std::string& out) {
  if (find_set_header(headers, "early-data") == nullptr) out.append("Early-Data: 1\r\n");
}

void append_validators(const CacheRequest& cache, std::string& out) {
  for (const http::Field& field : cache.validators)
    out.append(field.name).append(": ").append(field.value).append("\r\n");
}

}  // namespace

void write_upstream_head(std::string_view target, const UpstreamBody& body, RequestContext& context, std::string& out,
                         const CacheRequest* cache) {
  const conf::ProxySettings& proxy = context.location->proxy;
  const std::vector<SetHeader>& headers = *proxy.set_headers;
  const bool is_http10 = *proxy.http_version == 10;
  out.clear();
  append_method(context, cache, out);
  out.append(" ").append(target).append(is_http10 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  append_host(headers, context, out);
  append_connection(headers, context, out);
  append_set_headers(headers, context, out);
  append_framing(body, out);
  if (context.is_early) [[unlikely]] append_early_data(headers, out);
  if (*proxy.pass_request_headers) append_client_fields(headers, context, cache, out);
  if (cache != nullptr) append_validators(*cache, out);
  out.append("\r\n");
}

bool forwards_upgrade(RequestContext& context) {
  const conf::ProxySettings& proxy = context.location->proxy;
  if (passes_websocket(*proxy.set_headers, context)) return true;
  const SetHeader* upgrade = find_set_header(*proxy.set_headers, "upgrade");
  const SetHeader* connection = find_set_header(*proxy.set_headers, "connection");
  if (*proxy.http_version != 11 || upgrade == nullptr || connection == nullptr) return false;
  const std::string_view protocol = context::evaluate(upgrade->value, context);
  return !protocol.empty() && !http::has_token(protocol, "h2c") &&
         http::has_token(context::evaluate(connection->value, context), "upgrade");
}

std::optional<std::string_view> configured_body(RequestContext& context) {
  const auto& body = *context.location->proxy.set_body;
  if (!body) return std::nullopt;
  return context::evaluate(*body, context);
}

}  // namespace drishti::filters
