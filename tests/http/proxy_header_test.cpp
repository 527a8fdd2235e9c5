#include "http/proxy_header.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "http/crc32c.hpp"

namespace drishti::http {
namespace {

using State = ProxyHeaderState;

std::string text_of(const ProxyHeader& header) {
  return header.has_addresses ? header.source.text() + " > " + header.destination.text() : "-";
}

/// What comes of TEXT, which all came at once: the addresses, `more`, or the reason of the refusal.
std::string verdict(std::string_view text) {
  ProxyHeader header;
  const ProxyHeaderResult result = parse_proxy_header(text, header);
  if (result.state == State::need_more) return "more";
  if (result.state == State::refused) return std::string(result.reason);
  EXPECT_LE(result.size, text.size());
  return text_of(header);
}

std::string tlv(int type, std::string_view value) {
  std::string bytes(1, static_cast<char>(type));
  bytes += static_cast<char>(value.size() >> 8);
  bytes += static_cast<char>(value.size() & 0xff);
  return bytes.append(value);
}

/// A header of version 2; REST follows the first 14 bytes and the length of it.
std::string v2(std::string_view rest, int version_command = 0x21, int family = 0x11) {
  std::string header("\r\n\r\n\0\r\nQUIT\n", 12);
  header += static_cast<char>(version_command);
  header += static_cast<char>(family);
  header += static_cast<char>(rest.size() >> 8);
  header += static_cast<char>(rest.size() & 0xff);
  return header.append(rest);
}

const std::string block4("\x01\x02\x03\x04\x0a\x00\x00\x01\x10\x00\x00\x50", 12);

/// With a correct checksum at the end.
std::string with_checksum(const std::string& rest) {
  std::string header = v2(rest + tlv(3, std::string(4, '\0')));
  Crc32c crc;
  crc.update(header);
  for (int i = 0; i < 4; ++i)
    header[header.size() - 4 + static_cast<std::size_t>(i)] = static_cast<char>(crc.value() >> (24 - 8 * i));
  return header;
}

TEST(ProxyHeaderV1, ReadsWhatTheSpecificationAllows) {
  EXPECT_EQ(verdict("PROXY TCP4 1.2.3.4 10.0.0.1 56324 443\r\n"), "1.2.3.4:56324 > 10.0.0.1:443");
  EXPECT_EQ(verdict("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\nGET"),
            "255.255.255.255:65535 > 255.255.255.255:65535");
  EXPECT_EQ(verdict("PROXY TCP6 2001:db8::1 ::1 0 80\r\n"), "[2001:db8::1]:0 > [::1]:80");
  EXPECT_EQ(verdict("PROXY UNKNOWN\r\n"), "-");
  EXPECT_EQ(verdict("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n"), "-");
}

TEST(ProxyHeaderV1, RefusesEverythingElse) {
  const std::vector<std::string> malformed{
      "PROXY \r\n", "PROXY TCP4\r\n", "PROXY tcp4 1.2.3.4 1.2.3.4 1 2\r\n", "PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n", "PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n", "PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n", "PROXY TCP4 ::1 ::1 1 2\r\n",
      "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n", "PROXY TCP6 [::1] [::1] 1 2\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4  2\r\n",
      "PROXY TCP4 01.2.3.4 1.2.3.4 1 2\r\n", "PROXY UNKNOWNS\r\n", "PROXY TCP4 1.2.3.4\t1.2.3.4 1 2 x\r\n"};
  for (const std::string& line : malformed) EXPECT_EQ(verdict(line), "malformed line") << line;
  for (const std::string& text : {std::string("GET / HTTP/1.1\r\n"), std::string("proxy TCP4"), std::string("PROXX"),
                                  std::string("\r\n\r\nx"), std::string("\x16\x03\x01", 3)})
    EXPECT_EQ(verdict(text), "no PROXY header") << text;
  for (const std::string& text : {std::string("PROXY UNKNOWN\n"), std::string("PROXY UNKNOWN\rx\r\n"),
                                  std::string("PROXY UNKNOWN \0\r\n", 17)})
    EXPECT_EQ(verdict(text), "line has no proper end");
}

TEST(ProxyHeaderV1, ALineEndsWithin107Bytes) {
  const std::string longest = "PROXY UNKNOWN " + std::string(107 - 16, 'x');
  EXPECT_EQ(verdict(longest + "\r\n"), "-");
  EXPECT_EQ(verdict(longest + "x\r\n"), "line is too long");
  EXPECT_EQ(verdict(longest + "xx"), "line is too long") << "without waiting for more";
  EXPECT_EQ(verdict(longest + "x"), "more");
}

TEST(ProxyHeaderV2, ReadsAddressesOfBothFamilies) {
  EXPECT_EQ(verdict(v2(block4)), "1.2.3.4:4096 > 10.0.0.1:80");
  std::string block6(36, '\0');
  block6[0] = '\x20', block6[1] = '\x01', block6[15] = '\x01', block6[31] = '\x02', block6[33] = '\x07', block6[35] = '\x50';
  EXPECT_EQ(verdict(v2(block6, 0x21, 0x21)), "[2001::1]:7 > [::2]:80");
}

TEST(ProxyHeaderV2, LocalUnknownAndUnixSaySo) {
  EXPECT_EQ(verdict(v2("", 0x20, 0x00)), "-");
  EXPECT_EQ(verdict(v2(block4, 0x20, 0x11)), "-") << "LOCAL: the addresses are not looked at";
  EXPECT_EQ(verdict(v2("anything", 0x20, 0xff)), "-");
  EXPECT_EQ(verdict(v2("", 0x21, 0x00)), "-");
  EXPECT_EQ(verdict(v2(std::string(216, 'x'), 0x21, 0x31)), "-");
}

TEST(ProxyHeaderV2, RefusesWhatIsNotExactlyRight) {
  EXPECT_EQ(verdict(v2(block4, 0x11)), "unknown version or command");
  EXPECT_EQ(verdict(v2(block4, 0x22)), "unknown version or command");
  EXPECT_EQ(verdict(v2(block4, 0x21, 0x41)), "unknown family or transport");
  EXPECT_EQ(verdict(v2(block4, 0x21, 0x12)), "unknown family or transport") << "datagrams over a stream";
  EXPECT_EQ(verdict(v2(block4.substr(1))), "addresses are cut off");
  EXPECT_EQ(verdict(v2(block4, 0x21, 0x21)), "addresses are cut off");
  EXPECT_EQ(verdict(v2("", 0x21, 0x31)), "addresses are cut off");
  EXPECT_EQ(verdict(v2(std::string(4081, '\0'), 0x20)), "header is too large");
  EXPECT_EQ(verdict(v2(std::string(4081, '\0'), 0x20).substr(0, 16)), "header is too large") << "known from the length";
  EXPECT_EQ(verdict(v2(block4 + tlv(4, std::string(4080 - 12 - 3, '\0')))), "1.2.3.4:4096 > 10.0.0.1:80");
}

TEST(ProxyHeaderV2, RefusesWrongLengthsOfTlvs) {
  const std::string right = tlv(1, "h2");
  for (std::size_t cut = 1; cut < right.size(); ++cut)
    EXPECT_EQ(verdict(v2(block4 + right.substr(0, cut))), "malformed TLV") << cut;
  EXPECT_EQ(verdict(v2(block4 + right + "\x01")), "malformed TLV");
  EXPECT_EQ(verdict(v2(block4 + std::string("\x01\xff\xff", 3) + "h2")), "malformed TLV");
  EXPECT_EQ(verdict(v2(block4 + tlv(5, std::string(129, 'x')))), "unique id is too long");
  EXPECT_EQ(verdict(v2(block4 + tlv(0x20, "1234"))), "malformed TLV in a TLV");
  EXPECT_EQ(verdict(v2(block4 + tlv(0x20, std::string("\x01\0\0\0\0\x21\x00\x09", 8) + "TLSv1.3"))), "malformed TLV in a TLV");
}

TEST(ProxyHeaderV2, AChecksumHasToBeRight) {
  const std::string right = with_checksum(block4 + tlv(1, "h2"));
  EXPECT_EQ(verdict(right), "1.2.3.4:4096 > 10.0.0.1:80");
  const std::size_t type = right.size() - 7;  // another type would be no checksum
  for (std::size_t i = 16; i < right.size(); ++i) {
    if (i == type) continue;
    std::string wrong = right;
    wrong[i] = static_cast<char>(wrong[i] ^ 1);
    EXPECT_NE(verdict(wrong), "1.2.3.4:4096 > 10.0.0.1:80") << i;
  }
  EXPECT_EQ(verdict(v2(block4 + tlv(3, "abc"))), "malformed checksum");
  EXPECT_EQ(verdict(v2(block4 + tlv(3, "abcd"))), "wrong checksum");
  Crc32c crc;
  crc.update("123456789");
  EXPECT_EQ(crc.value(), 0xe3069283U) << "the check value of CRC-32C";
}

TEST(ProxyHeaderV2, TlvsAreFoundByTheirType) {
  ProxyHeader header;
  const std::string ssl = std::string("\x01\0\0\0\x05", 5) + tlv(0x21, "TLSv1.3") + tlv(0x22, "client");
  const std::string text = v2(block4 + tlv(1, "h2") + tlv(2, "a.test") + tlv(0x20, ssl) + tlv(1, "second"));
  ASSERT_EQ(parse_proxy_header(text, header).state, State::done);
  EXPECT_EQ(header.tlv(1), "h2");
  EXPECT_EQ(header.tlv(2), "a.test");
  EXPECT_EQ(header.tlv(0xee), std::nullopt);
  EXPECT_EQ(header.ssl_tlv(0x21), "TLSv1.3");
  EXPECT_EQ(header.ssl_tlv(0x22), "client");
  EXPECT_EQ(header.ssl_tlv(0x23), std::nullopt);
  EXPECT_EQ(header.ssl_verify(), 5u);
  ProxyHeader without;
  ASSERT_EQ(parse_proxy_header(v2(block4), without).state, State::done);
  EXPECT_EQ(without.ssl_tlv(0x21), std::nullopt);
  EXPECT_EQ(without.ssl_verify(), std::nullopt);
}

TEST(ProxyHeader, EveryPrefixAsksForMore) {
  for (const std::string& text : {std::string("PROXY TCP4 1.2.3.4 10.0.0.1 56324 443\r\n"),
                                  std::string("PROXY UNKNOWN\r\n"), v2(block4 + tlv(1, "h2")), v2("", 0x20, 0)})
    for (std::size_t size = 0; size < text.size(); ++size) EXPECT_EQ(verdict(text.substr(0, size)), "more") << size;
}

TEST(ProxyHeader, WhatIsBehindItIsNotPartOfIt) {
  ProxyHeader header;
  for (const std::string& text : {std::string("PROXY UNKNOWN\r\n"), v2(block4)}) {
    const auto result = parse_proxy_header(text + "GET / HTTP/1.1\r\n", header);
    EXPECT_EQ(result.state, State::done);
    EXPECT_EQ(result.size, text.size());
  }
}

TEST(ProxyHeader, WhatIsWrittenIsReadBack) {
  const SocketAddress a = *SocketAddress::from_ip("192.0.2.1", 40000), b = *SocketAddress::from_ip("10.0.0.1", 80);
  const SocketAddress c = *SocketAddress::from_ip("2001:db8::1", 40000), d = *SocketAddress::from_ip("::1", 443);
  for (const auto make : {proxy_header_v1, proxy_header_v2}) {
    EXPECT_EQ(verdict(make(a, b)), "192.0.2.1:40000 > 10.0.0.1:80");
    EXPECT_EQ(verdict(make(c, d)), "[2001:db8::1]:40000 > [::1]:443");
    EXPECT_EQ(verdict(make(a, d)), "-") << "two families";
    EXPECT_EQ(verdict(make(*SocketAddress::from_unix("/s"), b)), "-");
  }
  EXPECT_EQ(proxy_header_v1(a, b), "PROXY TCP4 192.0.2.1 10.0.0.1 40000 80\r\n");
}

}  // namespace
}  // namespace drishti::http
