#include "tls/staple.hpp"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <ctime>

namespace drishti::tls {
namespace {

using RequestPtr = std::unique_ptr<OCSP_REQUEST, Deleter<OCSP_REQUEST_free>>;
using ResponsePtr = std::unique_ptr<OCSP_RESPONSE, Deleter<OCSP_RESPONSE_free>>;
using BasicPtr = std::unique_ptr<OCSP_BASICRESP, Deleter<OCSP_BASICRESP_free>>;
using IdPtr = std::unique_ptr<OCSP_CERTID, Deleter<OCSP_CERTID_free>>;
using StorePtr = std::unique_ptr<X509_STORE, Deleter<X509_STORE_free>>;

constexpr long allowed_clock_skew = 300;  // seconds

CertificatePtr share(X509* certificate) {
  X509_up_ref(certificate);
  return CertificatePtr(certificate);
}

bool issued(X509* issuer, X509* leaf) { return X509_check_issued(issuer, leaf) == X509_V_OK; }

CertificatePtr issuer_in(const std::string& file, X509* leaf) {
  if (file.empty()) return nullptr;
  const BioPtr in = open_file(file, "BIO_new_file(\"" + file + "\") failed");
  while (CertificatePtr next{PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)})
    if (issued(next.get(), leaf)) return next;
  ERR_clear_error();
  return nullptr;
}

CertificatePtr find_issuer(const Certificate& certificate, const std::string& trusted) {
  for (const auto& intermediate : certificate.chain)
    if (issued(intermediate.get(), certificate.leaf.get())) return share(intermediate.get());
  if (auto found = issuer_in(trusted, certificate.leaf.get())) return found;
  throw TlsError("issuer certificate not found for certificate \"" + certificate.path + "\"");
}

std::string responder_of(const Certificate& certificate) {
  STACK_OF(OPENSSL_STRING)* urls = X509_get1_ocsp(certificate.leaf.get());
  const std::string first = sk_OPENSSL_STRING_num(urls) > 0 ? sk_OPENSSL_STRING_value(urls, 0) : "";
  X509_email_free(urls);
  if (first.empty()) throw TlsError("no OCSP responder URL in the certificate \"" + certificate.path + "\"");
  return first;
}

std::string encoded_request(X509* leaf, X509* issuer) {
  const RequestPtr request(OCSP_REQUEST_new());
  OCSP_request_add0_id(request.get(), OCSP_cert_to_id(nullptr, leaf, issuer));
  unsigned char* der = nullptr;
  const int size = i2d_OCSP_REQUEST(request.get(), &der);
  if (size <= 0) throw TlsError("i2d_OCSP_REQUEST() failed");
  std::string base64(static_cast<std::size_t>(size) * 2 + 4, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()), der, size);
  OPENSSL_free(der);
  std::string escaped;
  for (const char c : base64.substr(0, static_cast<std::size_t>(length)))
    if (c == '+') escaped += "%2B";
    else if (c == '/') escaped += "%2F";
    else if (c == '=') escaped += "%3D";
    else escaped += c;
  return escaped;
}

std::int64_t seconds(const ASN1_GENERALIZEDTIME* time) {
  std::tm parts{};
  return time != nullptr && ASN1_TIME_to_tm(time, &parts) == 1 ? static_cast<std::int64_t>(::timegm(&parts)) : 0;
}

BasicPtr parse(const std::string& response) {
  const auto* begin = reinterpret_cast<const unsigned char*>(response.data());
  const ResponsePtr parsed(d2i_OCSP_RESPONSE(nullptr, &begin, static_cast<long>(response.size())));
  if (!parsed) throw TlsError("d2i_OCSP_RESPONSE() failed");
  if (const int status = OCSP_response_status(parsed.get()); status != OCSP_RESPONSE_STATUS_SUCCESSFUL)
    throw TlsError(std::string("OCSP response not successful: ") + OCSP_response_status_str(status));
  BasicPtr basic(OCSP_response_get1_basic(parsed.get()));
  if (!basic) throw TlsError("OCSP_response_get1_basic() failed");
  return basic;
}

void check_signature(OCSP_BASICRESP* basic, X509* issuer) {
  const StorePtr store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), issuer);
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  STACK_OF(X509)* known = sk_X509_new_null();
  sk_X509_push(known, issuer);
  const int ok = OCSP_basic_verify(basic, known, store.get(), 0);
  sk_X509_free(known);
  if (ok != 1) throw TlsError("OCSP_basic_verify() failed");
}

}  // namespace

std::string read_ocsp_response(const std::string& file) {
  const BioPtr in = open_file(file, "BIO_new_file(\"" + file + "\") failed");
  const ResponsePtr response(d2i_OCSP_RESPONSE_bio(in.get(), nullptr));
  if (!response) throw TlsError("d2i_OCSP_RESPONSE_bio(\"" + file + "\") failed");
  unsigned char* bytes = nullptr;
  const int size = i2d_OCSP_RESPONSE(response.get(), &bytes);
  std::string der(bytes, bytes + (size > 0 ? size : 0));
  OPENSSL_free(bytes);
  return der;
}

std::string Staple::get(std::int64_t now) const {
  const std::lock_guard lock(mutex_);
  return valid_until_ == 0 || now < valid_until_ ? response_ : std::string();
}

void Staple::set(std::string response, std::int64_t valid_until) {
  const std::lock_guard lock(mutex_);
  response_ = std::move(response);
  valid_until_ = valid_until;
}

OcspQuestion::OcspQuestion(const Certificate& certificate, const std::string& trusted, const std::string& responder)
    : leaf_(share(certificate.leaf.get())), issuer_(find_issuer(certificate, trusted)) {
  url_ = responder.empty() ? responder_of(certificate) : responder;
  const std::string scheme = "http://";
  if (!url_.starts_with(scheme)) throw TlsError("invalid URL prefix in OCSP responder \"" + url_ + "\"");
  if (!url_.ends_with('/')) url_ += '/';
  url_ += encoded_request(leaf_.get(), issuer_.get());
}

OcspQuestion::Answer OcspQuestion::judge(const std::string& response) const {
  ERR_clear_error();
  const BasicPtr basic = parse(response);
  check_signature(basic.get(), issuer_.get());
  const IdPtr id(OCSP_cert_to_id(nullptr, leaf_.get(), issuer_.get()));
  int status = V_OCSP_CERTSTATUS_UNKNOWN;
  ASN1_GENERALIZEDTIME *this_update = nullptr, *next_update = nullptr;
  if (OCSP_resp_find_status(basic.get(), id.get(), &status, nullptr, nullptr, &this_update, &next_update) != 1)
    throw TlsError("certificate status not found in the OCSP response");
  if (status != V_OCSP_CERTSTATUS_GOOD)
    throw TlsError(std::string("certificate status \"") + OCSP_cert_status_str(status) + "\" in the OCSP response");
  if (OCSP_check_validity(this_update, next_update, allowed_clock_skew, -1) != 1)
    throw TlsError("OCSP_check_validity() failed");
  return {response, seconds(next_update)};
}

}  // namespace drishti::tls
