// TLS of the proxy module; table_grpc.cpp has the same for gRPC.

#include "conf/proxy_setters.hpp"
#include "conf/tables.hpp"

namespace drishti::conf {
namespace {

constexpr unsigned hsl = context::http | context::server | context::location;
constexpr auto many = Repeat::many;

constexpr DirectiveSpec table[] = {
    {"proxy_ssl_certificate", hsl, take(1), "file", "", "The certificate that the upstream gets when it asks for one.",
     set_tls_certificate},
    {"proxy_ssl_certificate_key", hsl, take(1), "file", "", "Its key.", set_tls_certificate_key, Repeat::once,
     Effect::implemented, "`engine:` and `store:` are not known."},
    {"proxy_ssl_password_file", hsl, take(1), "file", "", "Passwords for keys, one a line, tried one after the other.",
     set_tls_password_file},
    {"proxy_ssl_ciphers", hsl, take(1), "ciphers", "DEFAULT", "The ciphers up to TLS 1.2, in OpenSSL's words.",
     set_tls_ciphers},
    {"proxy_ssl_conf_command", hsl, take(2), "name value", "", "A command of OpenSSL's configuration.",
     add_tls_conf_command, many},
    {"proxy_ssl_crl", hsl, take(1), "file", "", "Certificates that were revoked.", set_tls_crl},
    {"proxy_ssl_name", hsl, take(1), "name", "$proxy_host", "The name for SNI and for the upstream's certificate.",
     set_tls_name},
    {"proxy_ssl_protocols", hsl, at_least(1), "TLSv1 | TLSv1.1 | TLSv1.2 | TLSv1.3 ...", "TLSv1.2 TLSv1.3",
     "The versions of TLS.", set_tls_protocols, Repeat::once, Effect::implemented,
     "TLS 1.0 and 1.1 are off by default."},
    {"proxy_ssl_server_name", hsl, flag, "on | off", "off", "Whether the name is sent (SNI).", set_tls_server_name},
    {"proxy_ssl_session_reuse", hsl, flag, "on | off", "on", "Whether sessions are resumed.", set_tls_session_reuse},
    {"proxy_ssl_trusted_certificate", hsl, take(1), "file", "", "The authorities that proxy_ssl_verify trusts.",
     set_tls_trusted_certificate},
    {"proxy_ssl_verify", hsl, flag, "on | off", "off", "Whether the upstream's certificate is verified.", set_tls_verify,
     Repeat::once, Effect::implemented, "`-t` says in a notice when it is off for an https upstream."},
    {"proxy_ssl_verify_depth", hsl, take(1), "number", "1", "The longest chain of certificates.", set_tls_verify_depth},
};

}  // namespace

std::span<const DirectiveSpec> proxy_tls_directives() { return table; }

}  // namespace drishti::conf
