#pragma once
// One client of the admin listener: HTTP/1 with whole requests and whole responses, small limits and a deadline on every
// wait. Control thread.

#include <functional>
#include <string>

#include "admin/message.hpp"
#include "http/head_parser.hpp"
#include "net/stream.hpp"
#include "net/task.hpp"

struct ssl_ctx_st;

namespace drishti::admin {

class Connection {
 public:
  using Handler = std::function<net::Task<Response>(const Request&)>;

  /// Takes FD. HANDLER outlives this. TLS (may be null): it begins with a handshake.
  Connection(net::Reactor& reactor, int fd, const Handler& handler, ssl_ctx_st* tls);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  bool is_done() const { return task_.is_done(); }

 private:
  net::OwnedTask run();
  net::Task<bool> begin();
  net::Task<bool> serve_one();
  enum class Read : std::uint8_t { done, gone, too_late, rejected };
  net::Task<Read> read_request(Request& request);
  net::Task<Read> read_head(Request& request);
  net::Task<Read> read_body(std::string& body);
  net::Task<bool> read_more(net::Clock::Steady deadline);
  net::Task<bool> send(const Response& response, bool is_head, bool keep_alive);
  net::Task<bool> write(std::string_view text);
  net::Task<void> refuse(Read read);
  net::Task<void> linger();

  net::Reactor& reactor_;
  const Handler& handler_;
  net::Stream stream_;
  std::string in_;  ///< received and not used up
  http::BodyFraming framing_;
  bool expects_continue_ = false;
  http::Reject reject_ = http::Reject::none;  ///< why, behind Read::rejected; none: the body is too large
  net::Clock::Steady deadline_{};  ///< of the request that is being read
  net::OwnedTask task_;
};

}  // namespace drishti::admin
