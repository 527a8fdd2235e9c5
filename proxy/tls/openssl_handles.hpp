#pragma once
// Owners of OpenSSL's objects, and its errors in nginx's form.

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "conf/directive.hpp"

namespace drishti::tls {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, Deleter<X509_free>>;
using SslContextPtr = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;
using SessionPtr = std::unique_ptr<SSL_SESSION, Deleter<SSL_SESSION_free>>;

/// What stands in OpenSSL's queue, taken: ` (SSL: error:... error:...)`, or "".
std::string take_openssl_errors();

/// A file that cannot be used, or a setting that OpenSSL does not take. Start, reload and renewal only.
class TlsError : public std::runtime_error {
 public:
  /// With what stands in OpenSSL's queue behind it.
  explicit TlsError(const std::string& text) : std::runtime_error(text + take_openssl_errors()) {}
  /// FAILURE, and the place in the configuration that asks for it.
  TlsError(const TlsError& failure, const conf::Where& where)
      : std::runtime_error(conf::ConfigError(failure.what(), where).text()) {}
};

/// PATH for reading; throws TlsError with FAILURE in front: `BIO_new_file("...") failed`.
BioPtr open_file(const std::string& path, const std::string& failure);

}  // namespace drishti::tls
