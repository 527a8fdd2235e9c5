#pragma once
// TLS towards a server, directly on a connected non-blocking socket: OpenSSL reads and writes the descriptor, the worker's
// reactor waits. One thread for a session; a context is shared by all.

#include <memory>
#include <span>
#include <string>

#include "net/stream.hpp"

struct ssl_st;
struct ssl_ctx_st;

namespace drishti::net {

struct TlsClientOptions {
  bool verify = true;    ///< the server's chain, and that its certificate is for the name that was asked for
  std::string ca_file = {};  ///< PEM; "": those that the system trusts
  std::string only_certificate = {};  ///< PEM: instead of CA_FILE, the first certificate in it is trusted, and no other
};

class TlsClientContext {
 public:
  /// Throws std::runtime_error when CA_FILE cannot be read. For start-up.
  explicit TlsClientContext(const TlsClientOptions& options);
  ~TlsClientContext();
  TlsClientContext(const TlsClientContext&) = delete;
  TlsClientContext& operator=(const TlsClientContext&) = delete;
  ssl_ctx_st* get() const { return context_; }
  bool verifies() const { return verify_; }

 private:
  ssl_ctx_st* context_;
  bool verify_;
};

/// One session over STREAM, which outlives it. One coroutine reads and one writes. OpenSSL writes without MSG_NOSIGNAL:
/// the program ignores SIGPIPE.
class TlsClient {
 public:
  /// NAME: a host name or an address, for SNI and for the check of the certificate.
  TlsClient(const TlsClientContext& context, Stream& stream, const std::string& name);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  /// TIMEOUT is for the whole handshake.
  Task<IoResult> handshake(milliseconds timeout);
  Task<IoResult> read_some(std::span<char> buffer);
  Task<IoResult> write_all(std::span<const char> bytes);
  /// Why the last call failed, in OpenSSL's words, or why the certificate was not accepted.
  const std::string& error() const { return error_; }

 private:
  enum class Want { nothing, to_read, to_write };
  Want want_after(int result, IoResult& outcome);
  Task<Wake> wait(Want want, milliseconds timeout);

  Stream& stream_;
  ssl_st* ssl_;
  std::string error_;
};

}  // namespace drishti::net
