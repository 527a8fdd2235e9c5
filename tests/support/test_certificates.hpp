#pragma once
// Certificates for tests, made in memory and written as PEM files.

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace drishti::testing {

struct KeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct X509Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using TestKey = std::unique_ptr<EVP_PKEY, KeyFree>;
using TestX509 = std::unique_ptr<X509, X509Free>;

/// What a certificate is to be.
struct CertificateWish {
  std::string name = "localhost";        ///< the common name, and the only DNS name unless `names` says others
  std::vector<std::string> names = {};
  bool rsa = false;                      ///< else EC P-256
  long valid_from = -3600;               ///< seconds from now
  long valid_to = 86400;
  bool authority = false;
  std::string ocsp_url = {};
};

/// A certificate and its key; may sign others.
class TestCertificate {
 public:
  /// Signed by itself.
  explicit TestCertificate(const CertificateWish& wish) : TestCertificate(wish, nullptr) {}
  /// Signed by SIGNER.
  TestCertificate(const CertificateWish& wish, const TestCertificate& signer) : TestCertificate(wish, &signer) {}

  X509* x509() const { return x509_.get(); }
  EVP_PKEY* key() const { return key_.get(); }
  std::string pem() const;
  std::string key_pem(const std::string& passphrase = {}) const;
  /// Writes DIRECTORY/NAME.pem, with CHAIN behind it, and DIRECTORY/NAME.key.
  void write(const std::string& directory, const std::string& name, const std::string& chain = {}) const;
  /// A list of what this authority revoked.
  std::string crl_pem(const std::vector<const TestCertificate*>& revoked) const;

 private:
  TestCertificate(const CertificateWish& wish, const TestCertificate* signer);
  TestKey key_;
  TestX509 x509_;
};

void write_file(const std::string& path, const std::string& content);

}  // namespace drishti::testing
