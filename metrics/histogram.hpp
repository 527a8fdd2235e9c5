#pragma once
// Latencies in fixed buckets of integers: two additions an observation, one writing thread.

#include <array>
#include <bit>
#include <chrono>
#include <cstdint>

#include "metrics/counter.hpp"

namespace drishti::metrics {

/// Upper bounds of the buckets, inclusive, in nanoseconds: 0.5 ms to 10 s. 3 s stands for the usual 2.5 because it is the
/// limit that the scaling rules watch, and a limit is only seen exactly on a bound.
inline constexpr std::array<std::uint64_t, 14> latency_bounds{
    500'000,     1'000'000,   2'500'000,     5'000'000,     10'000'000,    25'000'000,    50'000'000,
    100'000'000, 250'000'000, 500'000'000, 1'000'000'000, 3'000'000'000, 5'000'000'000, 10'000'000'000};
inline constexpr std::size_t latency_buckets = latency_bounds.size() + 1;  ///< the last one has no bound

namespace detail {

// No octave holds two bounds: the number of bits of a value leads to its bucket or to the one before.
constexpr std::array<std::uint8_t, 65> first_buckets() {
  std::array<std::uint8_t, 65> first{};
  for (std::size_t bits = 0, bucket = 0; bits < first.size(); ++bits) {
    const std::uint64_t least = bits == 0 ? 0 : std::uint64_t{1} << (bits - 1);
    while (bucket < latency_bounds.size() && latency_bounds[bucket] < least) ++bucket;
    first[bits] = static_cast<std::uint8_t>(bucket);
  }
  return first;
}

constexpr bool octaves_are_enough() {
  for (std::size_t i = 1; i < latency_bounds.size(); ++i)
    if (std::bit_width(latency_bounds[i]) == std::bit_width(latency_bounds[i - 1])) return false;
  return true;
}
static_assert(octaves_are_enough());

}  // namespace detail

/// The bucket of a duration of NS nanoseconds.
constexpr std::size_t latency_bucket(std::uint64_t ns) {
  constexpr auto first = detail::first_buckets();
  const std::size_t bucket = first[static_cast<std::size_t>(std::bit_width(ns))];
  return bucket + (bucket < latency_bounds.size() && ns > latency_bounds[bucket] ? 1 : 0);
}

class Histogram {
 public:
  /// A negative duration counts as 0.
  void observe(std::chrono::nanoseconds duration) {
    const auto ns = static_cast<std::uint64_t>(duration.count() < 0 ? 0 : duration.count());
    buckets_[latency_bucket(ns)].add();
    sum_ns_.add(ns);
  }
  std::uint64_t bucket(std::size_t i) const { return buckets_[i].value(); }
  std::uint64_t sum_ns() const { return sum_ns_.value(); }

 private:
  std::array<Counter, latency_buckets> buckets_;
  Counter sum_ns_;
};

/// The sum of several workers' histograms.
struct HistogramTotals {
  std::array<std::uint64_t, latency_buckets> buckets{};
  std::uint64_t sum_ns = 0;

  void add(const Histogram& histogram) {
    for (std::size_t i = 0; i < latency_buckets; ++i) buckets[i] += histogram.bucket(i);
    sum_ns += histogram.sum_ns();
  }
};

}  // namespace drishti::metrics
