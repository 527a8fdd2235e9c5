#include "filters/response_headers.hpp"

#include <algorithm>

#include "context/number_text.hpp"
#include "context/variables.hpp"
#include "filters/expires.hpp"
#include "filters/generated_text.hpp"
#include "http/product.hpp"

namespace drishti::filters {
namespace {

using context::RequestContext;
using context::Response;
using http::Field;
using http::FieldId;

/// The statuses that add_header without `always` applies to.
constexpr bool takes_added_headers(int status) {
  switch (status) {
    case 200: case 201: case 204: case 206: case 301: case 302: case 303: case 304: case 307: case 308: return true;
    default: return false;
  }
}

/// Fields of which there is one only: nginx replaces the value, an empty one removes the field.
void replace_field(const conf::AddHeader& header, FieldId id, std::string_view value, Response& response) {
  for (Field& field : response.fields) {
    if (field.id == id) field = Field{};  // without a name it is not written
  }
  if (!value.empty()) response.fields.add({header.name, value, id});
}

void add_header(const conf::AddHeader& header, RequestContext& context) {
  const std::string_view value = context::evaluate(header.value, context);
  if (!is_safe_value(value)) return;
  const FieldId id = http::field_id(header.name);
  if (id == FieldId::last_modified || id == FieldId::etag) {
    replace_field(header, id, value, context.response);
  } else if (!value.empty()) {
    context.response.fields.add({header.name, value, id});
  }
}

/// Written by the head itself, whatever the fields say.
constexpr bool is_framing(FieldId id) {
  switch (id) {
    case FieldId::connection: case FieldId::content_length: case FieldId::keep_alive: case FieldId::transfer_encoding:
      return true;
    default: return false;
  }
}

/// Content-Type has a place of its own before the other fields.
bool writes_type(const Field* content_type, const Response& response) {
  return content_type != nullptr && response.status != 204 &&
         (response.from_upstream || is_safe_value(content_type->value));
}

bool is_written(const Field& field, const Field* content_type, const Response& response) {
  if (&field == content_type || field.name.empty() || is_framing(field.id)) return false;
  return response.from_upstream || is_safe_value(field.value);
}

/// Of HTTP/1's connection, or of the upgrade that an extended CONNECT became (RFC 9113 8.2.2, RFC 8441 5).
bool is_of_connection(const Field& field) {
  if (field.id == FieldId::upgrade || field.id == FieldId::proxy_connection) return true;
  return field.id == FieldId::other && http::iequals(field.name, "sec-websocket-accept");
}

// Grown once and not by each part: every response has a handful of lines.
void append_line(std::string_view name, std::string_view value, std::string& out) {
  const std::size_t begin = out.size();
  out.resize(begin + name.size() + value.size() + 4);
  char* const at = std::copy(name.begin(), name.end(), out.data() + begin);
  at[0] = ':';
  at[1] = ' ';
  char* const end = std::copy(value.begin(), value.end(), at + 2);
  end[0] = '\r';
  end[1] = '\n';
}

void append_status_line(const Response& response, std::string& out) {
  if (response.status == 200 && (response.reason.empty() || response.reason == "OK")) {
    out.append("HTTP/1.1 200 OK\r\n");
    return;
  }
  out.append("HTTP/1.1 ");
  context::append_number(response.status, out);
  out.push_back(' ');
  out.append(response.reason.empty() ? http::reason_phrase(response.status) : response.reason).append("\r\n");
}

void append_server_and_date(const RequestContext& context, std::string_view date, std::string& out) {
  const Response& response = context.response;
  const bool tokens = context.location == nullptr || *context.location->core.server_tokens;
  const std::string_view own = tokens ? http::product_with_version : http::product_name;
  append_line("Server", response.upstream_server.empty() ? own : response.upstream_server, out);
  append_line("Date", response.upstream_date.empty() ? date : response.upstream_date, out);
}

void append_framing(const ClientFraming& framing, Response& response, std::string& out) {
  const bool has_no_length = response.status == 204 || response.status < 200;
  if (framing.chunked) {
    out.append("Transfer-Encoding: chunked\r\n");
    response.transfer_encoding = "chunked";
  } else if (response.content_length && !has_no_length) {
    out.append("Content-Length: ");
    context::append_number(*response.content_length, out);
    out.append("\r\n");
  }
}

void append_keep_alive(std::chrono::milliseconds timeout, std::string& out) {
  out.append("Keep-Alive: timeout=");
  context::append_number(timeout.count() / 1000, out);
  out.append("\r\n");
}

void append_connection(const ClientFraming& framing, RequestContext& context, std::string& out) {
  const auto announced = context.location == nullptr ? std::chrono::milliseconds{0}
                                                     : *context.location->core.keepalive_header_timeout;
  const bool announces = framing.keep_alive && announced.count() >= 1000;
  context.response.connection = framing.upgrade ? "upgrade" : framing.keep_alive ? "keep-alive" : "close";
  // HTTP/1.1 connections persist without saying so (RFC 9112 9.3).
  const bool is_implied = framing.keep_alive && !framing.http10_keep_alive && !announces && !framing.upgrade;
  if (!is_implied) append_line("Connection", context.response.connection, out);
  if (announces) append_keep_alive(announced, out);
}

void append_fields(const Response& response, const Field* written, std::string& out) {
  for (const Field& field : response.fields) {
    if (is_written(field, written, response)) append_line(field.name, field.value, out);
  }
}

}  // namespace

void apply_add_headers(RequestContext& context) {
  if (context.location == nullptr) return;
  const bool applies = takes_added_headers(context.response.status);
  if (applies && context.location->expires->kind != conf::Expires::Kind::off) apply_expires(context);
  for (const conf::AddHeader& header : *context.location->add_headers) {
    if (applies || header.always) add_header(header, context);
  }
}

std::string_view lower_case_name(const Field& field, net::Arena& arena) {
  if (field.id != FieldId::other) return http::field_name(field.id);
  const bool is_lower = std::none_of(field.name.begin(), field.name.end(), [](char c) { return c != http::to_lower(c); });
  if (is_lower) return field.name;
  char* const name = arena.allocate(field.name.size());
  std::transform(field.name.begin(), field.name.end(), name, http::to_lower);
  return {name, field.name.size()};
}

void list_response_fields(std::string_view date, RequestContext& context, std::vector<Field>& out) {
  Response& response = context.response;
  const bool tokens = context.location == nullptr || *context.location->core.server_tokens;
  const std::string_view own = tokens ? http::product_with_version : http::product_name;
  out.push_back({"server", response.upstream_server.empty() ? own : response.upstream_server, FieldId::server});
  out.push_back({"date", response.upstream_date.empty() ? date : response.upstream_date, FieldId::date});
  const Field* const content_type = response.fields.find(FieldId::content_type);
  if (writes_type(content_type, response)) out.push_back({"content-type", content_type->value, FieldId::content_type});
  const bool has_no_length = response.status == 204 || response.status < 200;
  if (response.content_length && !has_no_length) {
    context::NumberBuffer buffer;
    const std::string_view length = context::write_number(*response.content_length, buffer);
    out.push_back({"content-length", context.arena.copy(length), FieldId::content_length});
  }
  for (const Field& field : response.fields) {
    if (!is_written(field, content_type, response) || is_of_connection(field)) continue;
    out.push_back({lower_case_name(field, context.arena), field.value, field.id});
  }
}

void write_response_head(const ClientFraming& framing, std::string_view date, RequestContext& context,
                         std::string& out) {
  Response& response = context.response;
  append_status_line(response, out);
  append_server_and_date(context, date, out);
  const Field* const content_type = response.fields.find(FieldId::content_type);
  if (writes_type(content_type, response)) append_line("Content-Type", content_type->value, out);
  append_framing(framing, response, out);
  append_connection(framing, context, out);
  append_fields(response, content_type, out);
  out.append("\r\n");
}

}  // namespace drishti::filters
