#pragma once
// add_header, and the head that goes to the client.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.hpp"
#include "context/request_context.hpp"

namespace drishti::filters {

/// Adds the location's add_header fields that apply to context.response.status.
void apply_add_headers(context::RequestContext& context);

/// How the client's connection goes on, decided by the connection, written by the head.
struct ClientFraming {
  bool chunked = false;          ///< Transfer-Encoding: chunked
  bool keep_alive = false;       ///< false: Connection: close
  bool http10_keep_alive = false;///< the client spoke 1.0 with keep-alive: Connection: keep-alive is written
  bool upgrade = false;          ///< 101: Connection: upgrade, Upgrade stays among the fields
};

/// The fields of context.response as HTTP/2 sends them: names in lower case, the same order and guards, no framing. New
/// text lives in the request's arena.
void list_response_fields(std::string_view date, context::RequestContext& context, std::vector<http::Field>& out);
/// The name of FIELD in lower case.
std::string_view lower_case_name(const http::Field& field, net::Arena& arena);

/// Appends the complete HTTP/1.1 response head of context.response to OUT, in nginx's order: status line, Server, Date,
/// Content-Type, Content-Length, Transfer-Encoding, Connection, Keep-Alive, then the rest. `date` is the 29-byte HTTP
/// date of this second. A CR, LF or NUL in any generated value is dropped with the field (threat P10).
void write_response_head(const ClientFraming& framing, std::string_view date, context::RequestContext& context,
                         std::string& out);

}  // namespace drishti::filters
