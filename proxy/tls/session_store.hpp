#pragma once
// ssl_session_cache: sessions by their ids, least recently used out first, bounded in bytes or in number. Outlives
// configurations. Any thread.

#include <array>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "tls/openssl_handles.hpp"

namespace drishti::tls {

class SessionStore {
 public:
  struct Limits {
    std::uint64_t bytes = ~std::uint64_t{0};
    std::uint64_t sessions = ~std::uint64_t{0};
  };
  explicit SessionStore(Limits limits) : limits_{limits.bytes / shards, limits.sessions / shards + 1} {}

  void add(SSL_SESSION* session);
  /// A copy of one's own, or null. OWNER: the session id context that it was made in.
  SessionPtr find(std::string_view id);
  void remove(SSL_SESSION* session);

 private:
  struct Entry {
    std::string id, session;  ///< encoded: an entry shares nothing with a connection of another thread
    std::uint64_t size() const { return id.size() + session.size() + overhead; }
  };
  using Order = std::list<Entry>;
  struct Shard {
    std::mutex mutex;
    Order order;  ///< the last used in front
    std::unordered_map<std::string_view, Order::iterator> by_id;
    std::uint64_t bytes = 0;
  };
  static constexpr std::size_t shards = 8;
  static constexpr std::uint64_t overhead = 160;  ///< of the list, the map and the allocations

  Shard& shard_of(std::string_view id) { return shards_[std::hash<std::string_view>{}(id) % shards]; }
  static void erase(Shard& shard, Order::iterator entry);

  Limits limits_;
  std::array<Shard, shards> shards_;
};

}  // namespace drishti::tls
