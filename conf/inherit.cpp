// How a level takes over from the one around it what it does not write itself.
#include "conf/config.hpp"

namespace drishti::conf {

void CoreSettings::inherit(const CoreSettings& parent) {
  client_max_body_size.inherit(parent.client_max_body_size);
  client_body_buffer_size.inherit(parent.client_body_buffer_size);
  client_body_timeout.inherit(parent.client_body_timeout);
  client_body_temp_path.inherit(parent.client_body_temp_path);
  send_timeout.inherit(parent.send_timeout);
  // One directive writes both.
  if (!keepalive_timeout.is_set) keepalive_header_timeout = parent.keepalive_header_timeout;
  keepalive_timeout.inherit(parent.keepalive_timeout);
  keepalive_requests.inherit(parent.keepalive_requests);
  keepalive_time.inherit(parent.keepalive_time);
  lingering_close.inherit(parent.lingering_close);
  lingering_time.inherit(parent.lingering_time);
  lingering_timeout.inherit(parent.lingering_timeout);
  reset_timedout_connection.inherit(parent.reset_timedout_connection);
  default_type.inherit(parent.default_type);
  types.inherit(parent.types);
  root_template.inherit(parent.root_template);
  index.inherit(parent.index);
  error_pages.inherit(parent.error_pages);
  recursive_error_pages.inherit(parent.recursive_error_pages);
  etag.inherit(parent.etag);
  if_modified_since.inherit(parent.if_modified_since);
  max_ranges.inherit(parent.max_ranges);
  server_tokens.inherit(parent.server_tokens);
  server_name_in_redirect.inherit(parent.server_name_in_redirect);
  port_in_redirect.inherit(parent.port_in_redirect);
  absolute_redirect.inherit(parent.absolute_redirect);
  log_not_found.inherit(parent.log_not_found);
  sendfile.inherit(parent.sendfile);
  tcp_nodelay.inherit(parent.tcp_nodelay);
  chunked_transfer_encoding.inherit(parent.chunked_transfer_encoding);
  msie_padding.inherit(parent.msie_padding);
  limit_rate.inherit(parent.limit_rate);
  limit_rate_after.inherit(parent.limit_rate_after);
  http2_chunk_size.inherit(parent.http2_chunk_size);
  access_logs.inherit(parent.access_logs);
  error_logs.inherit(parent.error_logs);
  resolver.inherit(parent.resolver);
  resolver_timeout.inherit(parent.resolver_timeout);
}

void ProxySettings::inherit(const ProxySettings& parent) {
  set_headers.inherit(parent.set_headers);
  set_body.inherit(parent.set_body);
  method.inherit(parent.method);
  http_version.inherit(parent.http_version);
  pass_request_headers.inherit(parent.pass_request_headers);
  pass_request_body.inherit(parent.pass_request_body);
  pass_trailers.inherit(parent.pass_trailers);
  connect_timeout.inherit(parent.connect_timeout);
  send_timeout.inherit(parent.send_timeout);
  read_timeout.inherit(parent.read_timeout);
  next_upstream.inherit(parent.next_upstream);
  next_upstream_tries.inherit(parent.next_upstream_tries);
  next_upstream_timeout.inherit(parent.next_upstream_timeout);
  buffering.inherit(parent.buffering);
  request_buffering.inherit(parent.request_buffering);
  buffer_size.inherit(parent.buffer_size);
  buffers_number.inherit(parent.buffers_number);
  buffers_size.inherit(parent.buffers_size);
  busy_buffers_size.inherit(parent.busy_buffers_size);
  max_temp_file_size.inherit(parent.max_temp_file_size);
  temp_path.inherit(parent.temp_path);
  limit_rate.inherit(parent.limit_rate);
  redirects.inherit(parent.redirects);
  cookie_domains.inherit(parent.cookie_domains);
  cookie_paths.inherit(parent.cookie_paths);
  cookie_flags.inherit(parent.cookie_flags);
  hide_headers.inherit(parent.hide_headers);
  pass_headers.inherit(parent.pass_headers);
  ignore_headers.inherit(parent.ignore_headers);
  intercept_errors.inherit(parent.intercept_errors);
  ignore_client_abort.inherit(parent.ignore_client_abort);
  bind.inherit(parent.bind);
  socket_keepalive.inherit(parent.socket_keepalive);
  send_proxy_header.inherit(parent.send_proxy_header);
  websocket.inherit(parent.websocket);
  tls.inherit(parent.tls);
}

ProxySettings ProxySettings::grpc_defaults() {
  ProxySettings settings;
  settings.http_version.value = 20;
  settings.buffering.value = false;
  settings.request_buffering.value = false;
  settings.pass_trailers.value = true;
  return settings;
}

void CacheSettings::inherit(const CacheSettings& parent) {
  if (!zone_name.is_set) where = parent.where;
  zone_name.inherit(parent.zone_name);
  if (!key.is_set) key_has_authorization = parent.key_has_authorization;
  key.inherit(parent.key);
  valid.inherit(parent.valid);
  post.inherit(parent.post);
  min_uses.inherit(parent.min_uses);
  bypass.inherit(parent.bypass);
  no_cache.inherit(parent.no_cache);
  use_stale.inherit(parent.use_stale);
  background_update.inherit(parent.background_update);
  lock.inherit(parent.lock);
  lock_timeout.inherit(parent.lock_timeout);
  lock_age.inherit(parent.lock_age);
  revalidate.inherit(parent.revalidate);
  client_control.inherit(parent.client_control);
  convert_head.inherit(parent.convert_head);
  max_range_offset.inherit(parent.max_range_offset);
  purge.inherit(parent.purge);
  format.inherit(parent.format);
  heuristic.inherit(parent.heuristic);
  status_field.inherit(parent.status_field);
}

void SslSettings::inherit(const SslSettings& parent) {
  certificates.inherit(parent.certificates);
  certificate_keys.inherit(parent.certificate_keys);
  password_file.inherit(parent.password_file);
  protocols.inherit(parent.protocols);
  ciphers.inherit(parent.ciphers);
  conf_commands.inherit(parent.conf_commands);
  prefer_server_ciphers.inherit(parent.prefer_server_ciphers);
  ecdh_curve.inherit(parent.ecdh_curve);
  dhparam.inherit(parent.dhparam);
  session_cache.inherit(parent.session_cache);
  session_tickets.inherit(parent.session_tickets);
  session_ticket_keys.inherit(parent.session_ticket_keys);
  session_timeout.inherit(parent.session_timeout);
  buffer_size.inherit(parent.buffer_size);
  early_data.inherit(parent.early_data);
  stapling.inherit(parent.stapling);
  stapling_file.inherit(parent.stapling_file);
  stapling_responder.inherit(parent.stapling_responder);
  trusted_certificate.inherit(parent.trusted_certificate);
  client_certificate.inherit(parent.client_certificate);
  crl.inherit(parent.crl);
  verify_client.inherit(parent.verify_client);
  verify_depth.inherit(parent.verify_depth);
  reject_handshake.inherit(parent.reject_handshake);
  certificate_cache.inherit(parent.certificate_cache);
  certificate_watch.inherit(parent.certificate_watch);
}

}  // namespace drishti::conf
