#pragma once
// Removals that the shared layer could not be told, because it could not be reached: what it still has under these keys is
// outdated and is not used, and they are made up for as soon as it answers again. In this process only: a restart forgets
// them. Bounded: beyond `most` keys everything in the zone counts as removed. Any thread.

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace drishti::cache {

class PendingRemovals {
 public:
  static constexpr std::size_t most = 10'000;

  void add(std::string key);
  /// The usual answer costs one load.
  bool any() const { return any_.load(std::memory_order_acquire); }
  /// Whether what the shared layer has under KEY is outdated.
  bool hides(std::string_view key) const;

  /// What is to be removed, for one caller at a time, who calls give_back() at the end.
  struct Work {
    std::vector<std::string> keys;
    bool everything = false;  ///< too many to list
    bool empty() const { return keys.empty() && !everything; }
  };
  Work take();
  void done(const std::string& key);
  void everything_done();
  void give_back();

 private:
  void update();

  mutable std::mutex mutex_;
  std::unordered_set<std::string> keys_;
  bool everything_ = false;
  bool is_taken_ = false;
  std::atomic<bool> any_{false};
};

}  // namespace drishti::cache
