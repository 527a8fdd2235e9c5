#include <algorithm>

#include "http/authority.hpp"
#include "http/head_scanner.hpp"
#include "http/tokens.hpp"

namespace drishti::http {

namespace {

constexpr std::size_t longest_method = 64;

/// 10 or 11, or why not. RFC 9112 2.3: HTTP/1.2 and later are read as 1.1.
Reject parse_version(std::string_view text, int& version) {
  if (text == "HTTP/1.1") [[likely]] {
    version = 11;
    return Reject::none;
  }
  const bool form =
      text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) && text[6] == '.' && is_digit(text[7]);
  if (!form) return text.find(' ') == text.npos ? Reject::bad_version : Reject::bad_request_line;
  if (text[5] > '1') return Reject::version_not_supported;
  if (text[5] == '0') return Reject::bad_version;
  version = text[7] == '0' ? 10 : 11;
  return Reject::none;
}

bool same_port(std::string_view a, std::string_view b, std::uint16_t default_port) {
  const auto number = [default_port](std::string_view text) {
    unsigned value = 0;
    for (const char c : text) value = value * 10 + static_cast<unsigned>(c - '0');
    return text.empty() ? default_port : value;
  };
  return number(a) == number(b);
}

/// Whether an Upgrade field asks for anything but h2c, which is never passed on (S37).
bool asks_for_upgrade(const FieldList& fields) {
  bool wanted = false;
  for (const Field& field : fields) {
    if (field.id != FieldId::upgrade) continue;
    for_each_token(field.value, [&](std::string_view protocol) { wanted |= !is_word(protocol, "h2c"); });
  }
  return wanted;
}

/// Old clients sent a body without saying its length; what follows may be one, so that it is not read as a request (S14).
bool may_hide_body(const RequestHead& head) {
  return head.version == 10 && head.body.kind == BodyKind::none &&
         (head.method == Method::post || head.method == Method::put || head.method == Method::patch);
}

/// Letters, digits, `-` and `_`: what nginx calls a valid name with underscores_in_headers.
bool is_usual_with_underscores(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return is(char_plain_name, c) || c == '_'; });
}

}  // namespace

void RequestParser::start(const HeadLimits& limits, RequestHead& head) {
  limits_ = limits;
  scanner_.start(limits.line, limits.total);
  head_ = &head;
  head.clear();
  base_ = nullptr;
  fields_seen_ = 0;
  target_port_ = 0;
  stage_ = Stage::request_line;
  reject_ = Reject::none;
  started_ = empty_line_seen_ = false;
}

ParseState RequestParser::refuse(Reject reason) {
  reject_ = reason;
  return ParseState::rejected;
}

void RequestParser::move_to(const char* base) {
  if (base_ != nullptr && base_ != base) head_->rebase(base_, scanner_.position(), base);
  base_ = base;
}

ParseState RequestParser::parse(std::string_view buffer) {
  if (reject_ != Reject::none) return ParseState::rejected;
  move_to(buffer.data());
  if (stage_ == Stage::request_line && !parse_first_line(buffer)) {
    return reject_ != Reject::none ? ParseState::rejected : ParseState::need_more;
  }
  while (stage_ == Stage::fields) {
    std::string_view line;
    const LineScanner::Result result = scanner_.next(buffer, Reject::field_too_large, line, reject_);
    if (result == LineScanner::Result::need_more) return ParseState::need_more;
    if (result == LineScanner::Result::rejected) return ParseState::rejected;
    if (line.empty()) stage_ = Stage::finished;
    const Reject reason = line.empty() ? finish() : add_field(line, buffer.data() + buffer.size());
    if (reason != Reject::none) return refuse(reason);
  }
  return ParseState::done;
}

/// False when the request line is not complete, or refused.
bool RequestParser::parse_first_line(std::string_view buffer) {
  if (!buffer.empty() && buffer[0] == 0x16) reject_ = Reject::tls_on_plain_port;
  while (reject_ == Reject::none) {
    const std::size_t begin = scanner_.position();
    if (buffer.size() > begin && buffer[begin] != '\r') started_ = true;
    std::string_view line;
    const LineScanner::Result result = scanner_.next(buffer, Reject::target_too_long, line, reject_);
    if (result == LineScanner::Result::need_more) return false;
    if (result == LineScanner::Result::rejected) break;
    if (!line.empty()) {
      reject_ = parse_request_line(line);
      stage_ = Stage::fields;
      return reject_ == Reject::none;
    }
    // RFC 9112 2.2: one empty line may come before a request; old clients sent it behind a POST.
    if (empty_line_seen_) reject_ = Reject::bad_request_line;
    empty_line_seen_ = true;
  }
  if (reject_ == Reject::bad_field_name || reject_ == Reject::bad_field_value) reject_ = Reject::bad_request_line;
  return false;
}

