#pragma once
// TLS towards a server for the subcommands: on the thread that asks, with a deadline for all of it.

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "net/tls_client.hpp"

namespace drishti::net {

class BlockingTls {
 public:
  using Clock = std::chrono::steady_clock;

  /// The handshake on the connected socket FD, which is made non-blocking and outlives this; END is for all that follows,
  /// too. NAME: a host name or an address, for SNI and the check of the certificate; "": any name will do. SIGPIPE is
  /// ignored from now on. Throws std::runtime_error, with the reason, as all here does.
  BlockingTls(const TlsClientContext& context, int fd, const std::string& name, Clock::time_point end);
  ~BlockingTls();
  BlockingTls(const BlockingTls&) = delete;
  BlockingTls& operator=(const BlockingTls&) = delete;

  void send(std::string_view bytes);
  /// How many bytes came; 0: the other side said that this is the end. An end of the connection alone is a failure.
  std::size_t read(std::span<char> buffer);

 private:
  void set_name(const std::string& name);
  void wait_after(int result);
  int fd_;
  ssl_st* ssl_;
  Clock::time_point end_;
};

}  // namespace drishti::net
