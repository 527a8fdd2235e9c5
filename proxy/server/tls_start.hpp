#pragma once
// The TLS handshake of a new connection. Lives in the ConnectionStart that runs it.

#include "server/connection_servers.hpp"
#include "server/worker.hpp"
#include "tls/server_handshake.hpp"

namespace drishti::server {

class TlsStart final : private tls::HandshakeHost {
 public:
  TlsStart(Worker& worker, net::Stream& stream, context::ConnectionInfo& info, ConnectionServers& servers);

  /// True: HTTP may begin, over TLS or, to be refused, without. False: the connection ends.
  net::Task<bool> run();

 private:
  net::Task<bool> wait_for_client(net::milliseconds timeout);
  net::Task<bool> handshake(net::milliseconds timeout);
  bool begin_tls();
  void succeeded();
  void failed(const net::IoResult& result);
  void count(metrics::HandshakeFailure failure);

  // ---- HandshakeHost ----
  const conf::Server& find_server(std::string_view name) override;
  std::string evaluate(const conf::Template& path) override;
  void log(conf::LogLevel level, const std::string& text) override;
  void offer_to_kernel() override;

  Worker& worker_;
  net::Stream& stream_;
  context::ConnectionInfo& info_;
  ConnectionServers& servers_;  ///< the handshake ends on the configuration that it began with
  std::shared_ptr<const tls::ServerContexts> contexts_;  ///< of that configuration
  net::Clock::Steady begun_{};
};

}  // namespace drishti::server
