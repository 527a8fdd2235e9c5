#include "http/proxy_header.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "http/crc32c.hpp"
#include "http/proxy_tlv.hpp"

namespace drishti::http {
namespace {

constexpr std::string_view v1_start = "PROXY ";
constexpr std::string_view v2_start{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t v2_head = 16;  ///< signature, version and command, family, length
constexpr std::size_t most_unique_id = 128;

ProxyHeaderResult refused(std::string_view reason) { return {ProxyHeaderState::refused, 0, reason}; }

/// As far as BYTES go.
bool begins_like(std::string_view bytes, std::string_view start) {
  return bytes.starts_with(start.substr(0, bytes.size()));
}

// ---- version 1 ------------------------------------------------------------------------------------------------------

/// The word up to the next space (or the end), and the space, taken off TEXT.
std::string_view take_word(std::string_view& text) {
  const auto space = text.find(' ');
  const std::string_view word = text.substr(0, space);
  text.remove_prefix(space == text.npos ? text.size() : space + 1);
  return word;
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return port;
}

std::optional<SocketAddress> address_of(std::string_view ip, std::string_view port, int family) {
  const auto number = port_of(port);
  if (!number || ip.starts_with('[')) return std::nullopt;
  const auto address = SocketAddress::from_ip(ip, *number);
  if (!address || address->family() != family) return std::nullopt;
  return address;
}

/// LINE: between `PROXY ` and CRLF.
bool read_line(std::string_view line, ProxyHeader& header) {
  const bool has_one_space = std::ranges::count(line, ' ') == 4;
  const std::string_view protocol = take_word(line);
  if (protocol == "UNKNOWN") return true;  // whatever follows says nothing
  if ((protocol != "TCP4" && protocol != "TCP6") || !has_one_space) return false;
  const std::string_view source = take_word(line), destination = take_word(line);
  const std::string_view source_port = take_word(line), destination_port = take_word(line);
  const int family = protocol == "TCP4" ? AF_INET : AF_INET6;
  const auto from = address_of(source, source_port, family), to = address_of(destination, destination_port, family);
  if (!from || !to) return false;
  header.source = *from;
  header.destination = *to;
  header.has_addresses = true;
  return true;
}

ProxyHeaderResult parse_v1(std::string_view bytes, ProxyHeader& header) {
  const std::string_view allowed = bytes.substr(0, most_proxy_header_v1);
  const auto end = allowed.find_first_of(std::string_view("\r\n\0", 3));
  if (end == allowed.npos || (allowed[end] == '\r' && end + 1 == allowed.size())) {
    if (bytes.size() >= most_proxy_header_v1) return refused("line is too long");
    return {};
  }
  if (allowed.substr(end, 2) != "\r\n") return refused("line has no proper end");
  if (!read_line(allowed.substr(v1_start.size(), end - v1_start.size()), header)) return refused("malformed line");
  return {ProxyHeaderState::done, end + 2, {}};
}

// ---- version 2 ------------------------------------------------------------------------------------------------------

enum Family : std::uint8_t { unspecified = 0, inet = 1, inet6 = 2, unix_socket = 3 };
enum Transport : std::uint8_t { stream = 1 };

std::size_t address_block(std::uint8_t family) {
  switch (family) {
    case inet: return 12;
    case inet6: return 36;
    case unix_socket: return 216;
    default: return 0;
  }
}

SocketAddress ip4(std::string_view ip, std::size_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  std::memcpy(&address.sin_addr, ip.data(), 4);
  return {reinterpret_cast<const sockaddr*>(&address), sizeof address};
}

SocketAddress ip6(std::string_view ip, std::size_t port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(static_cast<std::uint16_t>(port));
  std::memcpy(&address.sin6_addr, ip.data(), 16);
  return {reinterpret_cast<const sockaddr*>(&address), sizeof address};
}

void read_addresses(std::string_view block, std::uint8_t family, ProxyHeader& header) {
  if (family != inet && family != inet6) return;
  const std::size_t size = family == inet ? 4 : 16;
  const auto make = family == inet ? ip4 : ip6;
  header.source = make(block.substr(0, size), number16(block, 2 * size));
  header.destination = make(block.substr(size, size), number16(block, 2 * size + 2));
  header.has_addresses = true;
}

/// CHECKSUM lies in HEADER, which counts as zero there.
bool is_checksum_right(std::string_view header, std::string_view checksum) {
  const auto at = static_cast<std::size_t>(checksum.data() - header.data());
  Crc32c crc;
  crc.update(header.substr(0, at));
  crc.update(std::string_view("\0\0\0\0", 4));
  crc.update(header.substr(at + 4));
  return crc.value() == number32(checksum, 0);
}

bool is_ssl_whole(std::string_view value) {
  if (value.size() < ssl_tlv_head) return false;
  TlvWalk walk(value.substr(ssl_tlv_head));
  while (walk.next()) {
  }
  return !walk.is_broken();
}

/// What is wrong with the fields of the WHOLE header; empty when nothing is.
std::string_view fault_of(std::string_view tlvs, std::string_view whole) {
  TlvWalk walk(tlvs);
  bool has_checksum = false;
  while (walk.next()) {
    if (walk.type() == tlv_type::ssl && !is_ssl_whole(walk.value())) return "malformed TLV in a TLV";
    if (walk.type() == tlv_type::unique_id && walk.value().size() > most_unique_id) return "unique id is too long";
    if (walk.type() != tlv_type::crc32c) continue;
    if (has_checksum || walk.value().size() != 4) return "malformed checksum";
    has_checksum = true;
    if (!is_checksum_right(whole, walk.value())) return "wrong checksum";
  }
  return walk.is_broken() ? "malformed TLV" : std::string_view();
}

ProxyHeaderResult parse_v2(std::string_view bytes, ProxyHeader& header) {
  if (bytes.size() < v2_head) return {};
  const std::uint8_t version = byte_at(bytes, 12) >> 4, command = byte_at(bytes, 12) & 15;
  const std::uint8_t family = byte_at(bytes, 13) >> 4, transport = byte_at(bytes, 13) & 15;
  const std::size_t size = v2_head + number16(bytes, 14);
  if (version != 2 || command > 1) return refused("unknown version or command");
  if (size > most_proxy_header) return refused("header is too large");
  if (bytes.size() < size) return {};
  if (command == 0) return {ProxyHeaderState::done, size, {}};  // LOCAL: the rest says nothing
  if (family > unix_socket || transport > stream) return refused("unknown family or transport");
  if (family == unspecified || transport != stream) return {ProxyHeaderState::done, size, {}};
  const std::size_t block = address_block(family);
  if (size - v2_head < block) return refused("addresses are cut off");
  const std::string_view whole = bytes.substr(0, size), tlvs = whole.substr(v2_head + block);
  if (const std::string_view fault = fault_of(tlvs, whole); !fault.empty()) return refused(fault);
  read_addresses(whole.substr(v2_head, block), family, header);
  header.tlvs = tlvs;
  return {ProxyHeaderState::done, size, {}};
}

std::optional<std::string_view> find_tlv(std::string_view fields, std::uint8_t type) {
  for (TlvWalk walk(fields); walk.next();)
    if (walk.type() == type) return walk.value();
  return std::nullopt;
}

// ---- writing --------------------------------------------------------------------------------------------------------

bool is_ip_pair(const SocketAddress& a, const SocketAddress& b) {
  return a.family() == b.family() && (a.family() == AF_INET || a.family() == AF_INET6);
}

void append16(std::size_t number, std::string& out) {
  out += static_cast<char>(number >> 8);
  out += static_cast<char>(number & 0xff);
}

}  // namespace

std::optional<std::string_view> ProxyHeader::tlv(std::uint8_t type) const { return find_tlv(tlvs, type); }

std::optional<std::string_view> ProxyHeader::ssl_tlv(std::uint8_t type) const {
  const auto ssl = tlv(tlv_type::ssl);
  return ssl ? find_tlv(ssl->substr(ssl_tlv_head), type) : std::nullopt;
}

std::optional<std::uint32_t> ProxyHeader::ssl_verify() const {
  const auto ssl = tlv(tlv_type::ssl);
  if (!ssl) return std::nullopt;
  return number32(*ssl, 1);
}

ProxyHeaderResult parse_proxy_header(std::string_view bytes, ProxyHeader& header) {
  header = {};
  if (begins_like(bytes, v1_start)) return bytes.size() < v1_start.size() ? ProxyHeaderResult{} : parse_v1(bytes, header);
  if (begins_like(bytes, v2_start)) return parse_v2(bytes, header);
  return refused("no PROXY header");
}

std::string proxy_header_v1(const SocketAddress& source, const SocketAddress& destination) {
  if (!is_ip_pair(source, destination)) return "PROXY UNKNOWN\r\n";
  std::string line = source.family() == AF_INET ? "PROXY TCP4 " : "PROXY TCP6 ";
  line.append(source.ip_text()).append(" ").append(destination.ip_text()).append(" ");
  line.append(std::to_string(source.port())).append(" ").append(std::to_string(destination.port()));
  return line + "\r\n";
}

std::string proxy_header_v2(const SocketAddress& source, const SocketAddress& destination) {
  std::string header(v2_start);
  const bool has_addresses = is_ip_pair(source, destination);
  header += has_addresses ? '\x21' : '\x20';
  if (!has_addresses) {
    header.append(3, '\0');
    return header;
  }
  header += source.family() == AF_INET ? '\x11' : '\x21';
  append16(source.family() == AF_INET ? address_block(inet) : address_block(inet6), header);
  header.append(source.binary_ip()).append(destination.binary_ip());
  append16(source.port(), header);
  append16(destination.port(), header);
  return header;
}

}  // namespace drishti::http
