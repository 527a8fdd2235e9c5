#pragma once
// A plain value for IPv4, IPv6 and unix socket addresses; wraps sockaddr so that conf, net and upstream share one type.

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace drishti {

class SocketAddress {
 public:
  SocketAddress() = default;
  SocketAddress(const sockaddr* address, socklen_t length);

  /// An IP literal (IPv6 with or without brackets) and a port; nullopt when `ip` is not a literal.
  static std::optional<SocketAddress> from_ip(std::string_view ip, std::uint16_t port);
  /// A unix socket path; nullopt when it does not fit into sockaddr_un.
  static std::optional<SocketAddress> from_unix(std::string_view path);

  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  sockaddr* data() { return reinterpret_cast<sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }
  void set_size(socklen_t size) { size_ = size; }
  int family() const { return storage_.ss_family; }
  bool is_unix() const { return family() == AF_UNIX; }
  /// 0.0.0.0 or [::]: all addresses of the machine.
  bool is_any() const;
  std::uint16_t port() const;
  void set_port(std::uint16_t port);

  /// `127.0.0.1`, `::1`, or `unix:` for unix sockets: nginx's $remote_addr.
  std::string ip_text() const;
  /// `127.0.0.1:80`, `[::1]:80`, `unix:/path`: nginx's $upstream_addr.
  std::string text() const;
  /// The address without the port in network order (4 or 16 bytes; empty for unix): nginx's $binary_remote_addr.
  std::string_view binary_ip() const;

  friend bool operator==(const SocketAddress& a, const SocketAddress& b) {
    return a.size_ == b.size_ && std::memcmp(&a.storage_, &b.storage_, a.size_) == 0;
  }
  friend bool operator<(const SocketAddress& a, const SocketAddress& b) {
    if (a.size_ != b.size_) return a.size_ < b.size_;
    return std::memcmp(&a.storage_, &b.storage_, a.size_) < 0;
  }

 private:
  union {
    sockaddr_storage storage_ = {};
    sockaddr_un unix_;
  };
  socklen_t size_ = 0;
};

static_assert(sizeof(SocketAddress) <= 136);

}  // namespace drishti