Reject RequestParser::parse_request_line(std::string_view line) {
  head_->request_line = line;
  const char* const end = line.data() + line.size();
  const std::size_t method_size = static_cast<std::size_t>(
      std::find_if(line.begin(), line.end(), [](char c) { return !is(char_token, c); }) - line.begin());
  if (method_size == line.size()) return Reject::bad_request_line;
  if (method_size == 0 || method_size > longest_method || line[method_size] != ' ') return Reject::bad_method;
  head_->method_text = line.substr(0, method_size);
  head_->method = method_of(head_->method_text);

  const char* const target = line.data() + method_size + 1;
  const char* const target_end = find_uri_end(target, end);
  if (target_end == end) return Reject::bad_version;  // HTTP/0.9
  if (target_end == target || *target_end != ' ') return Reject::bad_target;
  const std::string_view version(target_end + 1, static_cast<std::size_t>(end - target_end - 1));
  if (const Reject reason = parse_version(version, head_->version); reason != Reject::none) {
    return line == "PRI * HTTP/2.0" ? Reject::http2_preface : reason;
  }
  if (head_->method == Method::connect || head_->method == Method::trace) return Reject::method_not_allowed;
  return parse_target({target, static_cast<std::size_t>(target_end - target)});
}

/// RFC 9112 3.2.
Reject RequestParser::parse_target(std::string_view target) {
  head_->target = target;
  if (target[0] == '/') [[likely]]
    return Reject::none;
  if (target == "*") return head_->method == Method::options ? Reject::none : Reject::bad_target;
  return parse_absolute_form(target);
}

Reject RequestParser::parse_absolute_form(std::string_view target) {
  const bool secure = target.size() >= 8 && iequals(target.substr(0, 8), "https://");
  if (!secure && !(target.size() >= 7 && iequals(target.substr(0, 7), "http://"))) return Reject::bad_target;
  const std::string_view rest = target.substr(secure ? 8 : 7);
  const std::size_t authority_size = std::min(rest.find_first_of("/?"), rest.size());
  Authority authority;
  if (!parse_authority(rest.substr(0, authority_size), authority)) return Reject::bad_target;
  target_port_ = secure ? 443 : 80;
  head_->host = authority.host;
  head_->host_port = authority.port;
  head_->target = rest.substr(authority_size);
  return Reject::none;
}

Reject RequestParser::add_field(std::string_view line, const char* readable) {
  if (++fields_seen_ > limits_.fields) return Reject::too_many_fields;
  Field field;
  bool odd_name;
  if (const Reject reason = parse_field_line(line, readable, field, odd_name); reason != Reject::none) return reason;
  const bool drop =
      odd_name && limits_.ignore_invalid && !(limits_.underscores && is_usual_with_underscores(field.name));
  if (!drop) head_->fields.add(field);
  return Reject::none;
}

Reject RequestParser::finish() {
  if (const Reject reason = check_host(); reason != Reject::none) return reason;
  RequestHead& head = *head_;
  if (const Reject reason = parse_framing(head.fields, head.version, head.body); reason != Reject::none) return reason;
  const ConnectionOptions options = parse_connection(head.fields);
  const bool has_body = head.body.kind == BodyKind::chunked || head.body.length > 0;
  const bool upgrade = options.upgrade && asks_for_upgrade(head.fields);
  head.wants_upgrade = upgrade && head.version == 11 && !has_body;
  head.keep_alive = !options.close && !upgrade && !may_hide_body(head) && (head.version == 11 || options.keep_alive);
  if (head.fields.has(FieldId::expect)) {
    if (const Reject reason = check_expectation(); reason != Reject::none) return reason;
    head.expect_continue = has_body && head.version == 11;
  }
  return Reject::none;
}

/// RFC 9112 3.2, threats H11 and H12.
Reject RequestParser::check_host() {
  RequestHead& head = *head_;
  const Field* const field = head.fields.find(FieldId::host);
  if (field == nullptr && head.version == 11) return Reject::missing_host;
  if (head.fields.repeated(FieldId::host)) return Reject::multiple_hosts;
  if (field != nullptr) {
    Authority authority;
    if (!parse_authority(field->value, authority)) return Reject::bad_host;
    if (target_port_ == 0) {
      head.host = authority.host;
      head.host_port = authority.port;
    } else if (!iequals(authority.host, head.host) || !same_port(authority.port, head.host_port, target_port_)) {
      return Reject::host_mismatch;
    }
  }
  if (target_port_ == 0 || head.target.starts_with('/')) return Reject::none;
  // An absolute-form target without a path means "/".
  head.target_storage.assign(1, '/');
  head.target_storage.insert(head.target_storage.end(), head.target.begin(), head.target.end());
  head.target = {head.target_storage.data(), head.target_storage.size()};
  return Reject::none;
}

/// RFC 9110 10.1.1; threat S35.
Reject RequestParser::check_expectation() {
  const bool known =
      !head_->fields.repeated(FieldId::expect) && is_word(head_->fields.get(FieldId::expect), "100-continue");
  return known ? Reject::none : Reject::unknown_expectation;
}

}  // namespace drishti::http
