#include "conf/address_range.hpp"

#include <arpa/inet.h>

#include <cstring>

#include "conf/units.hpp"

namespace drishti::conf {
namespace {

constexpr std::string_view mapped_prefix{"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12};

/// The bytes that are compared: four for IPv4, whatever family it came in.
std::string_view plain_ip(const SocketAddress& address) {
  std::string_view bytes = address.binary_ip();
  if (bytes.size() == 16 && bytes.starts_with(mapped_prefix)) bytes.remove_prefix(mapped_prefix.size());
  return bytes;
}

}  // namespace

std::optional<AddressRange> AddressRange::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = SocketAddress::from_ip(text.substr(0, slash), 0);
  if (!address) return std::nullopt;
  const std::string_view bytes = address->binary_ip();
  AddressRange range;
  range.size_ = bytes.size();
  range.bits_ = static_cast<unsigned>(8 * bytes.size());
  std::memcpy(range.bytes_.data(), bytes.data(), bytes.size());
  if (slash == text.npos) return range;
  const auto bits = parse_number(text.substr(slash + 1));
  if (!bits || *bits > range.bits_) return std::nullopt;
  range.bits_ = static_cast<unsigned>(*bits);
  return range;
}

bool AddressRange::has_low_bits() const {
  for (unsigned bit = bits_; bit < 8 * size_; ++bit)
    if ((bytes_[bit / 8] >> (7 - bit % 8) & 1) != 0) return true;
  return false;
}

std::string AddressRange::text() const {
  char ip[INET6_ADDRSTRLEN] = {};
  inet_ntop(size_ == 4 ? AF_INET : AF_INET6, bytes_.data(), ip, sizeof ip);
  return std::string(ip) + "/" + std::to_string(bits_);
}

bool AddressRange::contains(const SocketAddress& address) const {
  const std::string_view ip = plain_ip(address);
  if (ip.size() != size_) return false;
  const std::size_t whole = bits_ / 8;
  if (std::memcmp(ip.data(), bytes_.data(), whole) != 0) return false;
  if (bits_ % 8 == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - bits_ % 8));
  return ((static_cast<std::uint8_t>(ip[whole]) ^ bytes_[whole]) & mask) == 0;
}

}  // namespace drishti::conf
