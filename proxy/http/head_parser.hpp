#pragma once
// Strict parsers for HTTP/1 heads (threat-catalogue S, H, R). One pass, line by line, over a contiguous buffer that may
// grow between calls; nothing is copied. What they accept has exactly one meaning.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/line_scanner.hpp"
#include "http/message.hpp"
#include "http/reject.hpp"

namespace drishti::http {

struct HeadLimits {
  std::size_t line = 8 << 10;    ///< request line, and each field line
  std::size_t total = 32 << 10;  ///< the whole head
  std::size_t fields = 100;
  bool underscores = false;      ///< underscores_in_headers
  bool ignore_invalid = true;    ///< ignore_invalid_headers: names with `_` or `.`-like oddities are dropped, or with
                                 ///< false passed on as nginx does; what attacks use (space, control, empty) is
                                 ///< always refused
};

enum class ParseState : std::uint8_t { need_more, done, rejected };

/// Parses a request head from the start of a growing buffer.
///
///     RequestParser parser;  parser.start(limits, head);
///     while ((state = parser.parse({buffer, size})) == need_more) read more (same bytes first, buffer may move)
///
/// A line and the whole head count with their CRLFs. After `done`, head_size() bytes belong to the head (with leading
/// empty line), the body starts behind them.
class RequestParser {
 public:
  void start(const HeadLimits& limits, RequestHead& head);
  ParseState parse(std::string_view buffer);
  std::size_t head_size() const { return scanner_.position(); }
  Reject reject() const { return reject_; }
  /// True once a byte of the request line was seen (so a timeout is a 408, not an idle close).
  bool started() const { return started_; }

 private:
  enum class Stage : std::uint8_t { request_line, fields, finished };

  ParseState refuse(Reject reason);
  void move_to(const char* base);
  bool parse_first_line(std::string_view buffer);
  Reject parse_request_line(std::string_view line);
  Reject parse_target(std::string_view target);
  Reject parse_absolute_form(std::string_view target);
  Reject add_field(std::string_view line, const char* readable);
  Reject finish();
  Reject check_host();
  Reject check_expectation();

  HeadLimits limits_;
  LineScanner scanner_;
  RequestHead* head_ = nullptr;
  const char* base_ = nullptr;
  std::size_t fields_seen_ = 0;  ///< with those dropped
  std::uint16_t target_port_ = 0;  ///< default port of the scheme of an absolute-form target; 0: other form
  Stage stage_ = Stage::request_line;
  Reject reject_ = Reject::none;
  bool started_ = false;
  bool empty_line_seen_ = false;
};

/// The same for responses. `request_method` decides about the body (HEAD, CONNECT).
/// 1xx heads are reported as done with status 1xx; start() again for the next. `limits.line` and the rules for odd
/// names do not apply: `limits.total` bounds the head (nginx proxy_buffer_size), any token is a name.
class ResponseParser {
 public:
  void start(const HeadLimits& limits, Method request_method, ResponseHead& head);
  ParseState parse(std::string_view buffer);
  std::size_t head_size() const { return scanner_.position(); }
  Reject reject() const { return reject_; }

 private:
  ParseState refuse(Reject reason);
  void move_to(const char* base);
  Reject parse_status_line(std::string_view line);
  Reject add_field(std::string_view line, const char* readable);
  Reject finish();

  HeadLimits limits_;
  LineScanner scanner_;
  ResponseHead* head_ = nullptr;
  const char* base_ = nullptr;
  std::size_t fields_seen_ = 0;
  Method method_ = Method::get;
  Reject reject_ = Reject::none;
  bool status_line_seen_ = false;
  bool finished_ = false;
};

}  // namespace drishti::http
