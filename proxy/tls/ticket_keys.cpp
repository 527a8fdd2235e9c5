#include "tls/ticket_keys.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "tls/openssl_handles.hpp"

namespace drishti::tls {
namespace {

constexpr std::size_t iv_size = 16;

TicketKey random_key() {
  TicketKey key;
  const bool ok = RAND_bytes(key.name.data(), static_cast<int>(key.name.size())) == 1 &&
                  RAND_priv_bytes(key.hmac.data(), static_cast<int>(key.hmac.size())) == 1 &&
                  RAND_priv_bytes(key.aes.data(), static_cast<int>(key.aes.size())) == 1;
  if (!ok) throw TlsError("RAND_bytes() failed");
  return key;
}

TicketKey read_key(const std::string& path) {
  const std::unique_ptr<FILE, Deleter<std::fclose>> file(std::fopen(path.c_str(), "re"));
  if (!file) throw TlsError("open() \"" + path + "\" failed (" + std::to_string(errno) + ": " + std::strerror(errno) + ")");
  unsigned char bytes[81];
  const std::size_t size = std::fread(bytes, 1, sizeof bytes, file.get());
  if (size != 48 && size != 80) throw TlsError("\"" + path + "\" must be 48 or 80 bytes");
  TicketKey key;
  std::memcpy(key.name.data(), bytes, 16);
  key.size = size == 48 ? 16 : 32;
  // nginx's order: name, AES, HMAC in 48 bytes; name, HMAC, AES in 80.
  std::memcpy(size == 48 ? key.aes.data() : key.hmac.data(), bytes + 16, key.size);
  std::memcpy(size == 48 ? key.hmac.data() : key.aes.data(), bytes + 16 + key.size, key.size);
  OPENSSL_cleanse(bytes, sizeof bytes);
  return key;
}

// Fetched once: OpenSSL 3.0 takes locks for it.
const EVP_CIPHER* cipher_of(const TicketKey& key) {
  static const EVP_CIPHER* const aes128 = EVP_CIPHER_fetch(nullptr, "AES-128-CBC", nullptr);
  static const EVP_CIPHER* const aes256 = EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr);
  return key.size == 16 ? aes128 : aes256;
}

bool set_mac(EVP_MAC_CTX* mac, const TicketKey& key) {
  char digest[] = "SHA256";
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, const_cast<unsigned char*>(key.hmac.data()), key.size),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

}  // namespace

TicketKey::~TicketKey() {
  OPENSSL_cleanse(hmac.data(), hmac.size());
  OPENSSL_cleanse(aes.data(), aes.size());
}

TicketKeys::TicketKeys(Clock::time_point now) : rotates_at_(now + lifetime), is_random_(true) {
  keys_.push_back(random_key());
}

TicketKeys::TicketKeys(const std::vector<std::string>& files) : is_random_(false) {
  for (const std::string& file : files) keys_.push_back(read_key(file));
}

void TicketKeys::rotate(Clock::time_point now) {
  if (!is_random_ || now < rotates_at_) return;
  const std::lock_guard lock(mutex_);
  keys_.insert(keys_.begin(), random_key());
  if (keys_.size() > kept) keys_.resize(kept, keys_.front());
  rotates_at_ = now + lifetime;
}

const TicketKey* TicketKeys::find(const unsigned char* name) const {
  const auto found = std::ranges::find_if(
      keys_, [&](const TicketKey& key) { return CRYPTO_memcmp(key.name.data(), name, key.name.size()) == 0; });
  return found == keys_.end() ? nullptr : &*found;
}

int TicketKeys::encrypt(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  if (RAND_bytes(iv, iv_size) != 1) return -1;
  const std::lock_guard lock(mutex_);
  const TicketKey& key = keys_.front();
  std::memcpy(name, key.name.data(), key.name.size());
  return EVP_EncryptInit_ex(cipher, cipher_of(key), nullptr, key.aes.data(), iv) == 1 && set_mac(mac, key) ? 1 : -1;
}

int TicketKeys::decrypt(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  const std::lock_guard lock(mutex_);
  const TicketKey* key = find(name);
  if (key == nullptr) return 0;
  if (EVP_DecryptInit_ex(cipher, cipher_of(*key), nullptr, key->aes.data(), iv) != 1 || !set_mac(mac, *key)) return -1;
  return key == &keys_.front() ? 1 : 2;
}

}  // namespace drishti::tls
