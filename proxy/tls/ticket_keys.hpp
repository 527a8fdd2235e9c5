#pragma once
// The keys that encrypt session tickets. Those of the process are random, change with time and outlive configurations;
// others come from files, to be shared between machines. Any thread.

#include <openssl/evp.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace drishti::tls {

struct TicketKey {
  std::array<unsigned char, 16> name;
  std::array<unsigned char, 32> hmac;
  std::array<unsigned char, 32> aes;
  std::size_t size = 32;  ///< of both keys: 16 for files of 48 bytes
  ~TicketKey();
};

class TicketKeys {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::hours lifetime{8};  ///< as one that encrypts; it decrypts for two more
  static constexpr std::size_t kept = 3;

  /// Random ones.
  explicit TicketKeys(Clock::time_point now = Clock::now());
  /// Of FILES, the first one encrypts. Throws TlsError.
  explicit TicketKeys(const std::vector<std::string>& files);

  /// OpenSSL's callback for tickets: 1 the key is there, 2 and the ticket is to be renewed, 0 no such key, -1 failure.
  int encrypt(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac);
  int decrypt(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac);

  /// A new key when the present one is old. Keys of files stay.
  void rotate(Clock::time_point now);

 private:
  const TicketKey* find(const unsigned char* name) const;
  std::mutex mutex_;
  std::vector<TicketKey> keys_;  ///< the first one encrypts
  Clock::time_point rotates_at_;
  bool is_random_;
};

}  // namespace drishti::tls
