#include "cache/memory_store.hpp"

#include <sys/random.h>

#include <algorithm>
#include <random>

#include "cache/memory_shard.hpp"

namespace drishti::cache {
namespace {

constexpr std::size_t shards = 64;
constexpr std::size_t small_share = 10;  ///< the small queue has 1/10 of the zone

KeyHash random_seed() {
  KeyHash seed;
  if (getrandom(&seed, sizeof seed, 0) == static_cast<ssize_t>(sizeof seed)) return seed;
  std::random_device device;  // getrandom is missing or was interrupted
  const auto word = [&] { return (std::uint64_t{device()} << 32) | device(); };
  return {word(), word()};
}

__extension__ using Wide = unsigned __int128;

}  // namespace

MemoryStore::MemoryStore(std::size_t capacity_bytes, MemoryOptions options)
    : options_(options),
      seed_(options.seed == KeyHash{} ? random_seed() : options.seed),
      capacity_(capacity_bytes),
      totals_(std::make_unique<MemoryTotals>()),
      shards_(std::make_unique<MemoryShard[]>(shards)) {
  for (std::size_t i = 0; i < shards; ++i) shards_[i].use(*totals_);
}

MemoryStore::~MemoryStore() = default;

/// Both halves of the product of the hash and a secret: who does not know the secret cannot choose the place.
std::uint64_t MemoryStore::place_of(const KeyHash& hash) const {
  const Wide product = static_cast<Wide>(hash.low ^ seed_.low) * (hash.high ^ seed_.high);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

MemoryShard& MemoryStore::shard_of(std::uint64_t place) const { return shards_[place >> 58]; }

std::size_t MemoryStore::largest() const { return capacity_ / std::max<std::size_t>(options_.largest_share, 1); }

StoredResponsePtr MemoryStore::find(const KeyHash& hash, std::string_view key) {
  const std::uint64_t place = place_of(hash);
  StoredResponsePtr response = shard_of(place).find(place);
  if (response != nullptr && response->key() != key) response.reset();
  return response;
}

Ticket MemoryStore::ticket(const KeyHash& hash) const {
  const std::uint64_t place = place_of(hash);
  return {shard_of(place).generation(place)};
}

bool MemoryStore::insert(const KeyHash& hash, StoredResponsePtr response, Ticket ticket) {
  const std::uint64_t place = place_of(hash);
  const std::size_t incoming = response != nullptr ? response->memory() : 0;
  const bool too_large = incoming > largest();
  if (too_large) shard_of(place).drop_overtaken(place, ticket.number);
  if (response == nullptr || too_large || !shard_of(place).insert(place, std::move(response), ticket.number)) {
    ++totals_->refused;
    return false;
  }
  make_room(place >> 58, incoming);
  return true;
}

bool MemoryStore::replace(const KeyHash& hash, const StoredResponsePtr& before, StoredResponsePtr after) {
  const std::uint64_t place = place_of(hash);
  const std::size_t incoming = after != nullptr ? after->memory() : 0;
  if (after == nullptr || incoming > largest() || !shard_of(place).replace_exactly(place, before, std::move(after))) return false;
  make_room(place >> 58, incoming);
  return true;
}

/// Evicts until all fits. A shard gives an entry only when it has as many as the average or more: so the shards stay
/// equal in entries, and together they evict as one queue would, however different the sizes are. What just came in
/// (INCOMING bytes) does not push itself out of a small queue that it fills alone.
void MemoryStore::make_room(std::size_t first_shard, std::size_t incoming) {
  std::size_t shard = first_shard;
  while (totals_->all_bytes() > capacity_) {
    const std::size_t most_small = std::max<std::size_t>(capacity_ / small_share, incoming);
    QueueName queue = totals_->bytes[0] > most_small ? QueueName::small : QueueName::main;
    if (totals_->entries[static_cast<std::size_t>(queue)] == 0)
      queue = queue == QueueName::small ? QueueName::main : QueueName::small;
    const std::uint64_t entries = totals_->entries[static_cast<std::size_t>(queue)];
    const auto count = [&] { return shards_[shard].count(queue); };
    for (std::size_t tries = 0; tries < shards && (count() == 0 || count() * shards < entries); ++tries)
      shard = (shard + 1) % shards;
    shards_[shard].evict(queue);
  }
}

bool MemoryStore::remove(const KeyHash& hash) {
  const std::uint64_t place = place_of(hash);
  return shard_of(place).remove(place);
}

void MemoryStore::clear() {
  for (std::size_t i = 0; i < shards; ++i) shards_[i].clear();
}

std::size_t MemoryStore::remove_if(const std::function<bool(const StoredResponse&)>& predicate) {
  std::size_t removed = 0;
  MemoryShard::Batch batch;
  for (std::size_t i = 0; i < shards; ++i) {
    shards_[i].outdate_tickets();
    for (std::size_t begin = 0; shards_[i].copy(begin, batch); begin += batch.size()) {
      for (std::size_t at = 0; at < batch.size(); ++at) {
        const StoredResponsePtr response = std::move(batch[at]);
        if (response != nullptr && predicate(*response)) removed += shards_[i].remove_exactly(begin + at, response);
      }
    }
  }
  return removed;
}

void MemoryStore::resize(std::size_t capacity_bytes) {
  capacity_ = capacity_bytes;
  make_room(0, 0);
}

MemoryStats MemoryStore::stats() const {
  return {totals_->entries[0] + totals_->entries[1], totals_->all_bytes(), totals_->evictions, totals_->refused,
          capacity_.load()};
}

}  // namespace drishti::cache
