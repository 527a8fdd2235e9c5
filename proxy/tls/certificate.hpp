#pragma once
// A certificate with its chain and its key, read from files.

#include <cstdint>
#include <string>
#include <vector>

#include "tls/openssl_handles.hpp"

namespace drishti::tls {

/// What is told about a certificate: metrics, the admin API, notices.
struct CertificateInfo {
  std::string path;
  std::string subject;               ///< RFC 2253
  std::string issuer;
  std::string serial;                ///< hexadecimal
  std::string fingerprint;           ///< SHA-256, hexadecimal
  std::string key_type;              ///< `RSA 2048`, `EC 256`
  std::vector<std::string> names;    ///< of subjectAltName: DNS names and addresses
  std::int64_t not_before = 0;       ///< since 1970
  std::int64_t not_after = 0;
};

struct Certificate {
  CertificatePtr leaf;
  std::vector<CertificatePtr> chain;  ///< intermediates, as the file has them
  KeyPtr key;
  std::string path;
};

/// The passphrases of FILE, one a line, wiped at the end of their life. Throws TlsError.
class Passphrases {
 public:
  /// FILE "": none.
  explicit Passphrases(const std::string& file);
  ~Passphrases();
  Passphrases(const Passphrases&) = delete;
  Passphrases& operator=(const Passphrases&) = delete;
  const std::vector<std::string>& all() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

/// Throws TlsError, in nginx's words, with the file's name.
Certificate load_certificate(const std::string& path, const std::string& key_path, const Passphrases& passphrases);

CertificateInfo describe(const Certificate& certificate);

/// Gives SSL (or CONTEXT) the certificate, in place of one of the same kind. False: OpenSSL did not take it.
bool use_certificate(SSL* ssl, const Certificate& certificate);
bool use_certificate(SSL_CTX* context, const Certificate& certificate);

}  // namespace drishti::tls
