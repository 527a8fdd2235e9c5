#pragma once
// The typed configuration: what the program runs on. Made once by the analyser, then immutable and shared by all
// threads.
// Every setting is already merged down to each Location, so nothing is looked up through parents per request.
// Defaults are nginx's (docs/CONFIGURATION.md); units are in the types or in the comment.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "conf/admin_settings.hpp"
#include "conf/cache_settings.hpp"
#include "conf/compression_settings.hpp"
#include "conf/directive.hpp"
#include "conf/expires.hpp"
#include "conf/failure_words.hpp"
#include "conf/real_ip_settings.hpp"
#include "conf/http2_settings.hpp"
#include "conf/regex.hpp"
#include "conf/scaling_settings.hpp"
#include "conf/setting.hpp"
#include "conf/socket_address.hpp"
#include "conf/ssl_settings.hpp"
#include "conf/template.hpp"
#include "conf/upstream_settings.hpp"
#include "conf/upstream_tls.hpp"

namespace drishti::conf {

using std::chrono::milliseconds;
using namespace std::chrono_literals;
using Bytes = std::uint64_t;

// ---- logs -----------------------------------------------------------------------------------------------------------

struct LogFormat {
  enum class Escape { standard, json, none };
  std::string name;
  Escape escape = Escape::standard;
  Template format;
};

struct AccessLog {
  std::string path;  ///< a file, or `syslog:...`; may contain no variables
  std::shared_ptr<const LogFormat> format;
  std::optional<Template> condition;  ///< if=: logged unless it evaluates to "" or "0"
  Bytes buffer = 0;
  milliseconds flush{0};
};

enum class LogLevel { debug, info, notice, warn, error, crit, alert, emerg };

struct ErrorLog {
  std::string path;  ///< a file, `stderr`, or `syslog:...`
  LogLevel level = LogLevel::error;
};

// ---- upstreams ------------------------------------------------------------------------------------------------------

/// One `server` line of an upstream block; DNS may turn it into several peers.
struct UpstreamServer {
  std::string name;  ///< as written: `api1:3000`, `unix:/run/a.sock`
  std::string host;  ///< without port and brackets; empty for unix
  std::uint16_t port = 80;
  std::optional<SocketAddress> literal;  ///< set when no DNS is needed (IP literal, unix)
  int weight = 1;
  int max_fails = 1;
  std::chrono::seconds fail_timeout{10};
  int max_conns = 0;  ///< 0 = no limit
  bool backup = false;
  bool down = false;
  bool drain = false;          ///< gets no new requests
  bool resolve = false;
  milliseconds slow_start{0};  ///< how long a server that comes back takes to its full share; 0 = at once
  std::string route;           ///< what `sticky` calls it; "": by its address
  Where where;
};

// ---- health checks --------------------------------------------------------------------------------------------------

/// `match NAME { }`: what a response to a health check has to be. Everything in it has to hold.
struct HealthMatch {
  struct Status {
    bool negated = false;
    std::vector<std::pair<int, int>> ranges;  ///< from, to
  };
  struct Header {
    enum class Test { exists, missing, equal, not_equal, match, not_match };
    std::string name;
    Test test = Test::exists;
    std::string value;  ///< equal, not_equal: compared without case, as nginx Plus does with `=`
    Regex regex;        ///< match, not_match
  };
  struct Body {
    bool negated = false;
    Regex regex;
  };
  std::string name;
  std::vector<Status> statuses;
  std::vector<Header> headers;
  std::vector<Body> bodies;
  Where where;
};

/// One `health_check`, with what its location says about the request. docs/HEALTH.md
struct HealthCheck {
  enum class Type { http, tcp, grpc };
  Type type = Type::http;
  std::string grpc_service;                  ///< asked about; "": the server as a whole
  int grpc_status = 0;                       ///< the status that is wanted; 0: and SERVING
  std::string uri = "/";
  milliseconds interval{5000};
  milliseconds jitter{0};
  int fails = 1;
  int passes = 1;
  std::string match_name;
  std::shared_ptr<const HealthMatch> match;  ///< null: status 200 to 399
  std::optional<std::uint16_t> port;         ///< instead of the server's
  bool mandatory = false;
  bool persistent = false;
  milliseconds keepalive_time{0};            ///< how long a connection is used for checks; 0 = one check each
  // From the location:
  std::string request;                       ///< the request's head, complete; of grpc the :authority
  std::string preface;                       ///< what each connection begins with: a PROXY header that speaks for nobody
  bool http2 = false;                        ///< of type http
  std::shared_ptr<const UpstreamTls> tls;    ///< null: without TLS
  std::string tls_name;                      ///< for SNI and the certificate
  milliseconds connect_timeout{60000};
  milliseconds send_timeout{60000};
  milliseconds read_timeout{60000};
  Bytes buffer_size = Bytes{4} << 10;        ///< bound of a response head
  Where where;
};

/// `outlier_detection`: a peer that fails more than its siblings at the same location leaves for a while.
struct OutlierDetection {
  milliseconds window{10000};
  int requests = 20;                    ///< fewer in a window say nothing
  milliseconds ejection_time{30000};    ///< the first time; twice as long the second time, and so on
  int keep_percent = 50;                ///< of the peers stay, however bad they are
};

/// `queue`: requests that wait for a free peer.
struct RequestQueueSettings {
  int length = 0;
  milliseconds timeout{60000};
};

// ---- groups ---------------------------------------------------------------------------------------------------------

enum class BalanceMethod { round_robin, least_conn, ip_hash, hash, random };

struct Upstream {
  std::string name;
  Where where;
  bool implicit = false;  ///< made for `proxy_pass http://host:port` without an upstream block
  BalanceMethod method = BalanceMethod::round_robin;
  Template hash_key;           ///< method == hash
  bool consistent = false;     ///< hash ... consistent (ketama)
  bool random_two = false;     ///< random two [least_conn]
  std::vector<UpstreamServer> servers;
  std::vector<std::shared_ptr<const HealthCheck>> health_checks;  ///< of the locations that pass to the group
  std::optional<OutlierDetection> outlier_detection;
  std::optional<RequestQueueSettings> queue;
  RetryBudgetSettings retry_budget;
  StickySettings sticky;
  bool health_panic = false;   ///< all servers unhealthy: use all of them
  std::string zone;            ///< accepted; state is always process-wide
  Bytes zone_size = 0;
  int keepalive = 512;         ///< idle connections kept per worker; pooled by default; 0 = off. More than nginx's 32:
                               ///< a smaller pool closes connections that the next burst opens again
  std::uint64_t keepalive_requests = 1000;
  milliseconds keepalive_time = 1h;
  milliseconds keepalive_timeout = 60s;
};

struct Resolver {
  std::vector<SocketAddress> servers;
  std::optional<milliseconds> valid;  ///< overrides TTLs
  bool ipv4 = true;
  bool ipv6 = true;
};

// ---- variables ------------------------------------------------------------------------------------------------------

/// Named groups of one regular expression and the variable slots that they fill.
struct NamedCapture {
  int group = 0;
  std::uint16_t slot = 0;
};

struct BoundRegex {
  Regex regex;
  std::vector<NamedCapture> names;
};

struct Map {
  Template source;
  bool hostnames = false;
  bool is_volatile = false;
  std::unordered_map<std::string, Template> exact;  ///< keys lower-cased, as nginx compares them
  std::vector<std::pair<std::string, Template>> wildcard_head;  ///< `*.example.com` -> ".example.com", longest first
  std::vector<std::pair<std::string, Template>> wildcard_tail;  ///< `example.*` -> "example.", longest first
  std::vector<std::pair<Regex, Template>> regexes;              ///< in file order
  std::vector<std::vector<NamedCapture>> regex_names;           ///< named groups of regexes[i], by the same index
  Template fallback;                                            ///< default
  Where where;
};

/// A variable that the configuration defines. `map` is set for map variables; others are slots written by
/// set or a named capture.
struct UserVariable {
  std::string name;
  std::shared_ptr<const Map> map;
};

// ---- rewrite phase --------------------------------------------------------------------------------------------------

struct Location;

struct Condition {
  enum class Op { is_true, equal, not_equal, match, not_match, file, not_file, dir, not_dir, exists, not_exists,
                  executable, not_executable };
  Op op = Op::is_true;
  bool case_insensitive = false;
  Template left;   ///< the variable, or the path of a file test
  Template right;  ///< for equal / not_equal
  BoundRegex regex;
};

struct RewriteOp;

struct RewriteRule {
  enum class Flag { none, last, break_, redirect, permanent };
  BoundRegex regex;
  Template replacement;
  bool drop_args = false;       ///< replacement ended in `?`
  Flag flag = Flag::none;       ///< redirect/permanent also for http://, https://, $scheme replacements
};
struct ReturnOp {
  int status = 0;
  std::optional<Template> text;  ///< body, or Location for 301 302 303 307 308
};
struct SetOp {
  VariableRef variable;  ///< Var::user slot, or a writable built-in (args, limit_rate)
  Template value;
};
struct BreakOp {};
struct IfOp {
  Condition condition;
  std::vector<RewriteOp> then;
  std::shared_ptr<Location> location;  ///< settings in force when the condition held (Kind::if_block); null in a server
};
struct RewriteOp {
  std::variant<RewriteRule, ReturnOp, SetOp, BreakOp, IfOp> op;
  Where where;
};

// ---- settings of a location -----------------------------------------------------------------------------------------

struct ErrorPage {
  std::vector<int> codes;
  int new_status = 0;       ///< `=200`; 0 = keep; -1 = `=` alone (take the status of the answer)
  Template uri;             ///< URI, @name, or a full URL (redirect)
  Where where;
};

struct TryFiles {
  std::vector<Template> candidates;  ///< a trailing / in `source` asks for a directory
  Template fallback;                 ///< URI or @name; used when status == 0
  int status = 0;                    ///< `=404`
};

enum class LingeringClose { off, on, always };
enum class IfModifiedSince { off, exact, before };

using TypeMap = std::unordered_map<std::string, std::string>;  ///< extension (lower case) -> media type

/// http, server and location contexts; inherited one by one.
struct CoreSettings {
  Setting<Bytes> client_max_body_size{Bytes{1} << 20};  ///< 0 = no limit
  Setting<Bytes> client_body_buffer_size{Bytes{16} << 10};
  Setting<milliseconds> client_body_timeout{60s};
  Setting<std::string> client_body_temp_path;
  Setting<milliseconds> send_timeout{60s};
  Setting<milliseconds> keepalive_timeout{75s};        ///< 0 = close after each response
  Setting<milliseconds> keepalive_header_timeout{0s};  ///< sent as `Keep-Alive: timeout=`; 0 = not sent
  Setting<std::uint64_t> keepalive_requests{1000};
  Setting<milliseconds> keepalive_time{1h};
  Setting<LingeringClose> lingering_close{LingeringClose::on};
  Setting<milliseconds> lingering_time{30s};
  Setting<milliseconds> lingering_timeout{5s};
  Setting<bool> reset_timedout_connection{false};
  Setting<std::string> default_type{"text/plain"};
  Setting<std::shared_ptr<const TypeMap>> types;  ///< never null after analysis (nginx's html, gif, jpg by default)
  Setting<Template> root_template;                ///< `root` or `alias`; absolute unless it starts with `$`
  Setting<std::vector<Template>> index;           ///< never empty after analysis (index.html)
  Setting<std::vector<ErrorPage>> error_pages;
  Setting<bool> recursive_error_pages{false};
  Setting<bool> etag{true};
  Setting<IfModifiedSince> if_modified_since{IfModifiedSince::exact};
  Setting<int> max_ranges{200};
  Setting<bool> server_tokens{true};
  Setting<bool> server_name_in_redirect{false};
  Setting<bool> port_in_redirect{true};
  Setting<bool> absolute_redirect{true};
  Setting<bool> log_not_found{true};
  Setting<bool> sendfile{true};
  Setting<bool> tcp_nodelay{true};
  Setting<bool> chunked_transfer_encoding{true};
  Setting<bool> msie_padding{true};
  Setting<Template> limit_rate;  ///< bytes a second; empty or "0" = no limit
  Setting<Template> limit_rate_after;
  Setting<Bytes> http2_chunk_size{Bytes{8} << 10};
  Setting<std::vector<AccessLog>> access_logs;  ///< empty = off; the default is combined to logs/access.log
  Setting<std::vector<ErrorLog>> error_logs;
  Setting<Resolver> resolver;
  Setting<milliseconds> resolver_timeout{30s};

