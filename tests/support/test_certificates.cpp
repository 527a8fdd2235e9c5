#include "tests/support/test_certificates.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <fstream>
#include <stdexcept>

namespace drishti::testing {
namespace {

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  if (extension == nullptr) throw std::runtime_error("no extension " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

void set_serial(X509* certificate) {
  std::uint64_t number = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof number);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), number >> 1 | 1);
}

std::string alternative_names(const CertificateWish& wish) {
  std::string text;
  for (const std::string& name : wish.names.empty() ? std::vector{wish.name} : wish.names)
    text += (text.empty() ? "DNS:" : ",DNS:") + name;
  return text + ",IP:127.0.0.1";
}

template <class Write>
std::string printed(Write write) {
  BIO* out = BIO_new(BIO_s_mem());
  write(out);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(out);
  return text;
}

EVP_PKEY* new_key(bool rsa) {
  return rsa ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}) : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
}

}  // namespace

TestCertificate::TestCertificate(const CertificateWish& wish, const TestCertificate* signer)
    : key_(new_key(wish.rsa)), x509_(X509_new()) {
  X509* made = x509_.get();
  X509* issuer = signer == nullptr ? made : signer->x509();
  X509_set_version(made, X509_VERSION_3);
  set_serial(made);
  X509_gmtime_adj(X509_getm_notBefore(made), wish.valid_from);
  X509_gmtime_adj(X509_getm_notAfter(made), wish.valid_to);
  X509_set_pubkey(made, key());
  X509_NAME* name = X509_get_subject_name(made);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(wish.name.c_str()), -1, -1, 0);
  X509_set_issuer_name(made, X509_get_subject_name(issuer));
  if (wish.authority) {
    add_extension(made, issuer, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(made, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    add_extension(made, issuer, NID_subject_alt_name, alternative_names(wish));
  }
  if (!wish.ocsp_url.empty()) add_extension(made, issuer, NID_info_access, "OCSP;URI:" + wish.ocsp_url);
  X509_sign(made, signer == nullptr ? key() : signer->key(), EVP_sha256());
}

std::string TestCertificate::pem() const {
  return printed([this](BIO* out) { PEM_write_bio_X509(out, x509()); });
}

std::string TestCertificate::key_pem(const std::string& passphrase) const {
  return printed([&](BIO* out) {
    const auto* text = reinterpret_cast<const unsigned char*>(passphrase.data());
    PEM_write_bio_PrivateKey(out, key(), passphrase.empty() ? nullptr : EVP_aes_128_cbc(), text,
                             static_cast<int>(passphrase.size()), nullptr, nullptr);
  });
}

void TestCertificate::write(const std::string& directory, const std::string& name, const std::string& chain) const {
  write_file(directory + "/" + name + ".pem", pem() + chain);
  write_file(directory + "/" + name + ".key", key_pem());
}

std::string TestCertificate::crl_pem(const std::vector<const TestCertificate*>& revoked) const {
  X509_CRL* list = X509_CRL_new();
  X509_CRL_set_version(list, X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(list, X509_get_subject_name(x509()));
  ASN1_TIME* now = X509_gmtime_adj(nullptr, -60);
  ASN1_TIME* next = X509_gmtime_adj(nullptr, 86400);
  X509_CRL_set1_lastUpdate(list, now);
  X509_CRL_set1_nextUpdate(list, next);
  for (const TestCertificate* one : revoked) {
    X509_REVOKED* entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(one->x509()));
    X509_REVOKED_set_revocationDate(entry, now);
    X509_CRL_add0_revoked(list, entry);
  }
  X509_CRL_sort(list);
  X509_CRL_sign(list, key(), EVP_sha256());
  std::string text = printed([&](BIO* out) { PEM_write_bio_X509_CRL(out, list); });
  ASN1_TIME_free(now);
  ASN1_TIME_free(next);
  X509_CRL_free(list);
  return text;
}

void write_file(const std::string& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << content;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

}  // namespace drishti::testing
