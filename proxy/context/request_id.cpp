#include "context/request_id.hpp"

#include <sys/random.h>

#include <array>
#include <bit>
#include <random>

namespace drishti::context {
namespace {

/// xoshiro256** (Blackman, Vigna), seeded by the kernel.
class Generator {
 public:
  Generator() {
    if (getrandom(state_.data(), sizeof state_, 0) == static_cast<ssize_t>(sizeof state_)) return;
    std::random_device device;  // getrandom is missing or was interrupted
    for (auto& word : state_) word = (std::uint64_t{device()} << 32) | device();
  }
  std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace

void write_random_hex(char (&out)[32]) {
  thread_local Generator generator;
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < sizeof out; ++i) {
    if (i % 16 == 0) word = generator.next();
    out[i] = "0123456789abcdef"[word & 15];
    word >>= 4;
  }
}

std::string_view request_id(RequestContext& context) {
  if (context.request_id.empty()) {
    char text[32];
    write_random_hex(text);
    context.request_id = context.arena.copy({text, sizeof text});
  }
  return context.request_id;
}

}  // namespace drishti::context
