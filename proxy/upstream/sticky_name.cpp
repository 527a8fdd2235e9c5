#include "upstream/sticky_name.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <span>

namespace drishti::upstream {
namespace {

constexpr std::size_t kept_bytes = 16;  // of a MAC: as long as MD5

std::string hex(std::span<const unsigned char> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::string digest_of(const std::string& secret, std::string_view address) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(address.data());
  const bool is_made =
      secret.empty() ? EVP_Digest(bytes, address.size(), digest, &size, EVP_md5(), nullptr) == 1
                     : HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes, address.size(), digest,
                            &size) != nullptr;
  return is_made && size >= kept_bytes ? hex({digest, kept_bytes}) : std::string();
}

}  // namespace

std::string sticky_name(const conf::StickySettings& settings, const std::string& route, std::string_view address) {
  if (!settings.is_on()) return {};
  if (!route.empty() || settings.kind == conf::StickySettings::Kind::route) return route;
  return digest_of(settings.secret, address);
}

}  // namespace drishti::upstream
