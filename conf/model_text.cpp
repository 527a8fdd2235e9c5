#include "conf/model_text.hpp"

#include <algorithm>
#include <map>

#include "conf/model_writer.hpp"

namespace drishti::conf {
namespace {

void write(ModelWriter& w, const Map& map) {
  w.line("source", map.source);
  w.line("hostnames", map.hostnames);
  w.line("volatile", map.is_volatile);
  const std::map<std::string, Template> sorted(map.exact.begin(), map.exact.end());
  for (const auto& [key, value] : sorted) w.line("exact " + key, value);
  for (const auto& [key, value] : map.wildcard_head) w.line("*" + key, value);
  for (const auto& [key, value] : map.wildcard_tail) w.line(key + "*", value);
  for (std::size_t i = 0; i < map.regexes.size(); ++i) {
    w.regex({map.regexes[i].first, map.regex_names[i]});
    w.line("value", map.regexes[i].second);
  }
  w.line("default", map.fallback);
}

void write(ModelWriter& w, const StickySettings& sticky) {
  const auto block = w.block("sticky");
  w.line("kind", sticky.kind);
  w.line("cookie", sticky.cookie);
  if (sticky.expires) w.line("expires", milliseconds(*sticky.expires));
  w.line("never_expires", sticky.never_expires);
  w.line("domain", sticky.domain);
  w.line("path", sticky.path);
  w.line("same_site", sticky.same_site);
  w.line("http_only", sticky.http_only);
  w.line("secure", sticky.secure);
  w.line("route", sticky.routes);
  w.line("secret", sticky.secret);
}

void write(ModelWriter& w, const Upstream& upstream) {
  static constexpr const char* methods[] = {"round_robin", "least_conn", "ip_hash", "hash", "random"};
  w.line("implicit", upstream.implicit);
  w.line("method", methods[static_cast<int>(upstream.method)]);
  w.line("hash_key", upstream.hash_key);
  w.line("consistent", upstream.consistent);
  w.line("random_two", upstream.random_two);
  w.line("zone", upstream.zone + " " + std::to_string(upstream.zone_size));
  w.line("keepalive", upstream.keepalive);
  w.line("keepalive_requests", upstream.keepalive_requests);
  w.line("keepalive_time", upstream.keepalive_time);
  w.line("keepalive_timeout", upstream.keepalive_timeout);
  w.line("retry_budget", upstream.retry_budget.is_limited);
  w.line("retry_budget_percent", upstream.retry_budget.percent);
  w.line("retry_budget_least", upstream.retry_budget.least);
  if (upstream.sticky.is_on()) write(w, upstream.sticky);
  for (const auto& server : upstream.servers) {
    const auto block = w.block("server " + server.name);
    w.line("address", server.literal ? server.literal->text() : server.host + ":" + std::to_string(server.port));
    w.line("weight", server.weight);
    w.line("max_fails", server.max_fails);
    w.line("fail_timeout", milliseconds(server.fail_timeout));
    w.line("max_conns", server.max_conns);
    w.line("backup", server.backup);
    w.line("down", server.down);
    w.line("resolve", server.resolve);
    w.line("route", server.route);
  }
}

void write(ModelWriter& w, const MainSettings& main) {
  w.line("user", main.user + " " + main.group);
  w.line("worker_processes", main.worker_processes);
  w.line("pid", main.pid);
  w.line("daemon", main.daemon);
  if (main.worker_rlimit_nofile) w.line("worker_rlimit_nofile", *main.worker_rlimit_nofile);
  if (main.worker_shutdown_timeout) w.line("worker_shutdown_timeout", *main.worker_shutdown_timeout);
  if (main.worker_connections) w.line("worker_connections", *main.worker_connections);
  for (const auto& log : main.error_logs) w.line("error_log", log);
  for (const auto& env : main.env) w.line("env", env);
}

void write(ModelWriter& w, const CacheZone& zone) {
  w.line("path", zone.path);
  w.line("memory", zone.memory);
  w.line("redis_url", zone.redis_url);
  w.line("inactive", zone.inactive);
  w.line("prefix", zone.prefix);
  w.line("timeout", zone.timeout);
  w.line("max_entry", zone.max_entry);
}

void write(ModelWriter& w, const SslSettings& ssl) {
  w.line("certificates", *ssl.certificates);
  w.line("certificate_keys", *ssl.certificate_keys);
  w.line("password_file", ssl.password_file);
  const SslProtocols& versions = *ssl.protocols;
  for (const bool allowed : {versions.v1_0, versions.v1_1, versions.v1_2, versions.v1_3}) w.line("version", allowed);
  w.line("ciphers", ssl.ciphers);
  for (const auto& [name, value] : *ssl.conf_commands) w.line("conf_command " + name, value);
  w.line("prefer_server_ciphers", ssl.prefer_server_ciphers);
  w.line("ecdh_curve", ssl.ecdh_curve);
  w.line("dhparam", ssl.dhparam);
  w.line("session_cache", ssl.session_cache->kind);
  w.line("session_cache_zone", ssl.session_cache->zone);
  w.line("session_cache_size", ssl.session_cache->size);
  w.line("session_tickets", ssl.session_tickets);
  w.line("session_ticket_keys", *ssl.session_ticket_keys);
  w.line("session_timeout", milliseconds(*ssl.session_timeout));
  w.line("buffer_size", ssl.buffer_size);
  w.line("early_data", ssl.early_data);
  w.line("stapling", ssl.stapling);
  w.line("stapling_file", ssl.stapling_file);
  w.line("stapling_responder", ssl.stapling_responder);
  w.line("trusted_certificate", ssl.trusted_certificate);
  w.line("client_certificate", ssl.client_certificate);
  w.line("crl", ssl.crl);
  w.line("verify_client", ssl.verify_client);
  w.line("verify_depth", ssl.verify_depth);
  w.line("reject_handshake", ssl.reject_handshake);
  w.line("certificate_cache_max", ssl.certificate_cache->max);
  w.line("certificate_cache_inactive", milliseconds(ssl.certificate_cache->inactive));
  w.line("certificate_cache_valid", milliseconds(ssl.certificate_cache->valid));
  w.line("certificate_watch", ssl.certificate_watch);
}

void write(ModelWriter& w, const Server& server) {
  for (const auto& listen : server.listens) {
    const auto block = w.block("listen " + listen.address.text());
    w.line("default_server", listen.default_server);
    w.line("ssl", listen.ssl);
    w.line("reuseport", listen.reuseport);
    w.line("ipv6only", listen.ipv6only);
    w.line("backlog", listen.backlog);
    w.line("so_keepalive", listen.so_keepalive);
    w.line("proxy_protocol", listen.proxy_protocol);
    w.line("http2", listen.http2);
  }
  for (const auto& name : server.names) {
    w.line("name", std::to_string(static_cast<int>(name.kind)) + " \"" + name.text + "\"");
    w.regex(name.regex);
  }
  w.line("first_name", server.first_name);
  w.line("client_header_buffer_size", server.client_header_buffer_size);
  w.line("large_client_header_buffers", server.large_client_header_buffers);
  w.line("large_client_header_buffer_size", server.large_client_header_buffer_size);
  w.line("client_header_timeout", server.client_header_timeout);
  w.line("merge_slashes", server.merge_slashes);
  w.line("ignore_invalid_headers", server.ignore_invalid_headers);
  w.line("underscores_in_headers", server.underscores_in_headers);
  if (server.proxy_protocol_from) write_trusted(w, *server.proxy_protocol_from);
  write(w, server.ssl);
  w.line("http2", server.http2);
  w.line("http2_max_concurrent_streams", server.http2_limits.most_streams);
  w.line("http2_body_preread_size", server.http2_limits.body_preread_size);
  write_location(w, *server.root);
}

void write(ModelWriter& w, const ScalingSettings& scaling) {
  w.line("stable_window", scaling.stable_window);
  w.line("panic_window", scaling.panic_window);
  w.line("panic_threshold", scaling.panic_threshold);
  w.line("target_utilization", scaling.target_utilization);
  w.line("scale_in_delay", scaling.scale_in_delay);
  w.line("service_time_window", scaling.service_time_window);
  w.line("capacity_memory", scaling.capacity_memory);
  w.line("min_replicas", scaling.min_replicas);
  w.line("max_replicas", scaling.max_replicas);
  w.line("history_file", scaling.history_file);
  for (std::size_t i = 0; i < scaling.triggers.size(); ++i) {
    const auto block = w.block("trigger " + std::string(trigger_names[i]));
    w.line("is_on", scaling.triggers[i].is_on);
    w.line("threshold", scaling.triggers[i].threshold);
    w.line("duration", scaling.triggers[i].duration);
  }
}

}  // namespace

std::string model_text(const Config& config) {
  ModelWriter w;
  write(w, config.main);
  for (std::size_t i = 0; i < config.variables.size(); ++i) {
    const auto block = w.block("variable " + std::to_string(i) + " $" + config.variables[i].name);
    if (config.variables[i].map) write(w, *config.variables[i].map);
  }
  for (const auto& format : config.log_formats)
    w.line("log_format " + format->name + " " + std::to_string(static_cast<int>(format->escape)), format->format);
  for (const auto& upstream : config.upstreams) {
    const auto block = w.block("upstream " + upstream->name);
    write(w, *upstream);
  }
  for (const auto& zone : config.cache_zones) {
    const auto block = w.block("cache_zone " + zone->name);
    write(w, *zone);
  }
  {
    const auto block = w.block("scaling");
    write(w, config.scaling);
  }
  for (const auto& server : config.servers) {
    const auto block = w.block("server");
    write(w, *server);
  }
  return w.text();
}

}  // namespace drishti::conf
