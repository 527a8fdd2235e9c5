#include "conf/model_writer.hpp"

namespace drishti::conf {
namespace {

void write_types(ModelWriter& w, const TypeMap& types) {
  const std::map<std::string, std::string> sorted(types.begin(), types.end());
  for (const auto& [extension, type] : sorted) w.line("type ." + extension, type);
}

void write(ModelWriter& w, const AccessLog& log) {
  const auto block = w.block("access_log " + log.path);
  w.line("format", log.format->name);
  w.line("if", log.condition);
  w.line("buffer", log.buffer);
  w.line("flush", log.flush);
}

void write(ModelWriter& w, const ErrorPage& page) {
  const auto block = w.block("error_page");
  w.line("code", page.codes);
  w.line("new_status", page.new_status);
  w.line("uri", page.uri);
}

void write(ModelWriter& w, const Resolver& resolver) {
  const auto block = w.block("resolver");
  for (const auto& server : resolver.servers) w.line("server", server.text());
  w.line("valid", resolver.valid);
  w.line("ipv4", resolver.ipv4);
  w.line("ipv6", resolver.ipv6);
}

void write(ModelWriter& w, const CoreSettings& core) {
  w.line("client_max_body_size", core.client_max_body_size);
  w.line("client_body_buffer_size", core.client_body_buffer_size);
  w.line("client_body_timeout", core.client_body_timeout);
  w.line("client_body_temp_path", core.client_body_temp_path);
  w.line("send_timeout", core.send_timeout);
  w.line("keepalive_timeout", core.keepalive_timeout);
  w.line("keepalive_header_timeout", core.keepalive_header_timeout);
  w.line("keepalive_requests", core.keepalive_requests);
  w.line("keepalive_time", core.keepalive_time);
  w.line("lingering_close", core.lingering_close);
  w.line("lingering_time", core.lingering_time);
  w.line("lingering_timeout", core.lingering_timeout);
  w.line("reset_timedout_connection", core.reset_timedout_connection);
  w.line("default_type", core.default_type);
  write_types(w, **core.types);
  w.line("root_template", core.root_template);
  w.line("index", core.index);
  for (const auto& page : *core.error_pages) write(w, page);
  w.line("recursive_error_pages", core.recursive_error_pages);
  w.line("etag", core.etag);
  w.line("if_modified_since", core.if_modified_since);
  w.line("max_ranges", core.max_ranges);
  w.line("server_tokens", core.server_tokens);
  w.line("server_name_in_redirect", core.server_name_in_redirect);
  w.line("port_in_redirect", core.port_in_redirect);
  w.line("absolute_redirect", core.absolute_redirect);
  w.line("log_not_found", core.log_not_found);
  w.line("sendfile", core.sendfile);
  w.line("tcp_nodelay", core.tcp_nodelay);
  w.line("chunked_transfer_encoding", core.chunked_transfer_encoding);
  w.line("msie_padding", core.msie_padding);
  w.line("limit_rate", core.limit_rate);
  w.line("limit_rate_after", core.limit_rate_after);
  w.line("http2_chunk_size", core.http2_chunk_size);
  for (const auto& log : *core.access_logs) write(w, log);
  w.line("error_log", core.error_logs);
  write(w, *core.resolver);
  w.line("resolver_timeout", core.resolver_timeout);
}

void write(ModelWriter& w, std::string_view name, const std::vector<CookieRewrite>& rewrites) {
  for (const auto& rewrite : rewrites) {
    const auto block = w.block(name);
    if (rewrite.regex) w.regex(*rewrite.regex);
    w.line("from", rewrite.from);
    w.line("to", rewrite.to);
  }
}

void write(ModelWriter& w, const std::vector<CookieFlags>& rules) {
  for (const auto& rule : rules) {
    const auto block = w.block("cookie_flags");
    if (rule.regex) w.regex(*rule.regex);
    w.line("name", rule.name);
    w.line("flag", rule.flags);
  }
}

void write(ModelWriter& w, const Expires& expires) {
  const auto block = w.block("expires");
  w.line("kind", expires.kind);
  w.line("time", milliseconds(expires.time));
  w.line("variable", expires.variable);
}

void write(ModelWriter& w, const std::vector<ProxyRedirect>& redirects) {
  for (const auto& redirect : redirects) {
    const auto block = w.block("redirect");
    w.line("default", redirect.is_default);
    if (redirect.regex) w.regex(*redirect.regex);
    w.line("from", redirect.from);
    w.line("to", redirect.to);
  }
}

void write(ModelWriter& w, const FailureWords& words) {
  w.line("error", words.error);
  w.line("timeout", words.timeout);
  w.line("invalid_header", words.invalid_header);
  w.line("off", words.off);
  for (const int status : {403, 404, 429, 500, 502, 503, 504})
    w.line("http_" + std::to_string(status), words.lists_status(status));
}

void write(ModelWriter& w, const NextUpstream& next) {
  const auto block = w.block("next_upstream");
  write(w, static_cast<const FailureWords&>(next));
  w.line("non_idempotent", next.non_idempotent);
}

void write(ModelWriter& w, const IgnoreHeaders& ignore) {
  const auto block = w.block("ignore_headers");
  w.line("redirect", ignore.redirect);
  w.line("limit_rate", ignore.limit_rate);
  w.line("accel_expires", ignore.accel_expires);
  w.line("expires", ignore.expires);
  w.line("cache_control", ignore.cache_control);
  w.line("set_cookie", ignore.set_cookie);
  w.line("buffering", ignore.buffering);
  w.line("charset", ignore.charset);
  w.line("vary", ignore.vary);
}

void write(ModelWriter& w, const UpstreamTlsSettings& tls) {
  const auto block = w.block("tls");
  w.line("certificate", tls.certificate);
  w.line("certificate_key", tls.certificate_key);
  w.line("password_file", tls.password_file);
  w.line("ciphers", tls.ciphers);
  for (const auto& [name, value] : *tls.conf_commands) w.line("conf_command " + name, value);
  w.line("crl", tls.crl);
  w.line("name", tls.name);
  w.line("tls10", tls.protocols->tls10);
  w.line("tls11", tls.protocols->tls11);
  w.line("tls12", tls.protocols->tls12);
  w.line("tls13", tls.protocols->tls13);
  w.line("server_name", tls.server_name);
  w.line("session_reuse", tls.session_reuse);
  w.line("trusted_certificate", tls.trusted_certificate);
  w.line("verify", tls.verify);
  w.line("verify_depth", tls.verify_depth);
}

void write(ModelWriter& w, const ProxySettings& proxy) {
  for (const auto& header : *proxy.set_headers) w.line("set_header " + header.name, header.value);
  w.line("set_body", proxy.set_body);
  w.line("method", proxy.method);
  w.line("http_version", proxy.http_version);
  w.line("pass_request_headers", proxy.pass_request_headers);
  w.line("pass_request_body", proxy.pass_request_body);
  w.line("pass_trailers", proxy.pass_trailers);
  w.line("connect_timeout", proxy.connect_timeout);
  w.line("send_timeout", proxy.send_timeout);
  w.line("read_timeout", proxy.read_timeout);
  write(w, *proxy.next_upstream);
  w.line("next_upstream_tries", proxy.next_upstream_tries);
  w.line("next_upstream_timeout", proxy.next_upstream_timeout);
  w.line("buffering", proxy.buffering);
  w.line("request_buffering", proxy.request_buffering);
  w.line("buffer_size", proxy.buffer_size);
  w.line("buffers_number", proxy.buffers_number);
  w.line("buffers_size", proxy.buffers_size);
  w.line("busy_buffers_size", proxy.busy_buffers_size);
  w.line("max_temp_file_size", proxy.max_temp_file_size);
  w.line("temp_path", proxy.temp_path);
  w.line("limit_rate", proxy.limit_rate);
  w.line("redirects_are_set", proxy.redirects.is_set);
  write(w, *proxy.redirects);
  write(w, "cookie_domain", *proxy.cookie_domains);
  write(w, "cookie_path", *proxy.cookie_paths);
  write(w, *proxy.cookie_flags);
  w.line("hide_header", proxy.hide_headers);
  w.line("pass_header", proxy.pass_headers);
  write(w, *proxy.ignore_headers);
  w.line("intercept_errors", proxy.intercept_errors);
  w.line("ignore_client_abort", proxy.ignore_client_abort);
  w.line("bind", proxy.bind);
  w.line("socket_keepalive", proxy.socket_keepalive);
  w.line("send_proxy_header", *proxy.send_proxy_header);
  w.line("websocket", proxy.websocket);
  write(w, proxy.tls);
}

void write(ModelWriter& w, const RealIpSettings& real_ip) {
  const auto block = w.block("real_ip");
  write_trusted(w, *real_ip.from);
  w.line("source", real_ip.header->source);
  w.line("name", real_ip.header->name);
  w.line("recursive", real_ip.recursive);
}

void write(ModelWriter& w, const UseStale& stale) {
  const auto block = w.block("use_stale");
  write(w, static_cast<const FailureWords&>(stale));
  w.line("updating", stale.updating);
}

void write(ModelWriter& w, const CachePurge& purge) {
  const auto block = w.block("purge");
  w.line("condition", purge.conditions);
  w.line("method", purge.method);
  w.line("allowed", static_cast<int>(purge.allowed.size()));
  w.line("allows_all", purge.allows_all);
}

void write(ModelWriter& w, const CacheSettings& cache) {
  const auto block = w.block("cache");
  w.line("zone", *cache.zone_name);
  w.line("key", *cache.key);
  for (const auto& valid : *cache.valid) w.line("valid " + std::to_string(valid.status), milliseconds(valid.time));
  w.line("post", cache.post);
  w.line("min_uses", cache.min_uses);
  w.line("bypass", cache.bypass);
  w.line("no_cache", cache.no_cache);
  write(w, *cache.use_stale);
  w.line("background_update", cache.background_update);
  w.line("lock", cache.lock);
  w.line("lock_timeout", cache.lock_timeout);
  w.line("lock_age", cache.lock_age);
  w.line("revalidate", cache.revalidate);
  w.line("client_control", cache.client_control);
  w.line("convert_head", cache.convert_head);
  w.line("max_range_offset", cache.max_range_offset);
  write(w, *cache.purge);
  w.line("format", cache.format);
  w.line("heuristic", cache.heuristic);
  w.line("status_field", cache.status_field);
}

void write_coding(ModelWriter& w, std::string_view name, const CodingSettings& coding) {
  const auto block = w.block(name);
  w.line("on", coding.on);
  w.line("level", coding.level);
  w.line("min_length", coding.min_length);
  w.line("all_types", (*coding.types)->has_all);
  w.line("type", (*coding.types)->names);
  w.line("precompressed", coding.precompressed);
}

void write(ModelWriter& w, const GzipProxied& proxied) {
  const auto block = w.block("gzip_proxied");
  w.line("off", proxied.off);
  w.line("any", proxied.any);
  w.line("auth", proxied.auth);
  w.line("expired", proxied.expired);
  w.line("no_cache", proxied.no_cache);
  w.line("no_store", proxied.no_store);
  w.line("private", proxied.is_private);
  w.line("no_last_modified", proxied.no_last_modified);
  w.line("no_etag", proxied.no_etag);
}

void write(ModelWriter& w, const CompressionSettings& compression) {
  const auto block = w.block("compression");
  write_coding(w, "gzip", compression.gzip);
  write_coding(w, "brotli", compression.brotli);
  write_coding(w, "zstd", compression.zstd);
  w.line("brotli_window", compression.brotli_window);
  w.line("gzip_http_version", compression.gzip_http_version);
  w.line("vary", compression.says_vary());
  write(w, *compression.gzip_proxied);
  w.line("gzip_disable_msie6", compression.gzip_disable->msie6);
  for (const auto& regex : compression.gzip_disable->user_agents) w.line("gzip_disable", regex.pattern());
  w.line("gunzip", compression.gunzip);
  w.line("gunzip_max_size", compression.gunzip_max_size);
  w.line("gunzip_max_ratio", compression.gunzip_max_ratio);
}

void write(ModelWriter& w, const std::vector<RewriteOp>& ops);

void write(ModelWriter& w, const RewriteRule& rule) {
  const auto block = w.block("rewrite");
  w.regex(rule.regex);
  w.line("replacement", rule.replacement);
  w.line("drop_args", rule.drop_args);
  w.line("flag", rule.flag);
}
void write(ModelWriter& w, const ReturnOp& op) {
  const auto block = w.block("return " + std::to_string(op.status));
  w.line("text", op.text);
}
void write(ModelWriter& w, const SetOp& op) {
  w.line("set " + std::to_string(static_cast<int>(op.variable.id)) + "/" + std::to_string(op.variable.slot), op.value);
}
void write(ModelWriter& w, const BreakOp&) { w.line("break", true); }
void write(ModelWriter& w, const IfOp& op) {
  const auto block = w.block("if");
  w.line("op", op.condition.op);
  w.line("case_insensitive", op.condition.case_insensitive);
  w.line("left", op.condition.left);
  w.line("right", op.condition.right);
  w.regex(op.condition.regex);
  write(w, op.then);
  if (op.location) write_location(w, *op.location);
}

void write(ModelWriter& w, const std::vector<RewriteOp>& ops) {
  for (const auto& op : ops) std::visit([&](const auto& one) { write(w, one); }, op.op);
}

void write(ModelWriter& w, const ProxyPass& pass) {
  const auto block = w.block(pass.is_grpc ? "grpc_pass" : "proxy_pass");
  w.line("url", pass.url);
  w.line("has_variables", pass.has_variables);
  w.line("is_tls", pass.is_tls);
  w.line("upstream", pass.upstream ? pass.upstream->name : "");
  w.line("proxy_host", pass.proxy_host);
  w.line("proxy_port", pass.proxy_port);
  w.line("uri", pass.uri);
}

void write(ModelWriter& w, const TryFiles& files) {
  const auto block = w.block("try_files");
  w.line("candidate", files.candidates);
  w.line("fallback", files.fallback);
  w.line("status", files.status);
}

}  // namespace

void ModelWriter::regex(const BoundRegex& bound) {
  if (!bound.regex) return;
  line("regex", (bound.regex.case_insensitive() ? "~*" : "~") + bound.regex.pattern());
  for (const auto& name : bound.names) line("capture", std::to_string(name.group) + " -> " + std::to_string(name.slot));
}

void ModelWriter::line(std::string_view name, const Template& value) {
  std::string text;
  for (const auto& part : value.parts) {
    if (!part.is_variable) {
      text += "\"" + part.literal + "\"";
      continue;
    }
    const auto& variable = part.variable;
    text +=
        "$" + std::to_string(static_cast<int>(variable.id)) + "/" + std::to_string(variable.slot) + "/" + variable.name;
  }
  put(name, text.empty() ? "\"\"" : text);
}

void write_trusted(ModelWriter& w, const RealIpSettings::Trusted& trusted) {
  for (const AddressRange& range : trusted.ranges) w.line("trusted", range.text());
  w.line("trusts_unix", trusted.unix_sockets);
}

void write_location(ModelWriter& w, const Location& location) {
  static constexpr const char* kinds[] = {"server_root", "exact", "prefix",  "prefix_final",
                                          "regex",       "named", "if_block"};
  const auto block = w.block(std::string(kinds[static_cast<int>(location.kind)]) + " " + location.pattern);
  w.regex(location.regex);
  w.line("internal", location.internal);
  w.line("auto_redirect", location.auto_redirect);
  w.line("has_alias", location.has_alias);
  w.line("alias_prefix", location.alias_prefix);
  write(w, location.rewrite);
  if (location.proxy_pass) write(w, *location.proxy_pass);
  w.line("status_page", location.status_page);
  if (location.try_files) write(w, *location.try_files);
  write(w, location.core);
  write(w, location.proxy);
  write(w, location.cache);
  if (!location.real_ip.from->empty()) write(w, location.real_ip);
  write(w, location.compression);
  for (const auto& header : *location.add_headers)
    w.line("add_header " + header.name + (header.always ? " always" : ""), header.value);
  write(w, *location.expires);
  for (const auto& child : location.children) write_location(w, *child);
}

}  // namespace drishti::conf
