#include "cache/fetch_coalescer.hpp"

namespace drishti::cache {

FetchCoalescer::Joined FetchCoalescer::join(const KeyHash& hash, std::string_view key, Steady now,
                                            std::chrono::milliseconds age) {
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  auto [found, is_new] = shard.entries.try_emplace(hash);
  Entry& entry = found->second;
  if (!is_new) {
    if (entry.key != key) return {std::make_shared<Fill>(), true};  // another key of the same hash: not shared
    const Fill::State state = entry.fill->progress().state;
    const bool is_stuck = now - entry.begun >= age && state == Fill::State::waiting;
    const bool is_under_way = state == Fill::State::waiting || state == Fill::State::streaming;
    if (is_under_way && !is_stuck) {
      entry.fill->join();
      return {entry.fill, false};
    }
  }
  entry = {std::string(key), now, std::make_shared<Fill>()};
  return {entry.fill, true};
}

bool FetchCoalescer::is_under_way(const KeyHash& hash) {
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  return shard.entries.contains(hash);
}

void FetchCoalescer::leave(const KeyHash& hash, const std::shared_ptr<Fill>& fill) {
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.entries.find(hash);
  if (found != shard.entries.end() && found->second.fill == fill) shard.entries.erase(found);
}

}  // namespace drishti::cache
