#pragma once
// What is sent upstream: the request line and fields of proxy_pass, proxy_method, proxy_set_header, proxy_set_body,
// proxy_pass_request_headers. Hop-by-hop fields never pass (RFC 9110 7.6.1, threats H21 H22 S35 S37).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "conf/config.hpp"
#include "context/request_context.hpp"

namespace drishti::filters {

/// How the body goes upstream.
struct UpstreamBody {
  enum class Kind : std::uint8_t { none, length, chunked };
  Kind kind = Kind::none;
  std::uint64_t length = 0;
};

/// Where a request goes when proxy_pass has variables.
struct DynamicTarget {
  bool ok = false;
  bool tls = false;
  std::string_view host;        ///< name or IP literal, without port and brackets; "" for unix
  std::uint16_t port = 80;
  std::string_view unix_path;
  std::string_view proxy_host;  ///< text after http:// up to the URI
  std::optional<std::string_view> uri;
};
/// Evaluates proxy_pass's URL; !ok for a bad URL (500, nginx logs `invalid URL prefix in "..."`).
DynamicTarget evaluate_proxy_pass(const conf::ProxyPass& proxy_pass, context::RequestContext& context);

/// The request target for the upstream: the raw target, or the location prefix replaced by the URI part of proxy_pass
/// (nginx-semantics 3.6). `uri` is that part, if any. The view lives in the request's arena or buffer.
std::string_view upstream_target(std::optional<std::string_view> uri, context::RequestContext& context);

/// What the cache asks of a request whose response it may store or has stored.
struct CacheRequest {
  bool as_get = false;  ///< HEAD goes out as GET
  http::FieldList validators;  ///< If-None-Match, If-Modified-Since of the stored response
};

/// Writes the whole head (request line to empty line) for the location's proxy_* settings to OUT (replaced).
/// Upgrade and Connection come from proxy_set_header, or from a client that asks for a WebSocket (`proxy_websocket`); an
/// Upgrade to h2c is left out. The framing fields come from `body` alone. Keep-alive is used unless the configuration sets
/// Connection to something else.
/// A request in early data gets `Early-Data: 1`, unless proxy_set_header says something of that field.
/// With CACHE the client's conditions and Range stay behind, so that the response is a whole one.
void write_upstream_head(std::string_view target, const UpstreamBody& body, context::RequestContext& context,
                         std::string& out, const CacheRequest* cache = nullptr);

/// proxy_set_body: the body to send instead of the client's.
std::optional<std::string_view> configured_body(context::RequestContext& context);

/// Whether the request asks the upstream to switch protocols: by proxy_set_header Upgrade and Connection, which both
/// evaluate to what makes an upgrade (Connection contains "upgrade"), or because it asks for a WebSocket.
bool forwards_upgrade(context::RequestContext& context);

}  // namespace drishti::filters
