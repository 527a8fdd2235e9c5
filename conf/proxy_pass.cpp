#include "conf/proxy_pass.hpp"

#include <strings.h>

#include "conf/setters.hpp"
#include "conf/url.hpp"

namespace drishti::conf {
namespace {

constexpr std::string_view http_scheme = "http://", https_scheme = "https://";

bool has_scheme(std::string_view url, std::string_view scheme) {
  return url.size() >= scheme.size() && strncasecmp(url.data(), scheme.data(), scheme.size()) == 0;
}

// A URI replaces the location's prefix, so there must be one.
void check_uri_allowed(const Location& location, const Directive& d) {
  using Kind = Location::Kind;
  if (location.kind == Kind::regex || location.kind == Kind::named || location.kind == Kind::if_block)
    fail("\"proxy_pass\" cannot have URI part in location given by regular expression, or inside named location, "
         "or inside \"if\" statement, or inside \"limit_except\" block", d);
}

void read_plain_url(Analysis& a, const Directive& d, ProxyPass& pass) {
  const std::string_view text = d.args[0];
  if (has_scheme(text, https_scheme)) fail("https protocol requires SSL support", d);
  if (!has_scheme(text, http_scheme)) fail("invalid URL prefix", d);
  const std::string_view address = text.substr(http_scheme.size());
  const AddressUrl url = parse_address_url(address, true);
  if (!url.error.empty()) fail(url.error + " in upstream " + quoted(address), d);

  pass.upstream = a.upstreams.refer(url, d.where);
  if (!url.uri.empty()) {
    check_uri_allowed(*a.scope().location, d);
    pass.uri = url.uri;
  }
  if (url.unix_address) {
    pass.proxy_host = "localhost";
    return;
  }
  pass.proxy_port = std::to_string(url.port.value_or(80));
  pass.proxy_host = url.host + (url.port && *url.port != 80 ? ":" + pass.proxy_port : "");
}

}  // namespace

void set_proxy_pass(Analysis& a, const Directive& d) {
  ProxyPass pass;
  pass.where = d.where;
  pass.url = a.compile(d.args[0], d.where);
  pass.has_variables = has_variables(d.args[0]);
  if (!pass.has_variables) read_plain_url(a, d, pass);
  Location& location = *a.scope().location;
  location.auto_redirect = location.kind != Location::Kind::if_block && location.kind != Location::Kind::regex &&
                           location.kind != Location::Kind::named && location.pattern.ends_with('/');
  location.proxy_pass = std::move(pass);
  location.status_page = StatusPage::none;
}

}  // namespace drishti::conf
