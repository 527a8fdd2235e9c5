#include "http/authority.hpp"

#include <arpa/inet.h>

#include <cstring>

#include "http/chars.hpp"

namespace drishti::http {

namespace {

bool is_port(std::string_view text) {
  if (text.size() > 5) return false;
  unsigned value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value <= 65535;
}

bool is_ipv6(std::string_view text) {
  char terminated[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof terminated) return false;
  std::memcpy(terminated, text.data(), text.size());
  terminated[text.size()] = '\0';
  in6_addr address;
  return text.find('\0') == text.npos && inet_pton(AF_INET6, terminated, &address) == 1;
}

/// The length of the reg-name at the start of TEXT; 0 when it is none.
std::size_t reg_name_size(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    if (is(char_host, text[i])) [[likely]] {
      ++i;
    } else if (text[i] == '.') {
      if (i > 0 && text[i - 1] == '.') return 0;
      ++i;
    } else if (text[i] == '%') {
      if (text.size() - i < 3 || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0) return 0;
      i += 3;
    } else {
      break;
    }
  }
  return i == 1 && text[0] == '.' ? 0 : i;
}

std::size_t host_size(std::string_view text) {
  if (!text.starts_with('[')) return reg_name_size(text);
  const std::size_t close = text.find(']');
  return close != text.npos && is_ipv6(text.substr(1, close - 1)) ? close + 1 : 0;
}

}  // namespace

bool parse_authority(std::string_view text, Authority& out) {
  const std::size_t size = host_size(text);
  if (size == 0) return false;
  out.host = text.substr(0, size);
  out.port = {};
  if (size == text.size()) return true;
  out.port = text.substr(size + 1);
  return text[size] == ':' && is_port(out.port);
}

}  // namespace drishti::http
