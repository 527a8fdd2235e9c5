#pragma once
// The OCSP response that goes with a certificate (RFC 6066 8, RFC 6960): from a file, or asked of a responder.

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "tls/certificate.hpp"

namespace drishti::tls {

/// Of one certificate; outlives contexts, so that a reload does not ask again. Any thread.
class Staple {
 public:
  /// The response in DER; "": none that is valid at NOW (seconds since 1970).
  std::string get(std::int64_t now) const;
  /// VALID_UNTIL 0: for as long as it is there.
  void set(std::string response, std::int64_t valid_until);

 private:
  mutable std::mutex mutex_;
  std::string response_;
  std::int64_t valid_until_ = 0;
};

/// The response in FILE (DER), looked at for form only: clients verify it. Throws TlsError.
std::string read_ocsp_response(const std::string& file);

/// What there is to ask about a certificate. Keeps what it needs to judge the answer.
class OcspQuestion {
 public:
  /// For the responder at the URL RESPONDER; "": the one that the certificate names. The issuer is of the chain, or stands in
  /// TRUSTED (a file, or ""). Throws TlsError when there is no responder, or no issuer.
  OcspQuestion(const Certificate& certificate, const std::string& trusted, const std::string& responder);

  /// For a GET (RFC 6960 A.1).
  const std::string& url() const { return url_; }
  struct Answer {
    std::string response;          ///< DER
    std::int64_t next_update = 0;  ///< since 1970; 0: it does not say
  };
  /// Throws TlsError unless it is signed by the issuer (or whom it delegated to), for this certificate, good, and of now.
  Answer judge(const std::string& response) const;

 private:
  CertificatePtr leaf_, issuer_;
  std::string url_;
};

}  // namespace drishti::tls
