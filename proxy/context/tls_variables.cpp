// $ssl_*: nginx's variables of a TLS connection.
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <ctime>

#include "context/lookup.hpp"
#include "context/scratch.hpp"
#include "tls/server_handshake.hpp"

namespace drishti::context {
namespace {

using conf::Var;

Found text_or_none(std::string_view text) { return text.empty() ? Found{} : text; }
Found text_or_none(const char* text) { return text == nullptr ? Found{} : text_or_none(std::string_view(text)); }

void append_hex(unsigned value, int digits, std::string& out) {
  constexpr char letters[] = "0123456789abcdef";
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out.push_back(letters[value >> shift & 15]);
}

Found hexadecimal(const unsigned char* bytes, std::size_t size, RequestContext& context) {
  Scratch text(context);
  for (std::size_t i = 0; i < size; ++i) append_hex(bytes[i], 2, text.text);
  return text_or_none(text.keep());
}

/// A name, or what has none by its number on the wire.
void append_name(const char* name, unsigned number, std::string& out) {
  if (!out.empty()) out.push_back(':');
  if (name != nullptr) {
    out.append(name);
  } else {
    append_hex(number, 4, out.append("0x"));
  }
}

void append_group(int id, std::string& out) {
  const bool is_known = (id & TLSEXT_nid_unknown) == 0;
  append_name(is_known ? OBJ_nid2sn(id) : nullptr, static_cast<unsigned>(id) & 0xffff, out);
}

Found curve(SSL* ssl, RequestContext& context) {
  const long id = SSL_get_negotiated_group(ssl);
  if (id == NID_undef) return {};
  Scratch text(context);
  append_group(static_cast<int>(id), text.text);
  return text.keep();
}

/// What the client offers.
Found curves(SSL* ssl, RequestContext& context) {
  constexpr long most = 512;
  int ids[most];
  const long count = SSL_get1_groups(ssl, nullptr);
  if (count <= 0 || count > most) return {};
  SSL_get1_groups(ssl, ids);
  Scratch text(context);
  for (long i = 0; i < count; ++i) append_group(ids[i], text.text);
  return text.keep();
}

Found ciphers(SSL* ssl, RequestContext& context) {
  unsigned char* list = nullptr;
  const std::size_t each = SSL_get0_raw_cipherlist(ssl, nullptr);
  const std::size_t size = SSL_get0_raw_cipherlist(ssl, &list);
  Scratch text(context);
  for (std::size_t i = 0; each == 2 && i + 1 < size; i += 2) {
    const SSL_CIPHER* cipher = SSL_CIPHER_find(ssl, list + i);
    append_name(cipher == nullptr ? nullptr : SSL_CIPHER_get_name(cipher),
                static_cast<unsigned>(list[i]) << 8 | list[i + 1], text.text);
  }
  return text_or_none(text.keep());
}

Found alpn(const SSL* ssl) {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &name, &size);
  return text_or_none(std::string_view(reinterpret_cast<const char*>(name), size));
}

Found session_id(const SSL* ssl, RequestContext& context) {
  const SSL_SESSION* session = SSL_get_session(ssl);
  if (session == nullptr) return {};
  unsigned size = 0;
  const unsigned char* id = SSL_SESSION_get_id(session, &size);
  return hexadecimal(id, size, context);
}

// ---- the client's certificate ----

/// What WRITE prints.
template <class Write>
std::string_view printed(RequestContext& context, Write write) {
  BIO* out = BIO_new(BIO_s_mem());
  if (out == nullptr) return {};
  write(out);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  const std::string_view text = context.arena.copy({data, static_cast<std::size_t>(size)});
  BIO_free(out);
  return text;
}

std::string_view pem(X509* certificate, RequestContext& context) {
  return printed(context, [&](BIO* out) { PEM_write_bio_X509(out, certificate); });
}

/// As a value of a field could once continue on lines that begin with a tab.
std::string_view folded_pem(X509* certificate, RequestContext& context) {
  std::string_view text = pem(certificate, context);
  if (text.ends_with('\n')) text.remove_suffix(1);
  Scratch folded(context);
  for (const char c : text) {
    folded.text.push_back(c);
    if (c == '\n') folded.text.push_back('\t');
  }
  return folded.keep();
}

std::string_view escaped_pem(X509* certificate, RequestContext& context) {
  constexpr char digits[] = "0123456789ABCDEF";
  Scratch escaped(context);
  for (const char c : pem(certificate, context)) {
    const bool is_unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                               c == '.' || c == '_' || c == '~';
    const auto byte = static_cast<unsigned char>(c);
    if (is_unreserved) escaped.text.push_back(c);
    else escaped.text.append({'%', digits[byte >> 4], digits[byte & 15]});
  }
  return escaped.keep();
}

std::string_view name(const X509_NAME* name, RequestContext& context) {
  return printed(context, [&](BIO* out) { X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253); });
}

