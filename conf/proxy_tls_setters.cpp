// Setters of proxy_ssl_* and grpc_ssl_*.

#include "conf/proxy_setters.hpp"
#include "conf/setters.hpp"

namespace drishti::conf {
namespace {

using T = UpstreamTlsSettings;

UpstreamTlsSettings& tls(Analysis& a) { return a.scope().location->proxy.tls; }

}  // namespace

void set_tls_certificate(Analysis& a, const Directive& d) {
  tls(a).certificate.set(a.compile(a.conf_path(d.args[0]), d.where));
}
void set_tls_certificate_key(Analysis& a, const Directive& d) {
  tls(a).certificate_key.set(a.compile(a.conf_path(d.args[0]), d.where));
}
void set_tls_password_file(Analysis& a, const Directive& d) { tls(a).password_file.set(a.conf_path(d.args[0])); }
void set_tls_ciphers(Analysis& a, const Directive& d) { tls(a).ciphers.set(d.args[0]); }
void set_tls_crl(Analysis& a, const Directive& d) { tls(a).crl.set(a.conf_path(d.args[0])); }
void set_tls_name(Analysis& a, const Directive& d) { tls(a).name.set(a.compile(d.args[0], d.where)); }
void set_tls_server_name(Analysis& a, const Directive& d) { tls(a).server_name.set(flag_value(d)); }
void set_tls_session_reuse(Analysis& a, const Directive& d) { tls(a).session_reuse.set(flag_value(d)); }
void set_tls_verify(Analysis& a, const Directive& d) { tls(a).verify.set(flag_value(d)); }
void set_tls_verify_depth(Analysis& a, const Directive& d) { tls(a).verify_depth.set(number_value(d)); }
void set_tls_trusted_certificate(Analysis& a, const Directive& d) {
  tls(a).trusted_certificate.set(a.conf_path(d.args[0]));
}

void add_tls_conf_command(Analysis& a, const Directive& d) {
  auto commands = *tls(a).conf_commands;
  commands.emplace_back(d.args[0], d.args[1]);
  tls(a).conf_commands.set(std::move(commands));
}

// nginx knows the old names, too; OpenSSL 3 has none of them.
void set_tls_protocols(Analysis& a, const Directive& d) {
  TlsProtocols protocols;
  for (const std::string& text : d.args) {
    if (text == "TLSv1") protocols.tls10 = true;
    else if (text == "TLSv1.1") protocols.tls11 = true;
    else if (text == "TLSv1.2") protocols.tls12 = true;
    else if (text == "TLSv1.3") protocols.tls13 = true;
    else if (text == "SSLv2" || text == "SSLv3") a.warn("protocol " + quoted(text) + " is not supported", d.where);
    else fail("invalid value " + quoted(text), d);
  }
  tls(a).protocols.set(protocols);
}

}  // namespace drishti::conf
