// $proxy_protocol_*: what the PROXY header of the connection says.
#include <charconv>
#include <span>

#include "context/lookup.hpp"
#include "http/proxy_header.hpp"

namespace drishti::context {
namespace {

using conf::Var;

struct TlvName {
  std::string_view name;
  std::uint8_t type;
};

constexpr TlvName names[] = {{"alpn", 0x01}, {"authority", 0x02}, {"unique_id", 0x05}, {"ssl", 0x20}, {"netns", 0x30}};
constexpr TlvName ssl_names[] = {{"version", 0x21}, {"cn", 0x22}, {"cipher", 0x23}, {"sig_alg", 0x24}, {"key_alg", 0x25}};

std::optional<std::uint8_t> type_by_name(std::span<const TlvName> known, std::string_view name) {
  for (const TlvName& tlv : known)
    if (tlv.name == name) return tlv.type;
  return std::nullopt;
}

/// `0xNN`
std::optional<std::uint8_t> type_by_number(std::string_view text) {
  std::uint8_t type = 0;
  const char* end = text.data() + text.size();
  const auto [read, error] = std::from_chars(text.data(), end, type, 16);
  if (text.empty() || error != std::errc{} || read != end) return std::nullopt;
  return type;
}

Found found(const std::optional<std::string_view>& value) { return value ? Found(*value) : Found(); }

Found ssl_value(const http::ProxyHeader& header, std::string_view name, NumberBuffer& buffer) {
  if (name == "verify") {
    const auto verify = header.ssl_verify();
    return verify ? Found(write_number(*verify, buffer)) : Found();
  }
  const auto type = type_by_name(ssl_names, name);
  return type ? found(header.ssl_tlv(*type)) : Found();
}

}  // namespace

Found find_proxy_address(Var id, RequestContext& context, NumberBuffer& buffer) {
  const http::ProxyHeader* header = context.connection->proxy_header.get();
  if (header == nullptr || !header->has_addresses) return {};
  switch (id) {
    case Var::proxy_protocol_addr: return context.arena.copy(header->source.ip_text());
    case Var::proxy_protocol_port: return write_number(header->source.port(), buffer);
    case Var::proxy_protocol_server_addr: return context.arena.copy(header->destination.ip_text());
    default: return write_number(header->destination.port(), buffer);
  }
}

Found find_proxy_tlv(std::string_view name, const RequestContext& context, NumberBuffer& buffer) {
  const http::ProxyHeader* header = context.connection == nullptr ? nullptr : context.connection->proxy_header.get();
  if (header == nullptr) return {};
  if (name.starts_with("ssl_")) return ssl_value(*header, name.substr(4), buffer);
  const auto type = name.starts_with("0x") ? type_by_number(name.substr(2)) : type_by_name(names, name);
  return type ? found(header->tlv(*type)) : Found();
}

}  // namespace drishti::context
