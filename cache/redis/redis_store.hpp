#pragma once
// The shared layer in Redis, of one zone, for one worker. Its thread only.

#include <functional>
#include <string>

#include "cache/entry_codec.hpp"
#include "cache/redis/change_hub.hpp"
#include "cache/redis/client.hpp"
#include "cache/redis/keys.hpp"
#include "cache/redis/refusal.hpp"
#include "cache/shared_store.hpp"

namespace drishti::cache::redis {

struct RedisStoreOptions {
  std::string prefix = "drishti:";
  std::string zone;
  EntryLimits limits;
  std::uint32_t block_size = 256 << 10;       ///< bytes; a larger body stands in blocks of that size
  std::uint32_t blocks_at_once = 4;           ///< read by one command
  std::uint64_t bytes_per_ms = 20 << 10;      ///< what a large value's deadline is extended for
  /// What this worker put was removed while it was fetched: the copy in memory, which may be as old, goes, too.
  std::function<void(const KeyHash&)> on_outdated;
  /// A ban that this worker made, before the others are told: so that it holds when ban() answers.
  std::function<void(const Ban&)> on_ban;
  RefusalLog* refusals = nullptr;             ///< of the zone; outlives the store
};

class RedisStore : public SharedStore {
 public:
  /// All outlive it; POST runs a function on this worker's thread.
  RedisStore(Client& client, ClientServices services, ChangeHub& hub, ChangeHub::Post post, RedisStoreOptions options);

  bool is_available() const override { return client_.is_available(); }
  bool may_use_memory() const override { return hub_.is_live() || !client_.is_available(); }
  net::Task<SharedResult> get(std::string_view key) override;
  net::Task<std::optional<SharedTicket>> ticket(std::string_view key) override;
  net::Task<bool> put(StoredResponsePtr response, std::chrono::milliseconds keep, SharedTicket ticket) override;
  net::Task<bool> remove(std::string_view key) override;
  net::Task<LockStatus> lock(std::string_view key, std::uint64_t token, std::chrono::milliseconds lease) override;
  net::Task<void> unlock(std::string_view key, std::uint64_t token) override;
  net::Task<void> wait_for_change(std::string_view key, std::chrono::milliseconds most) override;
  net::Task<bool> ban(Ban::Kind kind, std::string_view text) override;

 protected:
  bool answered(const CallResult& result);
  net::milliseconds allowance(std::uint64_t bytes) const;

  Client& client_;
  net::Reactor& reactor_;
  RedisMetrics& metrics_;
  net::ErrorLog& log_;
  RedisStoreOptions options_;

 private:
  net::Task<void> take_ticket(KeyHash hash, std::optional<SharedTicket>& ticket);
  bool is_too_old(const SharedTicket& ticket) const;
  net::Task<StoredResponsePtr> decoded(std::string_view key, const KeyHash& hash, const std::string& bytes);
  net::Task<bool> read_blocks(const KeyHash& hash, const DecodedEntry& entry, std::vector<BodyBlock>& blocks);
  bool take_blocks(Reply& reply, const DecodedEntry& entry, std::size_t wanted, std::vector<BodyBlock>& blocks);
  net::Task<bool> write_blocks(const KeyHash& hash, const StoredResponse& response, std::chrono::milliseconds keep);
  net::Task<bool> publish(const KeyHash& hash, std::string value, std::chrono::milliseconds keep, SharedTicket ticket);
  net::Task<bool> set(std::string name, std::string_view value, std::chrono::milliseconds keep);
  void forget(const std::string& name);

  ChangeHub& hub_;
  ChangeHub::Post post_;
  Keys keys_;
};

}  // namespace drishti::cache::redis
