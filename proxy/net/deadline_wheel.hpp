#pragma once
// Coarse deadlines for one worker: arming and disarming is a store in the common case, whatever the number of timers.
// A timer that is moved later or disarmed stays where it is queued and is looked at again when its old slot comes.

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

namespace drishti::net {

class DeadlineWheel {
 public:
  using Steady = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::milliseconds tick{8};  ///< the precision of every deadline

  /// One deadline; lives inside the object it belongs to. Its destructor takes it out of the wheel.
  class Timer {
   public:
    using Callback = void (*)(Timer&);
    explicit Timer(Callback fire) : fire_(fire) {}
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    ~Timer() { unlink(); }
    bool armed() const { return deadline_ != 0; }

   private:
    friend class DeadlineWheel;
    void unlink();
    Timer** link_ = nullptr;  ///< the pointer that points to this timer; null when in no slot
    Timer* next_ = nullptr;
    std::uint64_t deadline_ = 0;  ///< in ticks; 0 = disarmed
    std::uint64_t queued_ = 0;    ///< the tick of the slot it stands in
    Callback fire_;
  };

  explicit DeadlineWheel(Steady start);
  ~DeadlineWheel() = default;
  DeadlineWheel(const DeadlineWheel&) = delete;
  DeadlineWheel& operator=(const DeadlineWheel&) = delete;

  /// The callback runs once, from advance(), not before DEADLINE and at most a tick late (plus the loop's own delay).
  void arm(Timer& timer, Steady deadline);
  void disarm(Timer& timer) { timer.deadline_ = 0; }
  /// Fires what is due. The callbacks may arm, disarm and destroy any timer.
  void advance(Steady now);
  /// When advance() has something to look at next; nullopt: never.
  std::optional<Steady> next_wakeup() const;

 private:
  static constexpr std::size_t slots = 4096;  // 32 s a revolution; later deadlines are queued again on the way
  std::uint64_t tick_of(Steady time) const;
  static void link(Timer*& list, Timer& timer);
  void insert(Timer& timer, std::uint64_t at);
  void run_slot(std::uint64_t at);

  Steady start_;
  std::uint64_t now_ = 1;  ///< last tick that was run
  Timer* running_ = nullptr;  ///< the list of the slot being run
  std::array<Timer*, slots> first_{};
  std::array<std::uint64_t, slots / 64> used_{};
};

}  // namespace drishti::net
