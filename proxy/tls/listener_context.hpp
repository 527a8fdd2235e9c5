#pragma once
// TLS of a listener of our own, which has one certificate and no server{}.

#include <string>

#include "tls/openssl_handles.hpp"

namespace drishti::tls {

/// TLS 1.2 and 1.3 with forward secrecy and authenticated encryption alone, for the certificate and its chain in the file
/// CERTIFICATE (PEM) and the key in KEY. Throws TlsError, which names the file.
SslContextPtr make_listener_context(const std::string& certificate, const std::string& key);

}  // namespace drishti::tls
