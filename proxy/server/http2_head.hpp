#pragma once
// From the decoded fields of a request of HTTP/2 to http::RequestHead, by the rules that HTTP/1 goes by, too (RFC 9113 8,
// RFC 8441, threats T04, T06, T12 to T17, T23). Everything is copied into the request's arena.

#include <cstddef>
#include <string_view>

#include "http/head_parser.hpp"
#include "http/message.hpp"
#include "net/arena.hpp"

namespace drishti::server {

class Http2Head {
 public:
  void start(const http::HeadLimits& limits, http::RequestHead& head, net::Arena& arena);
  /// The next field. Beyond the limits fields are counted and forgotten.
  void add(std::string_view name, std::string_view value);
  /// A field with bytes that no field may have.
  void refuse(http::Reject reason) { note(reason); }
  /// Behind the last field. ENDS: there is no body. Reject::none: the head is complete.
  http::Reject finish(bool ends);

  /// Asks for WebSocket by an extended CONNECT; `head` looks like the request of HTTP/1 that means the same.
  bool is_websocket() const { return websocket_; }
  std::size_t fields() const { return fields_; }
  std::size_t bytes() const { return bytes_; }
  const http::HeadLimits& limits() const { return limits_; }

 private:
  void note(http::Reject reason) {
    if (reject_ == http::Reject::none) reject_ = reason;
  }
  bool fits(std::string_view name, std::string_view value);
  void add_pseudo(std::string_view name, std::string_view value);
  void add_cookie(std::string_view value);
  http::Reject write_request_line();
  http::Reject check_method();
  http::Reject check_authority();
  http::Reject check_body(bool ends);
  http::Reject check_expectation(bool ends);
  void become_upgrade();

  http::HeadLimits limits_;
  http::RequestHead* head_ = nullptr;
  net::Arena* arena_ = nullptr;
  http::Reject reject_ = http::Reject::none;
  std::size_t fields_ = 0, bytes_ = 0;
  std::string_view method_, path_, scheme_, authority_, protocol_;
  std::string_view cookies_;      ///< all crumbs as one field
  bool websocket_ = false;
};

}  // namespace drishti::server
