#include "conf/socket_address.hpp"

#include <gtest/gtest.h>

namespace drishti {
namespace {

TEST(SocketAddress, ReadsAndWritesIpv4) {
  const auto address = SocketAddress::from_ip("127.0.0.1", 8080);
  ASSERT_TRUE(address);
  EXPECT_EQ(address->family(), AF_INET);
  EXPECT_EQ(address->port(), 8080);
  EXPECT_EQ(address->ip_text(), "127.0.0.1");
  EXPECT_EQ(address->text(), "127.0.0.1:8080");
  EXPECT_EQ(address->binary_ip(), std::string_view("\x7f\0\0\1", 4));
}

TEST(SocketAddress, ReadsAndWritesIpv6WithAndWithoutBrackets) {
  const auto address = SocketAddress::from_ip("[::1]", 80);
  ASSERT_TRUE(address);
  EXPECT_EQ(*address, *SocketAddress::from_ip("::1", 80));
  EXPECT_EQ(address->ip_text(), "::1");
  EXPECT_EQ(address->text(), "[::1]:80");
  EXPECT_EQ(address->binary_ip().size(), 16u);
}

TEST(SocketAddress, NamesAreNotAddresses) {
  for (const auto* text : {"", "localhost", "1.2.3", "256.1.1.1", "[::1", "::1]", "1.2.3.4 ", "[]", "01.2.3.4x"})
    EXPECT_FALSE(SocketAddress::from_ip(text, 80)) << text;
}

TEST(SocketAddress, ReadsAndWritesUnixPaths) {
  const auto address = SocketAddress::from_unix("/run/app.sock");
  ASSERT_TRUE(address);
  EXPECT_TRUE(address->is_unix());
  EXPECT_EQ(address->text(), "unix:/run/app.sock");
  EXPECT_EQ(address->ip_text(), "unix:");
  EXPECT_EQ(address->binary_ip(), "");
  EXPECT_EQ(address->port(), 0);
}

TEST(SocketAddress, UnixPathsMustFit) {
  EXPECT_FALSE(SocketAddress::from_unix(""));
  EXPECT_TRUE(SocketAddress::from_unix(std::string(107, 'x')));
  EXPECT_FALSE(SocketAddress::from_unix(std::string(108, 'x')));
}

TEST(SocketAddress, ThePortCanBeChanged) {
  auto v4 = *SocketAddress::from_ip("10.0.0.1", 1);
  auto v6 = *SocketAddress::from_ip("fe80::1", 1);
  v4.set_port(65535);
  v6.set_port(443);
  EXPECT_EQ(v4.text(), "10.0.0.1:65535");
  EXPECT_EQ(v6.text(), "[fe80::1]:443");
}

TEST(SocketAddress, ComparesAddressAndPort) {
  const auto one = *SocketAddress::from_ip("10.0.0.1", 1);
  EXPECT_EQ(one, *SocketAddress::from_ip("10.0.0.1", 1));
  EXPECT_FALSE(one == *SocketAddress::from_ip("10.0.0.1", 2));
  EXPECT_FALSE(one == *SocketAddress::from_ip("10.0.0.2", 1));
  EXPECT_FALSE(one == *SocketAddress::from_unix("/x"));
  const auto two = *SocketAddress::from_ip("10.0.0.2", 1);
  EXPECT_NE(one < two, two < one);
}

TEST(SocketAddress, AnUnknownAddressIsEmpty) {
  const SocketAddress address;
  EXPECT_EQ(address.text(), "");
  EXPECT_EQ(address.ip_text(), "");
}

}  // namespace
}  // namespace drishti
