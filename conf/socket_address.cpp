#include "conf/socket_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstddef>

namespace drishti {
namespace {

constexpr socklen_t unix_path_offset = offsetof(sockaddr_un, sun_path);

template <class T>
T read_as(const sockaddr* address) {
  T value{};
  std::memcpy(&value, address, sizeof value);
  return value;
}

}  // namespace

SocketAddress::SocketAddress(const sockaddr* address, socklen_t length)
    : size_(std::min<socklen_t>(length, sizeof storage_)) {
  std::memcpy(&storage_, address, size_);
}

std::optional<SocketAddress> SocketAddress::from_ip(std::string_view ip, std::uint16_t port) {
  if (ip.size() > 2 && ip.front() == '[' && ip.back() == ']') ip = ip.substr(1, ip.size() - 2);
  const std::string text(ip);
  sockaddr_in v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return SocketAddress(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
  }
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    return SocketAddress(reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
  }
  return std::nullopt;
}

std::optional<SocketAddress> SocketAddress::from_unix(std::string_view path) {
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof address.sun_path) return std::nullopt;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return SocketAddress(reinterpret_cast<const sockaddr*>(&address),
                       static_cast<socklen_t>(unix_path_offset + path.size() + 1));
}

bool SocketAddress::is_any() const {
  const std::string_view ip = binary_ip();
  return !ip.empty() && ip.find_first_not_of('\0') == std::string_view::npos;
}

std::uint16_t SocketAddress::port() const {
  if (family() == AF_INET) return ntohs(read_as<sockaddr_in>(data()).sin_port);
  if (family() == AF_INET6) return ntohs(read_as<sockaddr_in6>(data()).sin6_port);
  return 0;
}

void SocketAddress::set_port(std::uint16_t port) {
  const std::uint16_t network = htons(port);
  auto* bytes = reinterpret_cast<char*>(&storage_);
  if (family() == AF_INET) std::memcpy(bytes + offsetof(sockaddr_in, sin_port), &network, sizeof network);
  if (family() == AF_INET6) std::memcpy(bytes + offsetof(sockaddr_in6, sin6_port), &network, sizeof network);
}

std::string SocketAddress::ip_text() const {
  if (is_unix()) return "unix:";
  char text[INET6_ADDRSTRLEN] = {};
  const std::string_view ip = binary_ip();
  if (ip.empty() || inet_ntop(family(), ip.data(), text, sizeof text) == nullptr) return {};
  return text;
}

std::string SocketAddress::text() const {
  if (is_unix()) {
    if (size_ <= unix_path_offset) return "unix:";
    const auto* path = reinterpret_cast<const char*>(&storage_) + unix_path_offset;
    return "unix:" + std::string(path, strnlen(path, size_ - unix_path_offset));
  }
  const std::string ip = ip_text();
  if (ip.empty()) return {};
  return (family() == AF_INET6 ? "[" + ip + "]" : ip) + ":" + std::to_string(port());
}

std::string_view SocketAddress::binary_ip() const {
  const auto* bytes = reinterpret_cast<const char*>(&storage_);
  if (family() == AF_INET) return {bytes + offsetof(sockaddr_in, sin_addr), 4};
  if (family() == AF_INET6) return {bytes + offsetof(sockaddr_in6, sin6_addr), 16};
  return {};
}

}  // namespace drishti
