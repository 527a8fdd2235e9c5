#pragma once
// All that is known of one request while it lives: what was asked, where it was routed, what was tried, what is answered.
// Owned by the connection (or the HTTP/2 stream) of one worker, used on that worker's thread only, recycled by reset().

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.hpp"
#include "http/content_coding.hpp"
#include "http/message.hpp"
#include "http/uri.hpp"
#include "net/arena.hpp"
#include "net/clock.hpp"
#include "net/error_log.hpp"

namespace drishti::http {
struct ProxyHeader;
}
struct ssl_st;

namespace drishti::metrics {
struct CacheMetrics;
}

namespace drishti::context {

/// The client's connection, for variables and logs. Outlives its requests.
struct ConnectionInfo {
  std::uint64_t id = 0;             ///< $connection
  std::uint64_t requests = 0;       ///< begun so far
  net::Clock::Steady accepted_at{};
  SocketAddress remote;
  SocketAddress local;              ///< the concrete local address
  std::string remote_text;          ///< $remote_addr
  std::shared_ptr<const http::ProxyHeader> proxy_header;  ///< what it began with, if anything
  int fd = -1;                      ///< for $tcpinfo_*
  bool tls = false;                 ///< $scheme, $https
  bool plain_on_tls = false;        ///< HTTP without TLS where `listen ... ssl` asks for it
  bool may_be_early = false;        ///< it began with early data, and the handshake may not be over yet
  ssl_st* ssl = nullptr;            ///< of the stream, for $ssl_*; null without TLS
};

/// One attempt at a peer, for $upstream_* variables, logs and metrics. Times are -1 until known ("-").
struct Attempt {
  std::string_view address;         ///< text; lives in the peer or the arena
  int status = 0;                   ///< 0 = none ("-")
  std::int64_t connect_ms = -1;
  std::int64_t header_ms = -1;
  std::int64_t response_ms = -1;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t response_length = 0;
  bool after_redirect = false;      ///< first of a new group: " : " instead of ", "
};

/// What becomes of the body on its way to the client (docs/COMPRESSION.md).
struct CodedBody {
  http::ContentCoding coding = http::ContentCoding::identity;
  std::uint64_t from = 0, to = 0;   ///< bytes so far, for $gzip_ratio and its like
  bool holds_back = false;          ///< an empty write is needed to get out what was written
  std::string* copy = nullptr;      ///< gets the coded body, too
};

/// The answer as it will be sent. The writer adds Server, Date, Connection, Content-Length, Transfer-Encoding.
struct Response {
  int status = 0;
  std::string_view reason;          ///< upstream's own; empty = the standard phrase
  http::FieldList fields;           ///< without the ones named above
  std::optional<std::uint64_t> content_length;
  bool from_upstream = false;
  std::string_view upstream_date, upstream_server;  ///< set when proxy_pass_header keeps them
  CodedBody coded;
  bool keep_fields = false;         ///< X-Accel-Redirect or a 416 left fields here that the coming answer carries
  std::string_view connection;         ///< as written by the head: $sent_http_connection
  std::string_view transfer_encoding;  ///< as written by the head: $sent_http_transfer_encoding
  void reset();
};

struct RequestContext {
  explicit RequestContext(const net::Clock& the_clock) : clock(&the_clock) {}

  const net::Clock* clock;
  net::ErrorLog* error_log = nullptr;
  ConnectionInfo* connection = nullptr;
  std::uint64_t request_number = 0;          ///< $connection_requests: of its connection, from 1
  const conf::Config* config = nullptr;
  const conf::Server* server = nullptr;
  const conf::Location* location = nullptr;  ///< never null once routed; server->root outside any location
  net::Clock::Steady started_at{};
  std::optional<SocketAddress> real_remote;  ///< set_real_ip_from: the client behind the connection
  std::string_view real_remote_text;         ///< lives in the arena

  net::Arena arena;
  http::RequestHead head;

  // The URI in force; changed by rewrite, try_files, error_page, X-Accel-Redirect, index.
  http::Method method = http::Method::get;   ///< becomes GET after an error_page
  std::string_view method_text;
  std::string_view host;                     ///< lower-case, without port and trailing dot: $host, or server_name
  std::string_view uri;                      ///< $uri: decoded and normalised
  std::string_view args;                     ///< $args
  bool raw_target_valid = true;              ///< head.target may be sent upstream unchanged
  bool location_prefix_valid = true;         ///< the URI still begins with the location's prefix (not after
                                             ///< `rewrite ... break`); an internal redirect sets it again
  bool is_internal = false;                  ///< after an internal redirect (`internal` locations open)
  int internal_redirects = 0;                ///< more than 10: 500
  int uri_changes = 0;                       ///< rewrite loops; more than 10: 500

  // Variables.
  conf::Regex::Captures captures;            ///< of the last regular expression
  std::string_view captures_subject;         ///< lives in the arena or the buffer
  std::vector<std::optional<std::string_view>> user_variables;  ///< by slot; nullopt = not set (or map not evaluated)
  std::string_view request_id;               ///< made on first use
  bool pipelined = false;                    ///< $pipe
  bool is_early = false;                     ///< $ssl_early_data: it came before the end of the handshake (RFC 8470)
  std::vector<std::string> spare_strings;    ///< of Scratch; their capacities are kept

  // Body of the request.
  std::uint64_t request_length = 0;          ///< $request_length: line, fields and body read so far
  std::string_view body_in_memory;           ///< $request_body, when buffered in memory
  std::string body_file;                     ///< $request_body_file
  std::optional<std::uint64_t> gathered_length;  ///< of a body of unknown length, when all of it was read: $content_length

  // Upstream.
  std::vector<Attempt> attempts;
  http::ResponseHead upstream_response;      ///< of the attempt in progress; kept here for its capacity
  std::string upstream_request;              ///< the head that goes upstream; kept here for its capacity
  const http::ResponseHead* upstream_head = nullptr;  ///< $upstream_http_*; null without a response
  std::string_view proxy_host, proxy_port;   ///< of the proxy_pass in force
  std::string_view cache_status;             ///< $upstream_cache_status: HIT, MISS ...; "" when no cache was asked
  metrics::CacheMetrics* cache_counters = nullptr;  ///< of the zone that was asked, this worker's

  // Answer.
  Response response;
  std::uint64_t bytes_sent = 0;              ///< head and body
  std::uint64_t body_bytes_sent = 0;
  bool completed = false;                    ///< $request_completion "OK"
  std::optional<std::uint64_t> limit_rate;   ///< set $limit_rate, X-Accel-Limit-Rate
  int error_status = 0;                      ///< status that error_page was applied for (0 = none)
  bool error_page_active = false;            ///< an error_page was used once (recursive_error_pages off)

  /// Who the client is, as far as it is known.
  const SocketAddress& remote() const { return real_remote ? *real_remote : connection->remote; }
  /// $remote_addr
  std::string_view remote_text() const { return real_remote ? real_remote_text : connection->remote_text; }

  /// Writes to the error log with nginx's tail: `, client: ..., server: ..., request: "..."[, upstream: "..."], host: "..."`.
  void log_error(conf::LogLevel level, std::string_view message, std::string_view upstream_url = {});

  /// Ready for the next request; capacities are kept.
  void reset();
};

}  // namespace drishti::context
