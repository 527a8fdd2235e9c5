#pragma once
// Normalises the path of a request target exactly once, for matching and for proxy_pass with a URI (nginx $uri).

#include <cstdint>
#include <string>
#include <string_view>

namespace drishti::http {

struct NormalizedTarget {
  std::string_view path;       ///< decoded, dot segments resolved, slashes merged if asked; in `scratch` or the target
  std::string_view args;       ///< behind the first `?`, raw; "" when there is none
  bool has_args = false;       ///< a `?` was present
  bool is_plain = false;       ///< path equals the raw bytes before `?`
};

enum class UriError : std::uint8_t { none, bad_escape, forbidden_byte, above_root, not_absolute };

/// `target` is origin-form (begins with `/`). When the path needs no change the result views the target itself;
/// else it is written to `scratch` (at least target.size() bytes, owned by the caller's arena).
/// Refused: `#`, %00, %0d, %0a (P05), bad escapes (P06), `..` above the root (P01). Overlong UTF-8 stays bytes.
/// `%2f` decodes to `/`, and dot segments are found on decoded text, both as in nginx (P02, P03).
UriError normalize_target(std::string_view target, bool merge_slashes, char* scratch, NormalizedTarget& out);

/// Escapes what must not stand in a path sent upstream or in Location: controls, space, 0x7f and up, and any of
/// "#%<>?\^`{|} (NGX_ESCAPE_URI since nginx 1.21.1). Appends to `out`.
void escape_uri(std::string_view path, std::string& out);
/// For arguments (NGX_ESCAPE_ARGS): `&`, `+` and `;` as well. Appends to `out`.
void escape_args(std::string_view text, std::string& out);
/// Decodes %XX in place semantics of nginx's ngx_unescape_uri (invalid escapes are kept). Appends to `out`.
void unescape(std::string_view text, std::string& out);

/// The raw value of argument NAME (case-insensitive as nginx's $arg_), or "" .
std::string_view find_argument(std::string_view args, std::string_view name);
/// The value of cookie NAME in one Cookie field value.
std::string_view find_cookie(std::string_view cookie_field, std::string_view name);

}  // namespace drishti::http
