#pragma once
// A name server on 127.0.0.1 that answers what a test told it, over UDP, on a thread of its own.

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "conf/socket_address.hpp"

namespace drishti::test {

class FakeDns {
 public:
  enum class Kind { answer, servfail, nxdomain, silence, garbage };
  struct Record {
    std::vector<std::string> a, aaaa;
    std::uint32_t ttl = 60;
    Kind kind = Kind::answer;
    Kind kind_aaaa = Kind::answer;  ///< when kind == answer
  };

  FakeDns() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    SocketAddress any = *SocketAddress::from_ip("127.0.0.1", 0);
    ::bind(socket_, any.data(), any.size());
    socklen_t size = any.size();
    ::getsockname(socket_, any.data(), &size);
    address_ = any;
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }
  ~FakeDns() {
    thread_.request_stop();
    thread_.join();
    ::close(socket_);
  }

  const SocketAddress& address() const { return address_; }
  void set(const std::string& name, Record record) {
    std::lock_guard lock(mutex_);
    records_[name] = std::move(record);
  }
  /// NAME has the one address IP, for a second.
  void move(const std::string& name, const std::string& ip) {
    Record record;
    record.a = {ip};
    record.ttl = 1;
    set(name, std::move(record));
  }
  /// Questions for A of NAME so far.
  int asked(const std::string& name) {
    std::lock_guard lock(mutex_);
    return asked_[name];
  }

 private:
  static constexpr std::size_t header = 12;
  static constexpr std::uint16_t type_a = 1, type_aaaa = 28;

  void serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd ready{socket_, POLLIN, 0};
      if (::poll(&ready, 1, 20) <= 0) continue;
      std::array<char, 1500> packet;
      sockaddr_in client{};
      socklen_t size = sizeof client;
      auto* from = reinterpret_cast<sockaddr*>(&client);
      const auto got = ::recvfrom(socket_, packet.data(), packet.size(), 0, from, &size);
      if (got <= static_cast<ssize_t>(header)) continue;
      const std::string reply = answer({packet.data(), static_cast<std::size_t>(got)});
      if (!reply.empty()) ::sendto(socket_, reply.data(), reply.size(), 0, from, size);
    }
  }

  std::string answer(const std::string& query) {
    std::string name;
    std::size_t at = header;
    while (at < query.size() && query[at] != 0) {
      const auto length = static_cast<std::size_t>(query[at]);
      name += (name.empty() ? "" : ".") + query.substr(at + 1, length);
      at += length + 1;
    }
    if (at + 5 > query.size()) return {};
    const auto type = static_cast<std::uint16_t>(static_cast<unsigned char>(query[at + 2]));
    return reply(query, query.substr(header, at + 5 - header), type, look_up(name, type));
  }

  Record look_up(const std::string& name, std::uint16_t type) {
    std::lock_guard lock(mutex_);
    if (type == type_a) ++asked_[name];
    const auto known = records_.find(name);
    if (known == records_.end()) return {{}, {}, 0, Kind::nxdomain, Kind::nxdomain};
    Record record = known->second;
    if (type == type_aaaa && record.kind == Kind::answer) record.kind = record.kind_aaaa;
    return record;
  }

  static std::string reply(const std::string& query, const std::string& question, std::uint16_t type,
                           const Record& record) {
    if (record.kind == Kind::silence) return {};
    if (record.kind == Kind::garbage) return query.substr(0, 2) + "\xff\xff\xff";
    const char rcode = record.kind == Kind::servfail ? 2 : record.kind == Kind::nxdomain ? 3 : 0;
    const bool v4 = type == type_a;
    const auto addresses = record.kind != Kind::answer ? std::vector<std::string>{} : v4 ? record.a : record.aaaa;
    std::string text = query.substr(0, 2);
    text += {'\x81', static_cast<char>('\x80' | rcode), 0, 1, 0, static_cast<char>(addresses.size()), 0, 0, 0, 0};
    text += question;
    for (const std::string& address : addresses) {
      char binary[16];
      ::inet_pton(v4 ? AF_INET : AF_INET6, address.c_str(), binary);
      const std::uint32_t ttl = htonl(record.ttl);
      text += {'\xc0', '\x0c', 0, static_cast<char>(type), 0, 1};
      text.append(reinterpret_cast<const char*>(&ttl), 4);
      text += {0, static_cast<char>(v4 ? 4 : 16)};
      text.append(binary, v4 ? 4 : 16);
    }
    return text;
  }

  int socket_;
  SocketAddress address_;
  std::mutex mutex_;
  std::map<std::string, Record> records_;
  std::map<std::string, int> asked_;
  std::jthread thread_;
};

}  // namespace drishti::test
