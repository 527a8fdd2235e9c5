#pragma once
// Counts calls of operator new in the test program, which using this header brings in.

#include <cstddef>

namespace drishti::tests {

/// Allocations of this thread so far.
std::size_t allocation_count();

}  // namespace drishti::tests
