#pragma once
// Keeps L1 coherent: whatever changes in Redis below our prefix, by whomever, drops the copy in this process. Redis's client
// side caching in broadcast mode, redirected to a second connection, as RESP2 has it: the listener subscribes to
// __redis__:invalidate, the tracker asks for the broadcasts. While either is gone changes are missed, so that L1 is emptied
// when one is lost, and again when both are back. One a process and zone; on the thread of its reactor.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cache/ban_list.hpp"
#include "cache/memory_store.hpp"
#include "cache/redis/change_hub.hpp"
#include "cache/redis/client.hpp"
#include "cache/redis/keys.hpp"
#include "cache/redis/refusal.hpp"

namespace drishti::cache::redis {

class TrackingPair;

struct InvalidationOptions {
  std::string prefix = "drishti:";
  std::string zone;
  bool middleware = false;           ///< entries are the middleware's (middleware_format.hpp)
  net::milliseconds heartbeat{250};  ///< how often both connections are asked for a sign of life
  net::milliseconds timeout{500};    ///< of that sign
  /// Somebody removed this: what is being fetched of it is outdated, too. Not called for entries that merely changed.
  std::function<void(const KeyHash&)> on_removal;
  /// Bans that were not known yet, by number; all of them at first. Called before L1 counts as coherent again.
  std::function<void(const std::vector<Ban>&)> on_bans;
  RefusalLog* refusals = nullptr;    ///< of the zone; outlives it
};

class Invalidation : public std::enable_shared_from_this<Invalidation> {
 public:
  /// Held by a shared_ptr. All outlive it; MEMORY and HUB are of the zone.
  Invalidation(const RedisUrl& url, ClientServices services, MemoryStore& memory, ChangeHub& hub,
               InvalidationOptions options);
  ~Invalidation();
  void start();
  /// Empties L1 and ends the connections in the next turn of the loop. Nothing is called any more.
  void stop();
  /// Whether every change is seen just now. Any thread: ChangeHub::is_live().
  bool is_live() const { return hub_.is_live(); }

 private:
  void forget_all();
  void on_key(const std::string& name);
  void on_flush();
  void pair_changed();
  void follow_masters(const std::vector<Node>& masters);
  std::shared_ptr<TrackingPair> make_pair(std::unique_ptr<AddressSource> source);
  net::Task<void> follow_bans(std::shared_ptr<Invalidation> self);
  bool take_bans(const CallResult& result);

  ClientServices services_;
  MemoryStore& memory_;
  ChangeHub& hub_;
  InvalidationOptions options_;
  Keys keys_;
  std::unique_ptr<Client> client_;   ///< reads the bans
  ConnectionOptions connection_;
  std::vector<std::shared_ptr<TrackingPair>> pairs_;   ///< one; of a cluster one for each of `masters_`
  std::vector<Node> masters_;
  Signal bans_are_due_;
  std::uint64_t newest_ban_ = 0;
  std::uint64_t round_ = 0;   ///< counts the times that the pairs went up or down
  bool are_up_ = false;
  bool stopped_ = false;
};

}  // namespace drishti::cache::redis
