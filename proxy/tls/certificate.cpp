#include "tls/certificate.hpp"

#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

namespace drishti::tls {
namespace {

constexpr std::size_t most_chain = 32;
constexpr std::size_t most_passphrases = 64;
constexpr std::size_t longest_passphrase = 4095;

/// One passphrase for PEM_read_bio_PrivateKey; null: it asks in vain, instead of asking the terminal.
int give_passphrase(char* to, int size, int, void* passphrase) {
  if (passphrase == nullptr) return 0;
  const auto& text = *static_cast<const std::string*>(passphrase);
  const auto length = std::min(text.size(), static_cast<std::size_t>(size));
  std::memcpy(to, text.data(), length);
  return static_cast<int>(length);
}

bool is_end_of_file() {
  const unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

void load_chain(BIO* file, Certificate& certificate, const std::string& failure) {
  while (CertificatePtr next{PEM_read_bio_X509(file, nullptr, give_passphrase, nullptr)}) {
    certificate.chain.push_back(std::move(next));
    if (certificate.chain.size() > most_chain) throw TlsError(failure + ": more than 32 certificates in the file");
  }
  if (!is_end_of_file()) throw TlsError(failure + ": PEM_read_bio_X509() failed");
  ERR_clear_error();
}

KeyPtr load_key(const std::string& path, const Passphrases& passphrases) {
  const std::string failure = "cannot load certificate key \"" + path + "\"";
  const BioPtr file = open_file(path, failure + ": BIO_new_file() failed");
  KeyPtr key(PEM_read_bio_PrivateKey(file.get(), nullptr, give_passphrase, nullptr));
  for (const std::string& passphrase : passphrases.all()) {
    if (key) break;
    ERR_clear_error();
    BIO_seek(file.get(), 0);
    key.reset(PEM_read_bio_PrivateKey(file.get(), nullptr, give_passphrase, const_cast<std::string*>(&passphrase)));
  }
  if (!key) throw TlsError(failure + ": PEM_read_bio_PrivateKey() failed");
  ERR_clear_error();
  return key;
}

std::int64_t seconds(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? static_cast<std::int64_t>(::timegm(&parts)) : 0;
}

std::string name_text(const X509_NAME* name) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string hexadecimal(const unsigned char* bytes, std::size_t count) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text.append({digits[bytes[i] >> 4], digits[bytes[i] & 15]});
  return text;
}

std::string serial_of(X509* leaf) {
  BIGNUM* number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(leaf), nullptr);
  char* text = number == nullptr ? nullptr : BN_bn2hex(number);
  std::string serial = text == nullptr ? "" : text;
  OPENSSL_free(text);
  BN_free(number);
  return serial;
}

std::string address_text(const ASN1_OCTET_STRING* bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  const int size = ASN1_STRING_length(bytes);
  if (size == 4 || size == 16) ::inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(bytes), text, sizeof text);
  return text;
}

std::vector<std::string> alternative_names(X509* leaf) {
  std::vector<std::string> all;
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type == GEN_DNS) {
      const auto* text = ASN1_STRING_get0_data(name->d.dNSName);
      all.emplace_back(text, text + ASN1_STRING_length(name->d.dNSName));
    } else if (name->type == GEN_IPADD) {
      all.push_back(address_text(name->d.iPAddress));
    }
  }
  GENERAL_NAMES_free(names);
  return all;
}

STACK_OF(X509) * borrowed_chain(const Certificate& certificate) {
  STACK_OF(X509)* chain = sk_X509_new_null();
  for (const auto& intermediate : certificate.chain) sk_X509_push(chain, intermediate.get());
  return chain;
}

}  // namespace

Passphrases::Passphrases(const std::string& file) {
  if (file.empty()) return;
  std::unique_ptr<FILE, Deleter<std::fclose>> in(std::fopen(file.c_str(), "re"));
  if (!in) throw TlsError("open() \"" + file + "\" failed (" + std::to_string(errno) + ": " + std::strerror(errno) + ")");
  char line[longest_passphrase + 2];
  while (std::fgets(line, sizeof line, in.get()) != nullptr && lines_.size() < most_passphrases) {
    std::size_t size = std::strcspn(line, "\r\n");
    if (size > longest_passphrase) throw TlsError("line in \"" + file + "\" is too long");
    if (size > 0) lines_.emplace_back(line, size);
  }
  OPENSSL_cleanse(line, sizeof line);
}

Passphrases::~Passphrases() {
  for (std::string& line : lines_) OPENSSL_cleanse(line.data(), line.size());
}

Certificate load_certificate(const std::string& path, const std::string& key_path, const Passphrases& passphrases) {
  Certificate certificate;
  certificate.path = path;
  const std::string failure = "cannot load certificate \"" + path + "\"";
  const BioPtr file = open_file(path, failure + ": BIO_new_file() failed");
  certificate.leaf.reset(PEM_read_bio_X509_AUX(file.get(), nullptr, give_passphrase, nullptr));
  if (!certificate.leaf) throw TlsError(failure + ": PEM_read_bio_X509_AUX() failed");
  load_chain(file.get(), certificate, failure);
  certificate.key = load_key(key_path, passphrases);
  if (X509_check_private_key(certificate.leaf.get(), certificate.key.get()) != 1)
    throw TlsError("SSL_CTX_use_PrivateKey(\"" + key_path + "\") failed for certificate \"" + path + "\"");
  return certificate;
}

CertificateInfo describe(const Certificate& certificate) {
  X509* leaf = certificate.leaf.get();
  CertificateInfo info;
  info.path = certificate.path;
  info.subject = name_text(X509_get_subject_name(leaf));
  info.issuer = name_text(X509_get_issuer_name(leaf));
  info.serial = serial_of(leaf);
  info.names = alternative_names(leaf);
  info.not_before = seconds(X509_get0_notBefore(leaf));
  info.not_after = seconds(X509_get0_notAfter(leaf));
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(leaf, EVP_sha256(), digest, &size) == 1) info.fingerprint = hexadecimal(digest, size);
  const char* type = EVP_PKEY_get0_type_name(certificate.key.get());
  info.key_type = std::string(type == nullptr ? "?" : type) + " " + std::to_string(EVP_PKEY_get_bits(certificate.key.get()));
  return info;
}

bool use_certificate(SSL* ssl, const Certificate& certificate) {
  STACK_OF(X509)* chain = borrowed_chain(certificate);
  const bool ok = SSL_use_cert_and_key(ssl, certificate.leaf.get(), certificate.key.get(), chain, 1) == 1;
  sk_X509_free(chain);
  return ok;
}

bool use_certificate(SSL_CTX* context, const Certificate& certificate) {
  STACK_OF(X509)* chain = borrowed_chain(certificate);
  const bool ok = SSL_CTX_use_cert_and_key(context, certificate.leaf.get(), certificate.key.get(), chain, 1) == 1;
  sk_X509_free(chain);
  return ok;
}

}  // namespace drishti::tls
