#include "http/head_scanner.hpp"
#include "http/tokens.hpp"

namespace drishti::http {

namespace {

/// `timeout=5` of Keep-Alive, seconds; 0 when it is not there or no number.
std::uint32_t keep_alive_timeout(std::string_view value) {
  std::uint32_t seconds = 0;
  for_each_element(value, [&](std::string_view element) {
    constexpr std::string_view name = "timeout=";
    if (element.size() <= name.size() || !iequals(element.substr(0, name.size()), name)) return true;
    const std::optional<std::uint64_t> number = parse_content_length(element.substr(name.size()));
    if (number) seconds = static_cast<std::uint32_t>(std::min<std::uint64_t>(*number, UINT32_MAX));
    return false;
  });
  return seconds;
}

/// RFC 9112 6.3, rules 1 and 2.
bool has_no_body(Method method, int status) {
  return status < 200 || status == 204 || status == 304 || method == Method::head ||
         (method == Method::connect && status < 300);
}

}  // namespace

void ResponseParser::start(const HeadLimits& limits, Method request_method, ResponseHead& head) {
  limits_ = limits;
  scanner_.start(limits.total, limits.total);
  head_ = &head;
  head.clear();
  base_ = nullptr;
  fields_seen_ = 0;
  method_ = request_method;
  reject_ = Reject::none;
  status_line_seen_ = finished_ = false;
}

ParseState ResponseParser::refuse(Reject reason) {
  reject_ = reason;
  return ParseState::rejected;
}

void ResponseParser::move_to(const char* base) {
  if (base_ != nullptr && base_ != base) head_->rebase(base_, scanner_.position(), base);
  base_ = base;
}

ParseState ResponseParser::parse(std::string_view buffer) {
  if (reject_ != Reject::none) return ParseState::rejected;
  move_to(buffer.data());
  // Said before the line is complete: a TLS alert or a banner may never end in CRLF (R10).
  constexpr std::string_view protocol = "HTTP/1.";
  if (!status_line_seen_ && !protocol.starts_with(buffer.substr(0, protocol.size())))
    return refuse(Reject::bad_status_line);
  while (!finished_) {
    std::string_view line;
    const LineScanner::Result result = scanner_.next(buffer, Reject::head_too_large, line, reject_);
    if (result == LineScanner::Result::need_more) return ParseState::need_more;
    if (result == LineScanner::Result::rejected) {
      const bool control = reject_ == Reject::bad_field_name || reject_ == Reject::bad_field_value;
      return refuse(control && !status_line_seen_ ? Reject::bad_status_line : reject_);
    }
    Reject reason;
    if (!status_line_seen_) {
      reason = parse_status_line(line);
      status_line_seen_ = true;
    } else {
      finished_ = line.empty();
      reason = finished_ ? finish() : add_field(line, buffer.data() + buffer.size());
    }
    if (reason != Reject::none) return refuse(reason);
  }
  return ParseState::done;
}

/// RFC 9112 4; a missing reason with its space is accepted as servers send it.
Reject ResponseParser::parse_status_line(std::string_view line) {
  constexpr std::size_t status_at = 9;
  const bool form = line.size() >= 12 && line.starts_with("HTTP/1.") && is_digit(line[7]) && line[8] == ' ' &&
                    is_digit(line[9]) && is_digit(line[10]) && is_digit(line[11]) &&
                    (line.size() == 12 || line[12] == ' ');
  if (!form) return Reject::bad_status_line;
  head_->version = line[7] == '0' ? 10 : 11;
  int status = 0;
  for (const char c : line.substr(status_at, 3)) status = status * 10 + (c - '0');
  if (status < 100 || status > 599) return Reject::bad_status_line;
  head_->status = status;
  head_->reason = line.substr(std::min<std::size_t>(line.size(), 13));
  return Reject::none;
}

Reject ResponseParser::add_field(std::string_view line, const char* readable) {
  if (++fields_seen_ > limits_.fields) return Reject::too_many_fields;
  Field field;
  bool odd_name;  // of no interest: clients get what the upstream named
  const Reject reason = parse_field_line(line, readable, field, odd_name);
  if (reason == Reject::none) head_->fields.add(field);
  return reason;
}

Reject ResponseParser::finish() {
  ResponseHead& head = *head_;
  if (const Reject reason = parse_framing(head.fields, head.version, head.body); reason != Reject::none) {
    // R04: what an upstream says about its framing is understood, or the answer is not used.
    return reason == Reject::bad_transfer_encoding ? Reject::unknown_transfer_encoding : reason;
  }
  if (has_no_body(method_, head.status))
    head.body = {};
  else if (head.body.kind == BodyKind::none)
    head.body = {BodyKind::until_close, 0};
  const ConnectionOptions options = parse_connection(head.fields);
  head.keep_alive = !options.close && (head.version == 11 || options.keep_alive) &&
                    head.body.kind != BodyKind::until_close && head.status != 101;
  if (const Field* field = head.fields.find(FieldId::keep_alive))
    head.keep_alive_timeout_seconds = keep_alive_timeout(field->value);
  return Reject::none;
}

}  // namespace drishti::http
