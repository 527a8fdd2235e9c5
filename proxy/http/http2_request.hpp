#pragma once
// A head of HTTP/1.1 that we wrote, as fields of HTTP/2. RFC 9113 8.2, 8.3.1.

#include <string>
#include <string_view>
#include <vector>

#include "http/field.hpp"

namespace drishti::http {

/// Fields of a request; the views point into `text`.
struct Http2Request {
  std::string text;
  std::vector<Field> fields;
};

/// HEAD: a request of HTTP/1.1. What belongs to a connection of HTTP/1 stays behind; Host becomes :authority.
/// TRAILERS: the request says that it understands trailers (`te`).
void make_http2_request(std::string_view head, std::string_view scheme, bool trailers, Http2Request& request);

}  // namespace drishti::http