  void inherit(const CoreSettings& parent);
};

/// One `add_header`.
struct AddHeader {
  std::string name;
  Template value;
  bool always = false;
};

/// One `proxy_set_header`; an empty value removes the field.
struct SetHeader {
  std::string name;
  Template value;
};

struct ProxyRedirect {
  bool is_default = false;     ///< `default`: from the proxy_pass URL to the location prefix
  std::optional<BoundRegex> regex;
  Template from;               ///< prefix, when there is no regex
  Template to;
};

struct CookieRewrite {
  std::optional<BoundRegex> regex;
  Template from;  ///< compared case-insensitively (domain) or as a prefix (path)
  Template to;
};

/// One `proxy_cookie_flags`.
struct CookieFlags {
  std::optional<BoundRegex> regex;
  Template name;                ///< of the cookie, when there is no regex; compared without case
  std::vector<Template> flags;  ///< as written; a flag that is none says nothing
};

/// Bits of proxy_next_upstream.
struct NextUpstream : FailureWords {
  NextUpstream() { error = timeout = true; }
  bool non_idempotent = false;
};

/// Bits of proxy_ignore_headers.
struct IgnoreHeaders {
  bool redirect = false, limit_rate = false, accel_expires = false, expires = false, cache_control = false,
       set_cookie = false, buffering = false, charset = false, vary = false;
};

enum class SendProxyHeader { off, v1, v2 };

struct ProxySettings {
  Setting<std::vector<SetHeader>> set_headers;  ///< all or nothing; the defaults (Host: $proxy_host) are not in it
  Setting<std::optional<Template>> set_body;
  Setting<std::optional<Template>> method;
  Setting<int> http_version{11};  ///< 10, 11 or 20
  Setting<bool> pass_request_headers{true};
  Setting<bool> pass_request_body{true};
  Setting<bool> pass_trailers{false};            ///< of responses
  Setting<milliseconds> connect_timeout{60s};
  Setting<milliseconds> send_timeout{60s};
  Setting<milliseconds> read_timeout{60s};
  Setting<NextUpstream> next_upstream;
  Setting<int> next_upstream_tries{0};              ///< 0 = no cap
  Setting<milliseconds> next_upstream_timeout{0s};  ///< 0 = none
  Setting<bool> buffering{true};
  Setting<bool> request_buffering{true};
  Setting<Bytes> buffer_size{Bytes{4} << 10};  ///< bound of a response head
  Setting<int> buffers_number{8};
  Setting<Bytes> buffers_size{Bytes{4} << 10};
  Setting<Bytes> busy_buffers_size{Bytes{8} << 10};
  Setting<Bytes> max_temp_file_size{Bytes{1} << 30};
  Setting<std::string> temp_path;
  Setting<Template> limit_rate;
  Setting<std::vector<ProxyRedirect>> redirects;  ///< is_set && empty = off; not set = default
  Setting<std::vector<CookieRewrite>> cookie_domains;
  Setting<std::vector<CookieRewrite>> cookie_paths;
  Setting<std::vector<CookieFlags>> cookie_flags;
  Setting<std::vector<std::string>> hide_headers;  ///< lower case; adds to Date Server X-Pad X-Accel-*
  Setting<std::vector<std::string>> pass_headers;  ///< lower case; takes away from that list
  Setting<IgnoreHeaders> ignore_headers;
  Setting<bool> intercept_errors{false};
  Setting<bool> ignore_client_abort{false};
  Setting<std::optional<Template>> bind;
  Setting<bool> socket_keepalive{false};
  Setting<SendProxyHeader> send_proxy_header{SendProxyHeader::off};  ///< `proxy_protocol`
  Setting<bool> websocket{true};  ///< a client's upgrade to WebSocket is passed on by itself
  UpstreamTlsSettings tls;