std::string_view legacy_name(const X509_NAME* name, RequestContext& context) {
  char* text = X509_NAME_oneline(name, nullptr, 0);
  const std::string_view kept = text == nullptr ? std::string_view{} : context.arena.copy(text);
  OPENSSL_free(text);
  return kept;
}

std::string_view time(const ASN1_TIME* time, RequestContext& context) {
  return printed(context, [&](BIO* out) { ASN1_TIME_print(out, time); });
}

/// Whole days until TIME.
std::string_view days_until(const ASN1_TIME* time, const RequestContext& context, NumberBuffer& buffer) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  const std::int64_t left = ::timegm(&parts) - context.clock->wall_ms() / 1000;
  return write_number(left < 0 ? 0 : left / 86400, buffer);
}

Found fingerprint(const X509* certificate, RequestContext& context) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha1(), digest, &size) != 1) return {};
  return hexadecimal(digest, size, context);
}

Found verification(const SSL* ssl, RequestContext& context) {
  if (SSL_get0_peer_certificate(ssl) == nullptr) return "NONE";
  const long verdict = SSL_get_verify_result(ssl);
  if (verdict == X509_V_OK) return "SUCCESS";
  Scratch text(context);
  text.text.append("FAILED:").append(X509_verify_cert_error_string(verdict));
  return text.keep();
}

Found of_certificate(Var id, X509* certificate, RequestContext& context, NumberBuffer& buffer) {
  switch (id) {
    case Var::ssl_client_cert: return folded_pem(certificate, context);
    case Var::ssl_client_raw_cert: return pem(certificate, context);
    case Var::ssl_client_escaped_cert: return escaped_pem(certificate, context);
    case Var::ssl_client_s_dn: return text_or_none(name(X509_get_subject_name(certificate), context));
    case Var::ssl_client_i_dn: return text_or_none(name(X509_get_issuer_name(certificate), context));
    case Var::ssl_client_s_dn_legacy: return text_or_none(legacy_name(X509_get_subject_name(certificate), context));
    case Var::ssl_client_i_dn_legacy: return text_or_none(legacy_name(X509_get_issuer_name(certificate), context));
    case Var::ssl_client_serial:
      return printed(context, [&](BIO* out) { i2a_ASN1_INTEGER(out, X509_get0_serialNumber(certificate)); });
    case Var::ssl_client_fingerprint: return fingerprint(certificate, context);
    case Var::ssl_client_v_start: return time(X509_get0_notBefore(certificate), context);
    case Var::ssl_client_v_end: return time(X509_get0_notAfter(certificate), context);
    case Var::ssl_client_v_remain: return days_until(X509_get0_notAfter(certificate), context, buffer);
    default: return {};
  }
}

}  // namespace

Found find_tls_variable(Var id, RequestContext& context, NumberBuffer& buffer) {
  SSL* ssl = context.connection == nullptr ? nullptr : context.connection->ssl;
  if (ssl == nullptr) return {};
  switch (id) {
    case Var::ssl_alpn_protocol: return alpn(ssl);
    case Var::ssl_cipher: return text_or_none(SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)));
    case Var::ssl_ciphers: return ciphers(ssl, context);
    case Var::ssl_curve: return curve(ssl, context);
    case Var::ssl_curves: return curves(ssl, context);
    case Var::ssl_client_verify: return verification(ssl, context);
    case Var::ssl_early_data: return context.is_early ? Found("1") : Found{};
    case Var::ssl_protocol: return text_or_none(SSL_get_version(ssl));
    case Var::ssl_server_name: return text_or_none(std::string_view(tls::ServerSession::of(ssl).name()));
    case Var::ssl_session_id: return session_id(ssl, context);
    case Var::ssl_session_reused: return SSL_session_reused(ssl) == 1 ? "r" : ".";
    default: break;
  }
  X509* certificate = SSL_get0_peer_certificate(ssl);
  return certificate == nullptr ? Found{} : of_certificate(id, certificate, context, buffer);
}

}  // namespace drishti::context
