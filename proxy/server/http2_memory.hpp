#pragma once
// The memory of HTTP/2 sessions: what a request takes and gives back comes from the worker's pool of coroutine frames,
// not from the heap. One thread: a session lives and ends on its worker.

#include <nghttp2/nghttp2.h>

namespace drishti::server {

nghttp2_mem* http2_memory();

}  // namespace drishti::server
