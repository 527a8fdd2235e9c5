#include "admin/connection.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "http/body_decoder.hpp"
#include "http/date.hpp"
#include "http/uri.hpp"

namespace drishti::admin {

using net::milliseconds;

namespace {

constexpr std::size_t most_body = 64 << 10;
constexpr int most_requests = 1000;
constexpr milliseconds idle_timeout{30'000};
constexpr milliseconds request_timeout{10'000};  // of a whole request, however it comes (threats X01, X02)
constexpr milliseconds send_timeout{10'000};
constexpr milliseconds linger_timeout{2'000};

http::HeadLimits head_limits() {
  http::HeadLimits limits;
  limits.line = 8 << 10;
  limits.total = 16 << 10;
  limits.fields = 64;
  return limits;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return result;
}

std::string field(const http::RequestHead& head, std::string_view name) {
  const http::Field* found = head.fields.find(name);
  return found == nullptr ? std::string() : std::string(found->value);
}

/// False for a path that has no one meaning.
bool read_path(std::string_view target, std::string& path) {
  std::string scratch(target.size(), '\0');
  http::NormalizedTarget normal;
  if (http::normalize_target(target, false, scratch.data(), normal) != http::UriError::none) return false;
  path.assign(normal.path);
  return true;
}

bool fill(const http::RequestHead& head, Request& request) {
  request.method = head.method;
  request.host = lower(head.host);
  request.host_port = head.host_port;
  request.has_origin = head.fields.find("origin") != nullptr;
  request.origin = field(head, "origin");
  request.fetch_site = lower(field(head, "sec-fetch-site"));
  request.authorization = field(head, "authorization");
  request.content_type = field(head, "content-type");
  request.accept = field(head, "accept");
  request.keep_alive = head.keep_alive;
  return read_path(head.target, request.path);
}

std::string head_text(const Response& response, bool keep_alive) {
  std::array<char, http::http_date_size> date{};
  http::write_http_date(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()), date.data());
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + " " +
                     std::string(http::reason_phrase(response.status)) + "\r\nServer: drishti\r\nDate: ";
  text.append(date.data(), date.size()).append("\r\nContent-Type: ").append(response.type);
  text.append("\r\nContent-Length: ").append(std::to_string(response.body.size()));
  text.append(keep_alive ? "\r\nConnection: keep-alive" : "\r\nConnection: close");
  // Nothing here is to be kept, framed, guessed at or read by other sites; a page loads what this listener serves alone.
  text.append("\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY"
              "\r\nReferrer-Policy: no-referrer\r\nCross-Origin-Resource-Policy: same-origin"
              "\r\nCross-Origin-Opener-Policy: same-origin\r\nContent-Security-Policy: default-src 'none'; "
              "script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
              "form-action 'none'; frame-ancestors 'none'");
  for (const auto& [name, value] : response.fields) text.append("\r\n").append(name).append(": ").append(value);
  return text + "\r\n\r\n";
}

}  // namespace

Connection::Connection(net::Reactor& reactor, int fd, const Handler& handler, ssl_ctx_st* tls)
    : reactor_(reactor), handler_(handler) {
  stream_.open(reactor, fd);
  if (SSL* ssl = tls == nullptr ? nullptr : SSL_new(tls)) {
    SSL_set_accept_state(ssl);
    stream_.start_tls(ssl);
  } else if (tls != nullptr) {
    stream_.close();
  }
  task_ = run();
}

Connection::~Connection() {
  stream_.channel().forget_waiters();
  task_ = {};
}

/// The handshake, where there is one. False: it failed.
net::Task<bool> Connection::begin() {
  if (stream_.tls() == nullptr) co_return stream_.is_open();
  const net::IoResult result = co_await stream_.handshake(request_timeout);
  co_return result.ok();
}

net::OwnedTask Connection::run() {
  const bool has_begun = co_await begin();
  for (int i = 0; has_begun && i < most_requests; ++i) {
    const bool goes_on = co_await serve_one();
    if (!goes_on) break;
  }
  stream_.close();
}

/// False: the connection ends.
net::Task<bool> Connection::serve_one() {
  Request request;
  const Read read = co_await read_request(request);
  if (read == Read::gone) co_return false;
  if (read != Read::done) {
    co_await refuse(read);
    co_return false;
  }
  const Response response = co_await handler_(request);
  const bool is_sent = co_await send(response, request.method == http::Method::head, request.keep_alive);
  co_return is_sent && request.keep_alive;
}

net::Task<Connection::Read> Connection::read_request(Request& request) {
  const Read head = co_await read_head(request);
  if (head != Read::done) co_return head;
  const Read body = co_await read_body(request.body);
  co_return body;
}

/// False: the time is over, or the connection is.
net::Task<bool> Connection::read_more(net::Clock::Steady deadline) {
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - reactor_.clock().now());
  if (left.count() <= 0) co_return false;
  std::array<char, 4096> piece;
  const net::IoResult result = co_await stream_.read_some(piece, left);
  if (result.ok()) in_.append(piece.data(), result.bytes);
  else if (result.status != net::IoStatus::timeout) stream_.close();
  co_return result.ok();
}

net::Task<Connection::Read> Connection::read_head(Request& request) {
  http::RequestHead head;
  http::RequestParser parser;
  parser.start(head_limits(), head);
  bool is_idle = in_.empty();
  deadline_ = reactor_.clock().now() + (is_idle ? idle_timeout : request_timeout);
  for (;;) {
    const http::ParseState state = parser.parse(in_);
    reject_ = parser.reject();
    if (state == http::ParseState::rejected) co_return Read::rejected;
    if (state == http::ParseState::done) break;
    const bool has_more = co_await read_more(deadline_);
    if (!has_more) co_return stream_.is_open() && !is_idle ? Read::too_late : Read::gone;
    if (is_idle) deadline_ = reactor_.clock().now() + request_timeout;
    is_idle = false;
  }
  if (!fill(head, request)) reject_ = http::Reject::bad_target;
  framing_ = head.body;
  expects_continue_ = head.expect_continue;
  in_.erase(0, parser.head_size());
  co_return reject_ == http::Reject::none ? Read::done : Read::rejected;
}

net::Task<Connection::Read> Connection::read_body(std::string& body) {
  if (framing_.kind == http::BodyKind::length && framing_.length > most_body) co_return Read::rejected;
  http::BodyDecoder decoder;
  decoder.start(framing_);
  for (;;) {
    const http::BodyDecoder::Step step = decoder.decode(in_);
    body.append(step.data);
    in_.erase(0, step.consumed);
    reject_ = decoder.reject();
    if (reject_ != http::Reject::none || body.size() > most_body) co_return Read::rejected;
    if (decoder.done()) co_return Read::done;
    if (step.consumed > 0) continue;
    if (std::exchange(expects_continue_, false)) {
      const bool is_told = co_await write("HTTP/1.1 100 Continue\r\n\r\n");
      if (!is_told) co_return Read::gone;
    }
    const bool has_more = co_await read_more(deadline_);
    if (!has_more) co_return stream_.is_open() ? Read::too_late : Read::gone;
  }
}

net::Task<bool> Connection::write(std::string_view text) {
  iovec piece{const_cast<char*>(text.data()), text.size()};
  const net::IoResult result = co_await stream_.write_all({&piece, 1}, send_timeout);
  co_return result.ok();
}

net::Task<bool> Connection::send(const Response& response, bool is_head, bool keep_alive) {
  std::string text = head_text(response, keep_alive);
  if (!is_head) text += response.body;
  const bool is_sent = co_await write(text);
  co_return is_sent;
}

net::Task<void> Connection::refuse(Read read) {
  Response response = error_response(408, "the request took too long");
  if (read == Read::rejected && reject_ == http::Reject::none) response = error_response(413, "the body is too large");
  else if (read == Read::rejected) response = error_response(http::reject_status(reject_), http::reject_text(reject_));
  const bool is_sent = co_await send(response, false, false);
  if (is_sent) co_await linger();
}

// Closing with unread bytes in the socket would send RST, which may destroy the response on its way.
net::Task<void> Connection::linger() {
  stream_.shutdown_write();
  const auto end = reactor_.clock().now() + linger_timeout;
  while (stream_.is_open()) {
    in_.clear();
    const bool has_more = co_await read_more(end);
    if (!has_more) co_return;
  }
}

}  // namespace drishti::admin
