#include "upstream/upstream_handshake.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "net/os_error.hpp"

namespace drishti::upstream {
namespace {

constexpr std::string_view no_http2 = "upstream does not speak HTTP/2, which \"grpc_pass\" and \"proxy_http_version 2\" need: it ";

/// What the upstream chose by ALPN; "": nothing.
std::string_view agreed_protocol(const SSL* ssl) {
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &protocol, &size);
  return {reinterpret_cast<const char*>(protocol), size};
}

/// RFC 7301 3.2: the alert of a server that has none of the protocols that it was offered.
bool is_about_protocol(const std::string& error) { return error.find("no application protocol") != std::string::npos; }

std::string certificate_error(long verdict, const tls::ClientTarget& target) {
  if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH)
    return "upstream SSL certificate does not match \"" + target.name + "\"";
  return "upstream SSL certificate verify error: (" + std::to_string(verdict) + ":" +
         X509_verify_cert_error_string(verdict) + ")";
}

std::string failure(const net::Stream& stream, const net::IoResult& result, const tls::ClientTarget& target) {
  if (result.status == net::IoStatus::timeout) return "upstream timed out (" + net::errno_text(ETIMEDOUT) + ")";
  const long verdict = SSL_get_verify_result(stream.tls()->ssl());
  if (*target.context->settings().verify && verdict != X509_V_OK) return certificate_error(verdict, target);
  if (target.context->speaks_http2() && is_about_protocol(stream.tls()->error()))
    return std::string(no_http2) + "refused \"h2\" by ALPN";
  if (result.error == EPROTO) return "SSL_do_handshake() failed (SSL: " + stream.tls()->error() + ")";
  return "peer closed connection in SSL handshake" +
         (result.error == 0 ? "" : " (" + net::errno_text(result.error) + ")");
}

}  // namespace

net::Task<HandshakeResult> shake_hands(net::Stream& stream, const tls::ClientTarget& target, const std::string& address,
                                       const std::shared_ptr<tls::ClientSessions>& sessions,
                                       net::milliseconds timeout) {
  constexpr std::string_view where = " while SSL handshaking to upstream";
  HandshakeResult result;
  SSL* ssl = target.context->connect(target, address, sessions, result.reason);
  if (ssl == nullptr) {
    result.status = net::IoStatus::failed;
    result.reason += where;
    co_return result;
  }
  stream.start_tls(ssl);
  const net::IoResult shaken = co_await stream.handshake(timeout);
  result.status = shaken.status;
  if (!shaken.ok()) {
    tls::ClientSessions::forget(ssl);
    result.reason = failure(stream, shaken, target).append(where);
    co_return result;
  }
  result.resumed = SSL_session_reused(ssl) == 1;
  if (target.context->speaks_http2() && agreed_protocol(ssl) != "h2") {
    result.status = net::IoStatus::failed;
    result.reason = std::string(no_http2) + "did not choose \"h2\" by ALPN";
    result.reason += where;
  }
  co_return result;
}

}  // namespace drishti::upstream
