#pragma once
// proxy_limit_rate: how fast a response is taken from its upstream. One a response.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "net/clock.hpp"

namespace drishti::request {

class ReadRate {
 public:
  /// RATE in bytes a second; 0 = no limit.
  ReadRate(std::uint64_t rate, net::Clock::Steady begun) : rate_(rate), begun_(begun) {}

  void count(std::uint64_t bytes) { taken_ += bytes; }
  /// How long to wait before the next read.
  std::chrono::milliseconds delay(net::Clock::Steady now) const {
    if (rate_ == 0) return {};
    const std::chrono::milliseconds due(taken_ / rate_ * 1000 + taken_ % rate_ * 1000 / rate_);
    return std::max(std::chrono::milliseconds(0), std::chrono::ceil<std::chrono::milliseconds>(begun_ + due - now));
  }
  /// The most that the next read may take of SIZE: a second's worth.
  std::size_t most(std::size_t size) const { return rate_ == 0 ? size : std::min<std::uint64_t>(size, rate_); }

 private:
  std::uint64_t rate_;
  net::Clock::Steady begun_;
  std::uint64_t taken_ = 0;
};

}  // namespace drishti::request
