#pragma once
// Parsed message heads. Filled by head_parser; views point into the connection's buffer.

#include <cstdint>
#include <string_view>
#include <vector>

#include "http/field.hpp"

namespace drishti::http {

enum class Method : std::uint8_t { other, get, head, post, put, delete_, options, patch, connect, trace, purge, lock,
                                   unlock, mkcol, copy, move, propfind, proppatch };

/// Exact, case-sensitive (RFC 9110 9.1).
Method method_of(std::string_view token);

/// How the end of a body is found. RFC 9112 6.3.
enum class BodyKind : std::uint8_t { none, length, chunked, until_close };

struct BodyFraming {
  BodyKind kind = BodyKind::none;
  std::uint64_t length = 0;  ///< kind == length
};

struct RequestHead {
  Method method = Method::other;
  std::string_view method_text;
  std::string_view request_line;  ///< the whole line without CRLF: $request
  std::string_view target;        ///< as received; of an absolute-form the part from the path on: $request_uri
  std::string_view host;          ///< lower case not applied; without port, an IPv6 address with brackets; from the
                                  ///< authority of the target, else Host; "" only for HTTP/1.0 without both
  std::string_view host_port;     ///< the port as text, or ""
  int version = 11;               ///< 10, 11 or 20
  FieldList fields;               ///< with ignored ones (underscores) already dropped
  BodyFraming body;
  bool keep_alive = true;         ///< what the client wants (version, Connection)
  bool expect_continue = false;
  bool wants_upgrade = false;     ///< Connection: upgrade and an Upgrade field other than h2c, no body, HTTP/1.1
  std::vector<char> target_storage;  ///< holds `target` when it stands nowhere in the buffer (`http://host?query`)

  void clear();
  /// The OLD_SIZE bytes that the views point into were moved from OLD_BASE to NEW_BASE.
  void rebase(const char* old_base, std::size_t old_size, const char* new_base);
};

struct ResponseHead {
  int status = 0;
  int version = 11;
  std::string_view reason;
  FieldList fields;
  BodyFraming body;         ///< for the method of the request (HEAD: none)
  bool keep_alive = true;   ///< whether the upstream connection may be used again after a clean end
  std::uint32_t keep_alive_timeout_seconds = 0;  ///< `Keep-Alive: timeout=`; 0 = not said

  void clear();
  /// As RequestHead::rebase().
  void rebase(const char* old_base, std::size_t old_size, const char* new_base);
};

/// Reason phrase as nginx writes it (302 is "Moved Temporarily"); "" for an unknown status.
std::string_view reason_phrase(int status);

}  // namespace drishti::http
