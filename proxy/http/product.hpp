#pragma once
// Name and version as the program says them on the wire: Server field, footer of error pages, $nginx_version.

#include <string_view>

namespace drishti::http {

inline constexpr std::string_view product_name = "drishti";              ///< with server_tokens off
inline constexpr std::string_view product_version = "0.1.0";
inline constexpr std::string_view product_with_version = "drishti/0.1.0";  ///< with server_tokens on
/// The nginx release whose behaviour is claimed: $nginx_version.
inline constexpr std::string_view compatible_nginx_version = "1.29.7";

}  // namespace drishti::http
