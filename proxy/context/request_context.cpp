#include "context/request_context.hpp"

#include "context/escape.hpp"
#include "context/scratch.hpp"

namespace drishti::context {
namespace {

void append_quoted(std::string_view label, std::string_view value, std::string& out) {
  if (value.empty()) return;
  out.append(label).append("\"");
  append_log_escaped(value, out);
  out.push_back('"');
}

void append_tail(const RequestContext& context, std::string_view upstream_url, std::string& out) {
  if (context.connection != nullptr) out.append(", client: ").append(context.remote_text());
  if (context.server != nullptr) out.append(", server: ").append(context.server->first_name);
  append_quoted(", request: ", context.head.request_line, out);
  append_quoted(", upstream: ", upstream_url, out);
  append_quoted(", host: ", context.head.fields.get(http::FieldId::host), out);
  append_quoted(", referrer: ", context.head.fields.get(http::FieldId::referer), out);
}

}  // namespace

void Response::reset() {
  status = 0;
  reason = {};
  fields.clear();
  content_length.reset();
  from_upstream = false;
  upstream_date = upstream_server = {};
  coded = {};
  keep_fields = false;
  connection = transfer_encoding = {};
}

void RequestContext::log_error(conf::LogLevel level, std::string_view message, std::string_view upstream_url) {
  if (error_log == nullptr || !error_log->enabled(level)) return;
  Scratch line(*this);
  line.text.append(message);
  append_tail(*this, upstream_url, line.text);
  const std::uint64_t id = connection == nullptr ? 0 : connection->id;
  if (location == nullptr) return error_log->write(level, id, line.text);
  error_log->write_to(*location->core.error_logs, level, id, line.text);
}

void RequestContext::reset() {
  server = nullptr;
  location = nullptr;
  started_at = {};
  real_remote.reset();
  real_remote_text = {};
  request_number = 0;
  head.clear();
  method = http::Method::get;
  method_text = host = uri = args = {};
  raw_target_valid = location_prefix_valid = true;
  is_internal = false;
  internal_redirects = uri_changes = 0;
  captures.count = 0;
  captures_subject = {};
  user_variables.clear();
  request_id = {};
  pipelined = is_early = false;
  request_length = 0;
  body_in_memory = {};
  body_file.clear();
  gathered_length.reset();
  attempts.clear();
  upstream_head = nullptr;
  proxy_host = proxy_port = cache_status = {};
  cache_counters = nullptr;
  response.reset();
  bytes_sent = body_bytes_sent = 0;
  completed = false;
  limit_rate.reset();
  error_status = 0;
  error_page_active = false;
  arena.reset();  // last: everything above may view into it
}

}  // namespace drishti::context
