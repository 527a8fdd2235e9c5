// Any bytes as the extension server_name of a ClientHello, and what becomes of the name in it.

#include "tests/support/fuzz_check.hpp"
#include "tls/server_name.hpp"

using namespace drishti;
using namespace drishti::tls;

namespace {

std::string extension_of(std::string_view name) {
  const auto number = [](std::size_t value) {
    return std::string{static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
  };
  return number(name.size() + 3) + '\0' + number(name.size()) + std::string(name);
}

std::span<const unsigned char> bytes_of(std::string_view text) {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

/// It may become a part of a path and a key of tables: one directory entry, one spelling.
void check_host(const std::string& host) {
  FUZZ_CHECK(host.size() <= 255 && host.front() != '.' && host.back() != '.');
  FUZZ_CHECK(host.find("..") == host.npos && host.find('/') == host.npos);
  for (const char c : host) FUZZ_CHECK(c > ' ' && c < 0x7f && !(c >= 'A' && c <= 'Z'));
  std::string_view again;
  const std::string extension = extension_of(host);
  FUZZ_CHECK(read_server_name(bytes_of(extension), again) && again == host);
  FUZZ_CHECK(normal_host_name(host + ".") == host);
  FUZZ_CHECK(normal_host_name(host) == host);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  std::string_view name;
  if (read_server_name({data, size}, name)) {
    FUZZ_CHECK(http::testing::lies_inside(name, input) && name.size() + 5 <= size);
    if (const std::string host = normal_host_name(name); !host.empty()) check_host(host);
  } else {
    FUZZ_CHECK(name.empty());
  }
  if (const std::string host = normal_host_name(input); !host.empty()) check_host(host);
  return 0;
}
