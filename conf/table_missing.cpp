// Directives of nginx and its usual modules that drishti does not have yet. Each is an error that names it, because a
// configuration that relies on it would do something else without it.
#include "conf/directive_table.hpp"

namespace drishti::conf {

std::span<const std::string_view> missing_directives() {
  static constexpr std::string_view names[] = {
      // TLS and other protocols
      "ssl", "ssl_*", "proxy_ssl_*", "http2", "http2_*", "http3", "http3_*", "quic_*", "stream", "mail", "proxy_protocol",
      "real_ip_header", "real_ip_recursive", "set_real_ip_from",
      // Compression and changes to bodies
      "gzip", "gzip_*", "gunzip", "gunzip_*", "postpone_gzipping", "brotli", "brotli_*", "zstd", "zstd_*", "sub_filter",
      "sub_filter_*", "ssi", "ssi_*", "add_before_body", "add_after_body", "addition_types", "charset", "charset_map",
      "charset_types", "override_charset", "source_charset", "image_filter", "image_filter_*", "xml_entities",
      "xslt_*", "slice",
      // Access and limits
      "allow", "deny", "satisfy", "auth_basic", "auth_basic_user_file", "auth_delay", "auth_request",
      "auth_request_set", "auth_jwt", "auth_jwt_*", "limit_req", "limit_req_*", "limit_conn", "limit_conn_*",
      "limit_except", "limit_zone", "valid_referers", "referer_hash_*", "secure_link", "secure_link_*", "userid",
      "userid_*", "max_headers", "disable_symlinks",
      // Headers, variables, content
      "expires", "add_trailer", "add_header_inherit", "add_trailer_inherit", "early_hints", "split_clients", "geo",
      "geoip_*", "perl", "perl_*", "js_*", "autoindex", "autoindex_*", "random_index", "empty_gif", "flv", "mp4",
      "mp4_*", "hls", "hls_*", "f4f", "f4f_*", "dav_*", "create_full_put_path", "min_delete_depth", "stub_status",
      "browser", "ancient_browser", "ancient_browser_value", "modern_browser", "modern_browser_value", "mirror",
      "mirror_request_body", "post_action", "client_body_in_file_only", "auth_http*", "api", "status", "status_*",
      "echo", "echo_*", "more_set_headers", "more_clear_headers", "more_set_input_headers",
      "more_clear_input_headers", "set_escape_uri", "lua_*", "access_by_lua*", "content_by_lua*", "header_filter_by_lua*",
      "init_by_lua*", "init_worker_by_lua*", "rewrite_by_lua*", "set_by_lua*", "log_by_lua*", "body_filter_by_lua*",
      "balancer_by_lua*", "vhost_traffic_status*", "modsecurity*", "opentracing*", "otel_*", "passenger*",
      // Proxying
      "proxy_cache", "proxy_cache_*", "proxy_no_cache", "proxy_store", "proxy_store_access", "proxy_cookie_flags",
      "proxy_pass_trailers", "proxy_allow_upstream",
      "fastcgi_*", "scgi_*", "uwsgi_*", "grpc_*", "memcached_*", "tunnel_*",
      // Upstream groups
      "least_time", "sticky", "sticky_cookie_insert", "queue", "state", "slow_start", "health_check", "match",
      "keyval", "keyval_zone", "zone_sync*", "check", "check_*", "fair", "session_log",
      "session_log_*", "ntlm", "mgmt", "internal_redirect",
  };
  return names;
}

}  // namespace drishti::conf
