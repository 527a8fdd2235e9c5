#pragma once
// What a request needs while it is in progress and an idle connection must not own. Recycled by the worker.

#include <string>

#include "context/request_context.hpp"
#include "http/body_decoder.hpp"
#include "http/head_parser.hpp"
#include "net/buffer_pool.hpp"

namespace drishti::server {

struct RequestState {
  explicit RequestState(const net::Clock& clock) : context(clock) {}
  context::RequestContext context;
  http::RequestParser parser;
  http::BodyDecoder decoder;
  net::Buffer body_buffer;  ///< body bytes read behind the head's buffer
  std::string out;          ///< the response head
  std::string last_chunk;   ///< with trailers; "": there are none
  std::string unsent;       ///< framed bytes of the response that the socket did not take yet
};

}  // namespace drishti::server
