#include "server/send_rate.hpp"

#include <charconv>
#include <limits>

#include "context/variables.hpp"

namespace drishti::server {
namespace {

std::uint64_t rate_of(context::RequestContext& context, const conf::Template& text) {
  std::uint64_t rate = 0;
  std::string_view value = context::evaluate(text, context);
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), rate);
  if (error != std::errc{}) return 0;
  std::string_view unit(end, static_cast<std::size_t>(value.data() + value.size() - end));
  if (unit == "k" || unit == "K") return rate << 10;
  if (unit == "m" || unit == "M") return rate << 20;
  return rate;
}

std::uint64_t rate_now(context::RequestContext& context) {
  return context.limit_rate ? *context.limit_rate : rate_of(context, context.location->core.limit_rate);
}

}  // namespace

std::uint64_t SendRate::allowance(context::RequestContext& context) {
  const std::uint64_t rate = rate_now(context);
  if (rate == 0) return std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t free = rate_of(context, context.location->core.limit_rate_after);
  return rate + (free > context.body_bytes_sent ? free - context.body_bytes_sent : 0);
}

// At most about a second at a time, so that a worker that stops is not held up.
net::milliseconds SendRate::delay(context::RequestContext& context) {
  const std::uint64_t rate = rate_now(context);
  const auto now = context.clock->now();
  if (begin_ == net::Clock::Steady{}) begin_ = now;
  const std::uint64_t free = rate_of(context, context.location->core.limit_rate_after);
  if (rate == 0 || context.body_bytes_sent <= free) return net::milliseconds{0};
  const auto due = begin_ + net::milliseconds((context.body_bytes_sent - free) * 1000 / rate);
  return std::chrono::duration_cast<net::milliseconds>(due - now);
}

}  // namespace drishti::server
