#pragma once
// The names that we use in Redis, all below the prefix and the zone: `drishti:ZONE:e:{HEX}` an entry, `:l:` its lock,
// `:r:` its last removal, remembered for some minutes, `:b:{HEX}:TOKEN:N` a block of its body, `:bans:{ZONE}:...` what was purged
// by prefix or tag. HEX in braces is the hash of the key text: in a cluster all that belongs to one entry is in one slot.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/cache_key.hpp"

namespace drishti::cache::redis {

class Keys {
 public:
  Keys(std::string_view prefix, std::string_view zone);

  std::string entry(const KeyHash& hash) const { return hashed('e', hash); }
  std::string lock(const KeyHash& hash) const { return hashed('l', hash); }
  std::string removal(const KeyHash& hash) const { return hashed('r', hash); }
  std::string block(const KeyHash& hash, std::uint64_t token, std::uint32_t number) const;
  const std::string& bans() const { return bans_; }               ///< sorted set: kind and text by number
  const std::string& ban_number() const { return ban_number_; }   ///< the newest number

  /// What the invalidation connection asks to be told of. No two overlap, as Redis wants it.
  std::vector<std::string> tracked() const;
  enum class Kind : char { entry = 'e', lock = 'l', removal = 'r' };
  struct Named {
    Kind kind;
    KeyHash hash;
  };
  /// Whose entry, lock or removal NAME is.
  std::optional<Named> read(std::string_view name) const;
  bool is_about_bans(std::string_view name) const { return name.starts_with(bans_); }

 private:
  std::string hashed(char kind, const KeyHash& hash) const;
  std::string base_, bans_, ban_number_;
};

/// 16 hexadecimal digits.
std::string hex_of(std::uint64_t number);

}  // namespace drishti::cache::redis
