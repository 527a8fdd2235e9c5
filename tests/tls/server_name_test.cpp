#include "tls/server_name.hpp"

#include <gtest/gtest.h>

namespace drishti::tls {
namespace {

using namespace std::string_literals;

/// The name in EXTENSION, or "malformed".
std::string read(const std::string& extension) {
  std::string_view name;
  const std::span<const unsigned char> bytes(reinterpret_cast<const unsigned char*>(extension.data()), extension.size());
  return read_server_name(bytes, name) ? std::string(name) : "malformed";
}

TEST(ServerName, IsReadFromTheExtension) {
  EXPECT_EQ(read("\0\x09\0\0\x06"s + "a.test"), "a.test");
  EXPECT_EQ(read("\0\x03\0\0\0"s), "");
}

TEST(ServerName, OfAnotherLengthOrTypeIsMalformed) {
  const std::string whole = "\0\x09\0\0\x06"s + "a.test";
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_EQ(read(whole.substr(0, size)), "malformed") << size;
  EXPECT_EQ(read(whole + "x"), "malformed");
  EXPECT_EQ(read("\0\x09\x01\0\x06"s + "a.test"), "malformed") << "no host_name";
  EXPECT_EQ(read("\0\x09\0\0\x07"s + "a.test"), "malformed") << "beyond the end";
}

TEST(ServerName, HasOneSpelling) {
  for (const char* name : {"a.test", "A.Test", "a.test.", "A.TEST."}) EXPECT_EQ(normal_host_name(name), "a.test") << name;
  EXPECT_EQ(normal_host_name("_x.b-1.test"), "_x.b-1.test");
}

TEST(ServerName, ThatIsNoHostNameIsNone) {
  for (const std::string& name : {""s, "."s, ".."s, "a.."s, ".a"s, "a..b"s, "../x"s, "a/b"s, "a b"s, "a\0b"s, "\xc3\xa9"s, "a:1"s,
                                  std::string(256, 'a')})
    EXPECT_EQ(normal_host_name(name), "") << name;
}

}  // namespace
}  // namespace drishti::tls
