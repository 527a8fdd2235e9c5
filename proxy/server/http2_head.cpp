#include "server/http2_head.hpp"

#include <algorithm>
#include <cstring>

#include "http/authority.hpp"
#include "http/chars.hpp"
#include "http/head_scanner.hpp"
#include "http/hop_by_hop.hpp"
#include "http/tokens.hpp"
#include "server/websocket_key.hpp"

namespace drishti::server {

using http::Field;
using http::FieldId;
using http::Method;
using http::Reject;

namespace {

constexpr std::size_t longest_method = 64;
constexpr std::size_t field_overhead = 4;  // `: ` and CRLF: what the field would take in HTTP/1

/// Lower-case letters, digits and `-`, what nginx calls valid; `_` besides with underscores_in_headers.
bool is_usual(std::string_view name, bool underscores) {
  return std::all_of(name.begin(), name.end(), [underscores](char c) {
    return http::is(http::char_plain_name, c) || (c == '_' && underscores);
  });
}

bool has_upper_case(std::string_view name) {
  return std::any_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// RFC 9113 8.2.1; threat T14.
bool is_value(std::string_view value) {
  const char* const end = value.data() + value.size();
  return http::trim_ows(value).size() == value.size() && http::find_control(value.data(), end) == end;
}

/// RFC 9113 8.2.2; threat T12.
bool is_connection_specific(FieldId id, std::string_view value) {
  switch (id) {
    case FieldId::connection: case FieldId::keep_alive: case FieldId::proxy_connection:
    case FieldId::transfer_encoding: case FieldId::upgrade:
      return true;
    case FieldId::te: return !http::is_word(value, "trailers");
    default: return false;
  }
}

bool same_port(std::string_view a, std::string_view b, std::string_view scheme) {
  const std::string_view usual = scheme == "https" ? "443" : "80";
  return (a.empty() ? usual : a) == (b.empty() ? usual : b);
}

/// The first bytes of `text` in `from` moved on.
char* put(std::string_view text, char* to) { return std::copy(text.begin(), text.end(), to); }

}  // namespace

void Http2Head::start(const http::HeadLimits& limits, http::RequestHead& head, net::Arena& arena) {
  *this = {};
  limits_ = limits;
  head_ = &head;
  arena_ = &arena;
  head.clear();
  head.version = 20;
}

bool Http2Head::fits(std::string_view name, std::string_view value) {
  const std::size_t size = name.size() + value.size() + field_overhead;
  bytes_ += size;
  if (++fields_ > limits_.fields) note(Reject::too_many_fields);
  if (size > limits_.line) note(name == ":path" ? Reject::target_too_long : Reject::field_too_large);
  if (bytes_ > limits_.total) note(Reject::head_too_large);
  return reject_ == Reject::none;
}

void Http2Head::add(std::string_view name, std::string_view value) {
  if (!fits(name, value)) return;
  if (name.starts_with(':')) return add_pseudo(name, value);
  if (!http::is_token(name) || has_upper_case(name)) return note(Reject::bad_field_name);
  if (!is_value(value)) return note(Reject::bad_field_value);
  const FieldId id = http::detail::find_field_id(name);
  if (is_connection_specific(id, value)) return note(Reject::connection_field);
  if (id == FieldId::cookie) return add_cookie(value);
  if (id == FieldId::other && limits_.ignore_invalid && !is_usual(name, limits_.underscores)) return;
  const std::string_view kept = id == FieldId::other ? arena_->copy(name) : http::field_name(id);
  head_->fields.add({kept, arena_->copy(value), id});
}

// Order, repetition and unknown names are the library's to judge (RFC 9113 8.3, threat T17).
void Http2Head::add_pseudo(std::string_view name, std::string_view value) {
  if (!is_value(value)) return note(Reject::bad_field_value);
  const std::string_view kept = arena_->copy(value);
  if (name == ":method") method_ = kept;
  else if (name == ":path") path_ = kept;
  else if (name == ":scheme") scheme_ = kept;
  else if (name == ":authority") authority_ = kept;
  else if (name == ":protocol") protocol_ = kept;
}

// RFC 9113 8.2.3: clients split the field, and whoever is behind us may not know how to put it together.
void Http2Head::add_cookie(std::string_view value) {
  if (cookies_.empty()) {
    cookies_ = arena_->copy(value);
    return;
  }
  char* const joined = arena_->allocate(cookies_.size() + 2 + value.size());
  put(value, put("; ", put(cookies_, joined)));
  cookies_ = {joined, cookies_.size() + 2 + value.size()};
}

Reject Http2Head::finish(bool ends) {
  for (Reject reason : {reject_, check_method(), write_request_line(), check_authority()}) {
    note(reason);
  }
  if (reject_ != Reject::none) return reject_;
  if (!cookies_.empty()) head_->fields.add({"cookie", cookies_, FieldId::cookie});
  note(check_body(ends));
  note(check_expectation(ends));
  if (websocket_ && reject_ == Reject::none) become_upgrade();
  return reject_;
}

Reject Http2Head::check_method() {
  const bool is_method = http::is_token(method_) && method_.size() <= longest_method;
  if (!is_method) return Reject::bad_method;
  head_->method = http::method_of(method_);
  if (head_->method == Method::trace) return Reject::method_not_allowed;
  if (head_->method != Method::connect) return protocol_.empty() ? Reject::none : Reject::bad_method;
  if (protocol_.empty()) return Reject::method_not_allowed;  // threat S39
  if (!http::iequals(protocol_, "websocket")) return Reject::unknown_protocol;
  websocket_ = true;
  return Reject::none;
}

/// `GET /path HTTP/2.0`, of which method and target are parts. Of a refused request, too: the log shows it.
Reject Http2Head::write_request_line() {
  constexpr std::string_view version = " HTTP/2.0";
  const std::string_view method = websocket_ ? "GET" : method_;
  const std::size_t size = method.size() + 1 + path_.size() + version.size();
  char* const line = arena_->allocate(size);
  put(version, put(path_, put(" ", put(method, line))));
  head_->request_line = {line, size};
  head_->method_text = {line, method.size()};
  head_->target = {line + method.size() + 1, path_.size()};
  if (path_.empty() && head_->method == Method::connect) return Reject::none;  // refused as a method
  const char* const end = path_.data() + path_.size();
  const bool is_path = path_.starts_with('/') && http::find_uri_end(path_.data(), end) == end;
  const bool is_asterisk = path_ == "*" && head_->method == Method::options;
  const bool is_scheme = scheme_ == "https" || scheme_ == "http";
  return (is_path || is_asterisk) && is_scheme ? Reject::none : Reject::bad_target;
}

/// RFC 9113 8.3.1; threats H11, H13, T16. One Host field remains, whichever of the two there was.
Reject Http2Head::check_authority() {
  const Field* const host = head_->fields.find(FieldId::host);
  if (head_->fields.repeated(FieldId::host)) return Reject::multiple_hosts;
  if (authority_.empty() && host == nullptr) return Reject::missing_host;
  http::Authority first, second;
  if (!http::parse_authority(authority_.empty() ? host->value : authority_, first)) return Reject::bad_host;
  if (!authority_.empty() && host != nullptr) {
    if (!http::parse_authority(host->value, second)) return Reject::bad_host;
    if (!http::iequals(first.host, second.host) || !same_port(first.port, second.port, scheme_))
      return Reject::host_mismatch;
  }
  head_->host = first.host;
  head_->host_port = first.port;
  if (host == nullptr) head_->fields.add({"host", authority_, FieldId::host});
  return Reject::none;
}

/// A body of unknown length goes on as HTTP/1 would bring it: in chunks.
Reject Http2Head::check_body(bool ends) {
  if (websocket_) return ends ? Reject::bad_method : Reject::none;
  if (const Reject reason = http::parse_framing(head_->fields, 11, head_->body); reason != Reject::none) return reason;
  const bool has_length = head_->body.kind == http::BodyKind::length;
  if (ends) return has_length && head_->body.length > 0 ? Reject::bad_content_length : Reject::none;
  if (!has_length) head_->body = {http::BodyKind::chunked, 0};
  return Reject::none;
}

/// RFC 9110 10.1.1; threat S35.
Reject Http2Head::check_expectation(bool ends) {
  const Field* const expect = head_->fields.find(FieldId::expect);
  if (expect == nullptr) return Reject::none;
  if (head_->fields.repeated(FieldId::expect) || !http::is_word(expect->value, "100-continue"))
    return Reject::unknown_expectation;
  head_->expect_continue = !ends;
  return Reject::none;
}

/// RFC 8441 5: what a request of HTTP/1.1 says that asks for the same.
void Http2Head::become_upgrade() {
  head_->method = Method::get;
  head_->wants_upgrade = true;
  head_->fields.add({"upgrade", "websocket", FieldId::upgrade});
  head_->fields.add({"connection", "upgrade", FieldId::connection});
  head_->fields.add({"sec-websocket-key", arena_->copy(make_websocket_key()), FieldId::other});
}

}  // namespace drishti::server
