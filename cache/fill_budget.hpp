#pragma once
// How many bytes of a zone's responses may be on their way at once. They are beside the memory layer, which counts only what
// arrived whole: without a bound, many large responses at the same time would take any amount. Any thread.

#include <atomic>
#include <cstdint>
#include <memory>

namespace drishti::cache {

class FillBudget {
 public:
  /// A zone of less may still have a few large responses on their way.
  static constexpr std::uint64_t least = 16 << 20;

  explicit FillBudget(std::uint64_t most) : most_(most) {}

  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }

  /// What one fill has taken; given back when it ends. One thread at a time.
  class Share {
   public:
    Share() = default;
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    ~Share() {
      if (budget_) budget_->give_back(bytes_);
    }
    /// False when the budget has not that much left: nothing is taken then.
    bool grow_to(std::uint64_t bytes, const std::shared_ptr<FillBudget>& budget) {
      if (bytes <= bytes_) return true;
      if (!budget->take(bytes - bytes_)) return false;
      budget_ = budget;
      bytes_ = bytes;
      return true;
    }

   private:
    std::shared_ptr<FillBudget> budget_;
    std::uint64_t bytes_ = 0;
  };

 private:
  bool take(std::uint64_t bytes) {
    std::uint64_t used = used_.load(std::memory_order_relaxed);
    do {
      if (bytes > most_ || used > most_ - bytes) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    return true;
  }
  void give_back(std::uint64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  const std::uint64_t most_;
  std::atomic<std::uint64_t> used_{0};
};

}  // namespace drishti::cache
