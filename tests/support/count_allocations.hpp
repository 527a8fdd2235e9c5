#pragma once
// Replaces operator new to count what the calling thread allocates. Include it in one source file of a test binary.
// Not inlined: g++ 12 takes inlined malloc and free for a mismatched pair.

#include <cstdlib>
#include <new>

namespace drishti::test {

inline thread_local std::size_t allocations = 0;

/// Allocations of this thread while WORK runs.
template <class Work>
std::size_t allocations_of(Work work) {
  const std::size_t before = allocations;
  work();
  return allocations - before;
}

}  // namespace drishti::test

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++drishti::test::allocations;
  if (void* p = std::malloc(size != 0 ? size : 1)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++drishti::test::allocations;
  return std::malloc(size != 0 ? size : 1);
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
