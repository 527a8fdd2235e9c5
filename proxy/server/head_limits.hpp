#pragma once
// What a server's directives say about the size and the names of request heads.

#include "conf/config.hpp"
#include "http/head_parser.hpp"

namespace drishti::server {

inline http::HeadLimits head_limits_of(const conf::Server& server) {
  http::HeadLimits limits;
  limits.line = server.large_client_header_buffer_size;
  limits.total = std::max<std::size_t>(server.client_header_buffer_size,
                                       limits.line * static_cast<std::size_t>(server.large_client_header_buffers));
  limits.fields = 1000;
  limits.underscores = server.underscores_in_headers;
  limits.ignore_invalid = server.ignore_invalid_headers;
  return limits;
}

}  // namespace drishti::server
