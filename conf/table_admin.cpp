// The admin listener.
#include <algorithm>

#include "conf/setters.hpp"
#include "conf/tables.hpp"
#include "conf/url.hpp"

namespace drishti::conf {
namespace {

// Where `listen` means every address, this means this machine only: nothing is opened to others by leaving something out.
SocketAddress read_address(const Directive& d) {
  const AddressUrl url = parse_listen_url(d.args[0]);
  if (!url.error.empty()) fail(url.error + " in " + quoted(d.args[0]) + " of the \"admin_listen\" directive", d);
  if (url.unix_address) return *url.unix_address;
  if (!url.port || url.last_port) fail("\"admin_listen\" needs one port: " + quoted(d.args[0]), d);
  const bool is_every = d.args[0].starts_with('*');
  const bool is_bare = url.is_any && !is_every;
  const std::string host = is_every ? "0.0.0.0" : is_bare || url.host == "localhost" ? "127.0.0.1" : url.host;
  const auto address = SocketAddress::from_ip(host, *url.port);
  if (!address) fail("\"admin_listen\" needs an IP address, localhost or a unix socket: " + quoted(d.args[0]), d);
  return *address;
}

void set_admin_listen(Analysis& a, const Directive& d) {
  const bool has_option = d.args.size() == 2;
  if (has_option && d.args[1] != "ssl") fail("invalid parameter " + quoted(d.args[1]) + " in the \"admin_listen\" directive", d);
  if (d.args[0] == "off") return;
  a.config.main.admin.ssl = has_option;
  a.config.main.admin.listen = read_address(d);
  a.config.main.admin.where = d.where;
}

void set_admin_token_file(Analysis& a, const Directive& d) { a.config.main.admin.token_file = a.full_path(d.args[0]); }

template <auto Member>
void set_admin_file(Analysis& a, const Directive& d) { a.config.main.admin.*Member = a.full_path(d.args[0]); }

void set_admin_host(Analysis& a, const Directive& d) {
  for (std::string name : d.args) {
    for (char& c : name)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    const bool is_name = std::ranges::all_of(name, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    });
    if (name.empty() || !is_name) fail("invalid host name " + quoted(name) + " in the \"admin_host\" directive", d);
    a.config.main.admin.hosts.push_back(std::move(name));
  }
}

constexpr DirectiveSpec table[] = {
    {"admin_listen", context::main, take(1, 2), "[address:]port | unix:path [ssl] | off", "off",
     "Serves the dashboard, the admin API and `drishti ctl` (docs/ADMIN.md), with `ssl` over TLS; a port alone means 127.0.0.1.",
     set_admin_listen, Repeat::once, Effect::implemented, "Not in nginx."},
    {"admin_ssl_certificate", context::main, take(1), "file", "",
     "The certificate of `admin_listen ... ssl` in PEM with its intermediates.", set_admin_file<&AdminSettings::certificate>,
     Repeat::once, Effect::implemented, "Not in nginx."},
    {"admin_ssl_certificate_key", context::main, take(1), "file", "", "The key of `admin_ssl_certificate`.",
     set_admin_file<&AdminSettings::certificate_key>, Repeat::once, Effect::implemented, "Not in nginx."},
    {"admin_token_file", context::main, take(1), "file", "",
     "The file with the token (16 to 512 characters) that every change needs, and every request when `admin_listen` is "
     "not an address of this machine alone.",
     set_admin_token_file, Repeat::once, Effect::implemented, "Not in nginx."},
    {"admin_host", context::main, at_least(1), "name ...", "localhost",
     "Names that the admin listener may be called by, besides IP addresses and localhost.", set_admin_host, Repeat::many,
     Effect::implemented, "Not in nginx."},
};

}  // namespace

bool AdminSettings::is_local() const {
  if (!listen || listen->is_unix()) return true;
  const std::string ip = listen->ip_text();
  return ip.starts_with("127.") || ip == "::1";
}

std::span<const DirectiveSpec> admin_directives() { return table; }

}  // namespace drishti::conf
