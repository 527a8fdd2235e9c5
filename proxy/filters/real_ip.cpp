#include "filters/real_ip.hpp"

#include "conf/url.hpp"
#include "http/proxy_header.hpp"

namespace drishti::filters {
namespace {

using conf::RealIpSettings;
using context::RequestContext;
using http::Field;
using http::FieldId;
using Trusted = RealIpSettings::Trusted;

/// How far a list of addresses was believed.
enum class Walk : std::uint8_t {
  not_at_all,
  in_part,  ///< up to one that is not trusted, or that is none
  whole,
};

/// Takes the last word of LIST, which spaces and commas separate, off it.
std::string_view take_last(std::string_view& list) {
  constexpr std::string_view separators = " ,";
  const auto end = list.find_last_not_of(separators);
  const auto word_end = end == list.npos ? 0 : end + 1;
  const auto before = list.substr(0, word_end).find_last_of(separators);
  const auto begin = before == list.npos ? 0 : before + 1;
  const std::string_view word = list.substr(begin, word_end - begin);
  list = list.substr(0, begin);
  return word;
}

/// Goes through LIST from its end: each address was written by the one behind it, so that it counts only when that one
/// is trusted.
Walk follow(std::string_view list, const Trusted& trusted, bool recursive, SocketAddress& address) {
  Walk walked = Walk::not_at_all;
  do {
    if (!trusted.contains(address)) return walked;
    const auto next = conf::parse_ip_and_port(take_last(list));  // with a port, too
    if (!next) return walked;
    address = *next;
    walked = Walk::in_part;
  } while (recursive && !list.empty());
  return Walk::whole;
}

/// All fields of X-Forwarded-For are one list.
bool follow_all(const http::FieldList& fields, const Trusted& trusted, bool recursive, SocketAddress& address) {
  bool is_changed = false;
  for (auto field = fields.end(); field != fields.begin();) {
    if ((--field)->id != FieldId::x_forwarded_for) continue;
    const Walk walked = follow(field->value, trusted, recursive, address);
    is_changed = is_changed || walked != Walk::not_at_all;
    if (!recursive || walked != Walk::whole) break;
  }
  return is_changed;
}

const Field* first_field(const http::FieldList& fields, std::string_view name) {
  for (const Field& field : fields)
    if (http::iequals(field.name, name)) return &field;
  return nullptr;
}

bool follow_field(const Field* field, const RealIpSettings& settings, SocketAddress& address) {
  return field != nullptr && follow(field->value, *settings.from, *settings.recursive, address) != Walk::not_at_all;
}

bool take_proxied(const http::ProxyHeader* header, const RealIpSettings& settings, SocketAddress& address) {
  if (header == nullptr || !header->has_addresses || !settings.from->contains(address)) return false;
  address = header->source;
  return true;
}

bool find_address(const RealIpSettings& settings, const RequestContext& context, SocketAddress& address) {
  const http::FieldList& fields = context.head.fields;
  switch (settings.header->source) {
    case RealIpSettings::Source::x_forwarded_for:
      return follow_all(fields, *settings.from, *settings.recursive, address);
    case RealIpSettings::Source::proxy_protocol:
      return take_proxied(context.connection->proxy_header.get(), settings, address);
    case RealIpSettings::Source::x_real_ip: return follow_field(first_field(fields, "x-real-ip"), settings, address);
    case RealIpSettings::Source::field: break;
  }
  return follow_field(first_field(fields, settings.header->name), settings, address);
}

}  // namespace

void take_real_ip(RequestContext& context) {
  const RealIpSettings& settings = context.location->real_ip;
  if (settings.from->empty() || context.real_remote || context.connection == nullptr) return;
  SocketAddress address = context.connection->remote;
  if (!find_address(settings, context, address)) return;
  context.real_remote = address;
  context.real_remote_text = context.arena.copy(address.ip_text());
}

}  // namespace drishti::filters
