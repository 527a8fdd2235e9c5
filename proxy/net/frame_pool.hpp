#pragma once
// Memory of coroutine frames and of other small things that come and go with a request: recycled by size, last in first
// out, one pool a thread.

#include <cstddef>

namespace drishti::net {

void* allocate_frame(std::size_t size);
void release_frame(void* frame, std::size_t size) noexcept;

}  // namespace drishti::net
