#pragma once
// The ghost queue of S3-FIFO: which keys were lately evicted without a second use. Eight bytes a key: a fingerprint and
// the number of its eviction, four of them a bucket; a key whose eviction is too many evictions ago is forgotten.

#include <cstdint>
#include <vector>

namespace drishti::cache {

class GhostTable {
 public:
  /// Room for about COUNT keys; keeps those that it has.
  void grow(std::size_t count) {
    std::size_t buckets = 1;
    while (buckets * ways < count) buckets *= 2;
    if (buckets * ways <= slots_.size()) return;
    std::vector<Slot> before(buckets * ways);
    before.swap(slots_);
    for (const Slot& slot : before) {
      if (slot.number != 0) place(slot);
    }
  }

  void add(std::uint32_t fingerprint) {
    if (++evictions_ == 0) evictions_ = 1;
    if (!slots_.empty()) place({fingerprint, evictions_});
  }

  /// Whether FINGERPRINT was among the last WINDOW evictions; it is forgotten then.
  bool take(std::uint32_t fingerprint, std::size_t window) {
    if (slots_.empty()) return false;
    Slot* const bucket = bucket_of(fingerprint);
    for (Slot* slot = bucket; slot != bucket + ways; ++slot) {
      if (slot->number == 0 || slot->fingerprint != fingerprint) continue;
      const bool recent = evictions_ - slot->number < window;
      slot->number = 0;
      return recent;
    }
    return false;
  }

 private:
  static constexpr std::size_t ways = 4;
  struct Slot {
    std::uint32_t fingerprint = 0;
    std::uint32_t number = 0;  ///< 0: empty
  };

  Slot* bucket_of(std::uint32_t fingerprint) {
    return slots_.data() + (fingerprint & (slots_.size() / ways - 1)) * ways;
  }
  /// Over an empty slot, or the one of the oldest eviction.
  void place(Slot slot) {
    Slot* const bucket = bucket_of(slot.fingerprint);
    Slot* oldest = bucket;
    for (Slot* other = bucket; other != bucket + ways; ++other) {
      if (other->number == 0 || other->fingerprint == slot.fingerprint) {
        oldest = other;
        break;
      }
      if (evictions_ - other->number > evictions_ - oldest->number) oldest = other;
    }
    *oldest = slot;
  }

  std::vector<Slot> slots_;
  std::uint32_t evictions_ = 0;
};

}  // namespace drishti::cache
