// Real client addresses: set_real_ip_from and the like, proxy_protocol_from.
#include "conf/listen.hpp"
#include "conf/lower_case.hpp"
#include "conf/setters.hpp"
#include "conf/tables.hpp"

namespace drishti::conf {
namespace {

/// The addresses of a name now; as nginx, it is not followed.
void trust_name(RealIpSettings::Trusted& trusted, const Directive& d) {
  const auto addresses = d.args[0].find('/') == std::string::npos ? resolve_now(d.args[0], 0) : std::vector<SocketAddress>();
  if (addresses.empty()) fail("host not found in " + d.name + " " + quoted(d.args[0]), d);
  for (const SocketAddress& address : addresses) trusted.ranges.push_back(*AddressRange::parse(address.ip_text()));
}

void trust(Analysis& a, RealIpSettings::Trusted& trusted, const Directive& d) {
  if (d.args[0] == "unix:") {
    trusted.unix_sockets = true;
    return;
  }
  const auto range = AddressRange::parse(d.args[0]);
  if (!range) return trust_name(trusted, d);
  if (range->has_low_bits()) a.warn("low address bits of " + d.args[0] + " are meaningless", d.where);
  trusted.ranges.push_back(*range);
}

void add_real_ip_from(Analysis& a, const Directive& d) {
  auto& from = a.scope().location->real_ip.from;
  RealIpSettings::Trusted trusted = from.is_set ? *from : RealIpSettings::Trusted();
  trust(a, trusted, d);
  from.set(std::move(trusted));
}

void set_real_ip_header(Analysis& a, const Directive& d) {
  using Source = RealIpSettings::Source;
  RealIpSettings::Header header;
  header.name = lower_case(d.args[0]);
  header.source = header.name == "x-real-ip"         ? Source::x_real_ip
                  : header.name == "x-forwarded-for" ? Source::x_forwarded_for
                  : header.name == "proxy_protocol"  ? Source::proxy_protocol
                                                     : Source::field;
  a.scope().location->real_ip.header.set(std::move(header));
}

void set_real_ip_recursive(Analysis& a, const Directive& d) {
  a.scope().location->real_ip.recursive.set(flag_value(d));
}

void add_proxy_protocol_from(Analysis& a, const Directive& d) {
  auto& from = a.scope().server_settings->proxy_protocol_from;
  RealIpSettings::Trusted trusted = from.is_set ? *from : RealIpSettings::Trusted();
  trust(a, trusted, d);
  from.set(std::move(trusted));
}

constexpr unsigned hsl = context::http | context::server | context::location;
constexpr unsigned hs = context::http | context::server;

constexpr DirectiveSpec table[] = {
    {"set_real_ip_from", hsl, take(1), "address | CIDR | unix: | hostname", "",
     "Who is believed when it tells the address of a client.", add_real_ip_from, Repeat::many},
    {"real_ip_header", hsl, take(1), "field | X-Real-IP | X-Forwarded-For | proxy_protocol", "X-Real-IP",
     "Where the address of the client is told.", set_real_ip_header},
    {"real_ip_recursive", hsl, flag, "on | off", "off",
     "Whether the last address of the list that is not trusted counts, instead of the last one.", set_real_ip_recursive},
    {"proxy_protocol_from", hs, take(1), "address | CIDR | unix: | hostname", "everybody",
     "Who may connect to a `listen ... proxy_protocol` of the server; others are closed at once. The default server of the "
     "address decides.", add_proxy_protocol_from, Repeat::many, Effect::implemented,
     "A directive of drishti. Without it anybody may send a header, as in nginx; it is believed only by set_real_ip_from."},
};

}  // namespace

std::span<const DirectiveSpec> real_ip_directives() { return table; }

}  // namespace drishti::conf
