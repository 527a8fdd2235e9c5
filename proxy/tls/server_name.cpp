#include "tls/server_name.hpp"

#include <openssl/tls1.h>

namespace drishti::tls {

bool read_server_name(std::span<const unsigned char> extension, std::string_view& name) {
  if (extension.size() < 5) return false;
  const std::size_t list = static_cast<std::size_t>(extension[0]) << 8 | extension[1];
  const std::size_t size = static_cast<std::size_t>(extension[3]) << 8 | extension[4];
  if (list + 2 != extension.size() || extension[2] != TLSEXT_NAMETYPE_host_name || size + 5 > extension.size()) return false;
  name = {reinterpret_cast<const char*>(extension.data()) + 5, size};
  return true;
}

std::string normal_host_name(std::string_view name) {
  if (name.find("..") != name.npos) return {};
  std::string host(name);
  if (host.ends_with('.')) host.pop_back();
  if (host.empty() || host.size() > 255 || host.front() == '.') return {};
  for (char& c : host) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    const bool is_allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    if (!is_allowed) return {};
  }
  return host;
}

}  // namespace drishti::tls
