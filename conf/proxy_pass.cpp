#include "conf/proxy_pass.hpp"

#include <strings.h>

#include "conf/setters.hpp"
#include "conf/url.hpp"

namespace drishti::conf {
namespace {

bool take_scheme(std::string_view& url, std::string_view scheme) {
  if (url.size() < scheme.size() || strncasecmp(url.data(), scheme.data(), scheme.size()) != 0) return false;
  url.remove_prefix(scheme.size());
  return true;
}

// A URI replaces the location's prefix, so there must be one.
void check_uri_allowed(const Location& location, const Directive& d) {
  using Kind = Location::Kind;
  if (location.kind == Kind::regex || location.kind == Kind::named || location.kind == Kind::if_block)
    fail("\"proxy_pass\" cannot have URI part in location given by regular expression, or inside named location, "
         "or inside \"if\" statement, or inside \"limit_except\" block", d);
}

/// `$proxy_port` and `$proxy_host`, which names the port unless it is the scheme's.
void set_proxy_variables(const AddressUrl& url, std::uint16_t default_port, ProxyPass& pass) {
  if (url.unix_address) {
    pass.proxy_host = "localhost";
    return;
  }
  const std::uint16_t port = url.port.value_or(default_port);
  pass.proxy_port = std::to_string(port);
  pass.proxy_host = url.host + (url.port && port != default_port ? ":" + pass.proxy_port : "");
}

void read_address(Analysis& a, const Directive& d, std::string_view address, ProxyPass& pass) {
  const AddressUrl url = parse_address_url(address, !pass.is_grpc);
  if (!url.error.empty()) fail(url.error + " in upstream " + quoted(address), d);
  const std::uint16_t default_port = pass.is_tls ? 443 : 80;
  pass.upstream = a.upstreams.refer(url, d.where, default_port);
  set_proxy_variables(url, default_port, pass);
  if (url.uri.empty()) return;
  check_uri_allowed(*a.scope().location, d);
  pass.uri = url.uri;
}

void read_plain_url(Analysis& a, const Directive& d, ProxyPass& pass) {
  std::string_view address = d.args[0];
  pass.is_tls = take_scheme(address, "https://");
  if (!pass.is_tls && !take_scheme(address, "http://")) fail("invalid URL prefix", d);
  read_address(a, d, address, pass);
}

void set_pass(Analysis& a, ProxyPass pass) {
  Location& location = *a.scope().location;
  location.auto_redirect = location.kind != Location::Kind::if_block && location.kind != Location::Kind::regex &&
                           location.kind != Location::Kind::named && location.pattern.ends_with('/');
  location.proxy_pass = std::move(pass);
  location.status_page = StatusPage::none;
}

}  // namespace

void set_proxy_pass(Analysis& a, const Directive& d) {
  ProxyPass pass;
  pass.where = d.where;
  pass.url = a.compile(d.args[0], d.where);
  pass.has_variables = has_variables(d.args[0]);
  if (!pass.has_variables) read_plain_url(a, d, pass);
  set_pass(a, std::move(pass));
}

void set_grpc_pass(Analysis& a, const Directive& d) {
  std::string_view address = d.args[0];
  ProxyPass pass;
  pass.where = d.where;
  pass.is_grpc = true;
  pass.has_variables = has_variables(address);
  pass.url = a.compile(address, d.where);
  if (!pass.has_variables) {
    pass.is_tls = take_scheme(address, "grpcs://");
    if (!pass.is_tls) take_scheme(address, "grpc://");
    read_address(a, d, address, pass);
  }
  set_pass(a, std::move(pass));
}

}  // namespace drishti::conf
