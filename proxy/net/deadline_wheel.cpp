#include "net/deadline_wheel.hpp"

#include <algorithm>
#include <bit>

namespace drishti::net {

void DeadlineWheel::Timer::unlink() {
  if (!link_) return;
  *link_ = next_;
  if (next_) next_->link_ = link_;
  link_ = nullptr;
  next_ = nullptr;
}

DeadlineWheel::DeadlineWheel(Steady start) : start_(start) {}

std::uint64_t DeadlineWheel::tick_of(Steady time) const {
  if (time <= start_) return 1;
  return static_cast<std::uint64_t>((time - start_) / tick) + 1;
}

void DeadlineWheel::link(Timer*& list, Timer& timer) {
  timer.next_ = list;
  if (list) list->link_ = &timer.next_;
  list = &timer;
  timer.link_ = &list;
}

void DeadlineWheel::insert(Timer& timer, std::uint64_t at) {
  timer.queued_ = std::clamp(at, now_ + 1, now_ + slots - 1);
  std::size_t slot = timer.queued_ % slots;
  used_[slot / 64] |= std::uint64_t{1} << (slot % 64);
  link(first_[slot], timer);
}

void DeadlineWheel::arm(Timer& timer, Steady deadline) {
  // One tick is added because the tick of `deadline` itself begins before it.
  timer.deadline_ = tick_of(deadline) + 1;
  if (timer.link_ && timer.queued_ <= timer.deadline_) return;
  timer.unlink();
  insert(timer, timer.deadline_);
}

void DeadlineWheel::run_slot(std::uint64_t at) {
  std::size_t slot = at % slots;
  used_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
  running_ = first_[slot];
  first_[slot] = nullptr;
  if (running_) running_->link_ = &running_;
  while (running_) {
    Timer& timer = *running_;
    timer.unlink();
    if (timer.deadline_ == 0) continue;
    if (timer.deadline_ > at) {
      insert(timer, timer.deadline_);
      continue;
    }
    timer.deadline_ = 0;
    timer.fire_(timer);
  }
}

void DeadlineWheel::advance(Steady now) {
  std::uint64_t target = tick_of(now);
  if (target > now_ + slots) now_ = target - slots;  // after a long pause every slot is run once
  while (now_ < target) {
    ++now_;
    std::size_t slot = now_ % slots;
    if (used_[slot / 64] >> (slot % 64) & 1) run_slot(now_);
  }
}

std::optional<DeadlineWheel::Steady> DeadlineWheel::next_wakeup() const {
  std::size_t from = (now_ + 1) % slots;
  for (std::size_t i = 0; i <= slots / 64; ++i) {
    std::size_t word = (from / 64 + i) % (slots / 64);
    std::uint64_t bits = used_[word];
    if (i == 0) bits &= ~std::uint64_t{0} << (from % 64);
    if (i == slots / 64) bits &= ~(~std::uint64_t{0} << (from % 64));
    if (bits == 0) continue;
    std::size_t slot = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
    std::uint64_t distance = (slot + slots - from) % slots;
    return start_ + tick * static_cast<std::int64_t>(now_ + distance);  // where tick now_ + 1 + distance begins
  }
  return std::nullopt;
}

}  // namespace drishti::net
