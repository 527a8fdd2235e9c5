#pragma once

#include <chrono>
#include <thread>

namespace drishti::testing {

/// How long a test waits for what has to come. Only a test that fails waits so long, so it is generous: a sanitizer takes
/// its time, and the machine may have other work.
inline constexpr std::chrono::seconds patience{20};

/// Asks until it is so; false when the deadline passed.
template <class Holds>
bool eventually(const Holds& holds, std::chrono::milliseconds deadline = patience) {
  for (auto end = std::chrono::steady_clock::now() + deadline; std::chrono::steady_clock::now() < end;) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return holds();
}

}  // namespace drishti::testing
