#pragma once
// A part of MemoryStore with a lock of its own: hash chains over a pool of nodes, which stand in one of two queues.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "cache/ghost_table.hpp"
#include "cache/spin_lock.hpp"
#include "cache/stored_response.hpp"

namespace drishti::cache {

enum class QueueName : std::uint8_t { small, main };

/// Sums over all shards. Written under a shard's lock by what changes them; a hit does not.
struct MemoryTotals {
  std::array<std::atomic<std::uint64_t>, 2> entries{};  ///< by QueueName
  std::array<std::atomic<std::uint64_t>, 2> bytes{};
  std::atomic<std::uint64_t> evictions{0};
  std::atomic<std::uint64_t> refused{0};

  std::uint64_t all_bytes() const { return bytes[0] + bytes[1]; }
};

/// PLACE is the seeded hash of a key: different keys have different places, or replace each other.
class alignas(64) MemoryShard {
 public:
  /// Once, before any other use.
  void use(MemoryTotals& totals) { totals_ = &totals; }

  StoredResponsePtr find(std::uint64_t place);
  std::uint64_t generation(std::uint64_t place) const;
  /// False when GENERATION is no longer the one of PLACE.
  bool insert(std::uint64_t place, StoredResponsePtr response, std::uint64_t generation);
  /// False when BEFORE does not stand at PLACE any more.
  bool replace_exactly(std::uint64_t place, const StoredResponsePtr& before, StoredResponsePtr after);
  bool remove(std::uint64_t place);
  /// A response that does not fit came in its stead: no removal, tickets still hold.
  void drop_overtaken(std::uint64_t place, std::uint64_t generation);
  void clear();
  void outdate_tickets();
  /// Takes a few steps towards evicting one entry of QUEUE; the caller repeats until there is room.
  void evict(QueueName queue);
  /// Entries in QUEUE; may be read without the lock.
  std::size_t count(QueueName queue) const { return queue_of(queue).count.load(std::memory_order_relaxed); }

  static constexpr std::size_t batch = 128;
  using Batch = std::array<StoredResponsePtr, batch>;
  /// The responses of the nodes from number BEGIN on; false behind the last. Nodes never move.
  bool copy(std::size_t begin, Batch& responses) const;
  /// Removes node NUMBER if RESPONSE still stands there.
  bool remove_exactly(std::size_t number, const StoredResponsePtr& response);

 private:
  static constexpr std::uint32_t none = UINT32_MAX;
  static constexpr std::uint8_t most_uses = 3;
  static constexpr std::size_t generations = 64;
  static constexpr std::size_t chunk = 64;  ///< nodes
  static constexpr int most_steps = 32;     ///< of an eviction while the lock is held

  struct Node {
    std::uint64_t place = 0;
    StoredResponsePtr response;  ///< null: free, and `chain` is the next free one
    std::uint32_t chain = none;
    std::uint32_t newer = none, older = none;
    std::uint8_t uses = 0;  ///< hits since it came or was spared, up to most_uses
    QueueName queue = QueueName::small;
  };
  static_assert(sizeof(Node) + sizeof(std::uint32_t) + 2 * sizeof(std::uint64_t) <= StoredResponse::index_memory);

  struct Queue {
    std::uint32_t newest = none, oldest = none;
    std::atomic<std::uint32_t> count{0};
    std::uint64_t bytes = 0;
  };

  Node& node(std::uint32_t number) const { return nodes_[number / chunk][number % chunk]; }
  Queue& queue_of(QueueName name) { return queues_[static_cast<std::size_t>(name)]; }
  const Queue& queue_of(QueueName name) const { return queues_[static_cast<std::size_t>(name)]; }
  std::uint32_t& bucket(std::uint64_t place) { return buckets_[place & (buckets_.size() - 1)]; }
  std::uint64_t& generation_of(std::uint64_t place) { return generations_[(place >> 40) % generations]; }
  static std::uint32_t fingerprint(std::uint64_t place) { return static_cast<std::uint32_t>(place >> 16); }

  std::uint32_t number_of(std::uint64_t place);
  void add(std::uint64_t place, StoredResponsePtr response);
  StoredResponsePtr replace(std::uint32_t number, StoredResponsePtr response);
  StoredResponsePtr drop(std::uint32_t number);
  std::uint32_t take_free();
  void add_chunk();
  void grow_buckets();
  void unchain(std::uint32_t number);
  void push(std::uint32_t number, QueueName name);
  void unlink(std::uint32_t number);
  void count_bytes(QueueName name, std::uint64_t in, std::uint64_t out);
  void empty_queue(QueueName name);
  /// The victim at the old end of the small or main queue, or null when it was spared.
  StoredResponsePtr step(QueueName name);

  mutable SpinLock lock_;
  MemoryTotals* totals_ = nullptr;
  std::vector<std::uint32_t> buckets_;  ///< a power of two; the first node of each chain
  std::vector<std::unique_ptr<Node[]>> nodes_;
  std::uint32_t free_ = none;
  std::size_t entries_ = 0;
  std::array<Queue, 2> queues_;
  GhostTable ghosts_;
  std::array<std::uint64_t, generations> generations_{};
};

}  // namespace drishti::cache