  /// What grpc_* are worth where nothing is written.
  static ProxySettings grpc_defaults();
  void inherit(const ProxySettings& parent);
};

/// `proxy_pass` or `grpc_pass`.
struct ProxyPass {
  Template url;                              ///< as written; of grpc_pass always with a scheme
  bool is_grpc = false;
  bool is_tls = false;                       ///< https or grpcs, as far as written without variables
  bool has_variables = false;                ///< then everything below is found per request from `url`
  std::shared_ptr<const Upstream> upstream;  ///< null when has_variables
  std::string proxy_host;                    ///< $proxy_host: the text after http:// up to the URI
  std::string proxy_port;                    ///< $proxy_port
  std::optional<std::string> uri;            ///< the URI part, when one was written
  std::shared_ptr<const UpstreamTls> tls;    ///< set for is_tls and for has_variables
  Where where;
};

/// A page about the program itself that a location answers with.
enum class StatusPage { none, metrics, stub_status, scaling_status };

/// A location, the root of a server (for what is outside any location), or the body of an `if`.
/// Owned by its parent; all settings are merged.
struct Location {
  enum class Kind { server_root, exact, prefix, prefix_final, regex, named, if_block };
  Kind kind = Kind::prefix;
  std::string pattern;  ///< the prefix as written, the expression, or @name; if_block has its location's
  BoundRegex regex;
  bool internal = false;
  bool auto_redirect = false;  ///< a prefix ending in `/` with a proxy handler: /x answers 301 to /x/
  unsigned number = 0;         ///< over all servers from 0 in file order; that of an if_block is its location's
  bool has_alias = false;      ///< root_template came from `alias`
  std::string alias_prefix;    ///< the location prefix that `alias` stands for; empty when a regex location wrote it
  std::vector<std::shared_ptr<Location>> children;  ///< nested locations in file order
  const Location* parent = nullptr;                 ///< the enclosing location; null below a server
  std::vector<RewriteOp> rewrite;                   ///< the rewrite phase of this level, in file order
  std::optional<ProxyPass> proxy_pass;
  StatusPage status_page = StatusPage::none;
  std::optional<TryFiles> try_files;
  std::shared_ptr<HealthCheck> health_check;        ///< as written here; finished, it is in the group's list
  int outlier_place = 0;                            ///< counts of outlier_detection are kept apart by this
  CoreSettings core;
  ProxySettings proxy;  ///< of the pass that the location has: for grpc_pass those of grpc_*
  ProxySettings grpc = ProxySettings::grpc_defaults();  ///< what grpc_* say at this level
  CacheSettings cache;
  RealIpSettings real_ip;
  CompressionSettings compression;
  Setting<std::vector<AddHeader>> add_headers;  ///< all or nothing
  Setting<Expires> expires;
  Where where;
  /// Where each directive that is in force here was written (the last line of several), here or in a level around it.
  std::map<std::string_view, Where> written;
};

// ---- servers --------------------------------------------------------------------------------------------------------

struct Listen {
  SocketAddress address;
  std::string text;  ///< as written
  bool default_server = false;
  bool reuseport = false;
  bool ipv6only = true;
  int backlog = 511;
  bool so_keepalive = false;
  bool ssl = false;
  bool http2 = false;           ///< as an option of the address; `http2 on` is a server's
  bool proxy_protocol = false;  ///< every connection begins with a PROXY header
  unsigned unix_mode = 0666;  ///< of a unix socket's file
  bool wildcard = false;  ///< 0.0.0.0 or [::]
  Where where;
};

struct ServerName {
  enum class Kind { exact, wildcard_head, wildcard_tail, regex };  ///< *.x.y / x.* ; .x.y becomes exact + head
  Kind kind = Kind::exact;
  std::string text;  ///< lower case; for wildcards the fixed part with its dot: ".x.y" or "x."
  BoundRegex regex;
};

struct Server {
  std::vector<Listen> listens;
  std::vector<ServerName> names;
  unsigned number = 0;     ///< from 0 in file order
  std::string first_name;  ///< $server_name: the first name as written, or ""
  Bytes client_header_buffer_size = 1 << 10;
  int large_client_header_buffers = 4;
  Bytes large_client_header_buffer_size = 8 << 10;
  milliseconds client_header_timeout = 60s;
  bool merge_slashes = true;
  bool ignore_invalid_headers = true;
  bool underscores_in_headers = false;
  bool http2 = false;
  std::optional<RealIpSettings::Trusted> proxy_protocol_from;  ///< who may send a PROXY header; nothing: everybody
  SslSettings ssl;
  Http2Limits http2_limits;
  std::shared_ptr<Location> root;  ///< Kind::server_root; its children are the server's locations, its rewrite ops
                                   ///< those of the server level
  Where where;
};

// ---- the whole ------------------------------------------------------------------------------------------------------

struct MainSettings {
  std::string user;
  std::string group;
  int worker_processes = 1;  ///< `auto` is resolved from the CPUs allowed (cgroup quota, affinity)
  std::string pid;           ///< absolute path
  bool daemon = true;
  std::vector<ErrorLog> error_logs;
  std::optional<std::uint64_t> worker_rlimit_nofile;
  std::optional<milliseconds> worker_shutdown_timeout;
  std::optional<int> worker_connections;
  std::vector<std::string> env;
  AdminSettings admin;
};

struct Config {
  MainSettings main;
  std::vector<std::shared_ptr<const Server>> servers;  ///< in file order
  std::vector<std::shared_ptr<const Upstream>> upstreams;  ///< explicit and implicit, in order of appearance
  std::vector<std::shared_ptr<CacheZone>> cache_zones;  ///< in order of appearance
  std::vector<std::shared_ptr<const UpstreamTls>> upstream_tls;  ///< by UpstreamTls::number
  ScalingSettings scaling;
  std::vector<UserVariable> variables;                 ///< indexed by VariableRef::slot
  std::vector<std::shared_ptr<const LogFormat>> log_formats;
  std::string prefix;  ///< -p; relative paths start here
  std::string conf_path;
  std::vector<SourceFile> files;
  std::vector<Notice> notices;

  const Upstream* find_upstream(std::string_view name) const;
  std::shared_ptr<CacheZone> find_cache_zone(std::string_view name) const;
};

}  // namespace drishti::conf
