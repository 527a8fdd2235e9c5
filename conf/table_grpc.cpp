// Directives of the gRPC module: proxy_* with settings of their own.

#include "conf/proxy_pass.hpp"
#include "conf/proxy_setters.hpp"
#include "conf/setters.hpp"
#include "conf/tables.hpp"

namespace drishti::conf {
namespace {

using P = ProxySettings;

constexpr unsigned hsl = context::http | context::server | context::location;
constexpr unsigned li = context::location | context::if_in_location;
constexpr auto many = Repeat::many;

constexpr DirectiveSpec table[] = {
    {"grpc_pass", li, take(1), "[grpc:// | grpcs://] address", "",
     "Sends gRPC calls over HTTP/2 to a host or upstream group.", set_grpc_pass, Repeat::once, Effect::implemented,
     "Calls to one server share connections. A name that does not resolve never prevents a start."},
    {"grpc_bind", hsl, take(1, 2), "address | off", "", "The local address of connections.", in_grpc<set_proxy_bind>},
    {"grpc_buffer_size", hsl, take(1), "size", "4k", "The largest response head.", in_grpc<set_size<&P::buffer_size>>},
    {"grpc_connect_timeout", hsl, take(1), "time", "60s", "How long connecting may take.",
     in_grpc<set_msec<&P::connect_timeout>>},
    {"grpc_hide_header", hsl, take(1), "field", "", "A response field that clients do not get.",
     in_grpc<add_hide_header>, many},
    {"grpc_ignore_headers", hsl, at_least(1), "field ...", "", "Response fields that are not obeyed.",
     in_grpc<set_ignore_headers>, many},
    {"grpc_intercept_errors", hsl, flag, "on | off", "off", "Whether error_page applies to upstream responses.",
     in_grpc<set_flag<&P::intercept_errors>>},
    {"grpc_next_upstream", hsl, at_least(1),
     "error | timeout | invalid_header | http_500 | http_502 | http_503 | http_504 | http_403 | http_404 | http_429 | "
     "non_idempotent | off ...",
     "error timeout", "When a call is tried on the next server.", in_grpc<set_next_upstream>, many},
    {"grpc_next_upstream_timeout", hsl, take(1), "time", "0", "How long further attempts may be started; 0 = no cap.",
     in_grpc<set_msec<&P::next_upstream_timeout>>},
    {"grpc_next_upstream_tries", hsl, take(1), "number", "0", "The most attempts of a call; 0 = no cap.",
     in_grpc<set_number<&P::next_upstream_tries>>},
    {"grpc_pass_header", hsl, take(1), "field", "", "A usually hidden response field that clients do get.",
     in_grpc<add_pass_header>, many},
    {"grpc_read_timeout", hsl, take(1), "time", "60s", "The longest pause between two reads of a call.",
     in_grpc<set_msec<&P::read_timeout>>},
    {"grpc_send_timeout", hsl, take(1), "time", "60s", "The longest pause between two writes of a call.",
     in_grpc<set_msec<&P::send_timeout>>},
    {"grpc_set_header", hsl, take(2), "field value", "", "Sets a field of the request; an empty value removes it.",
     in_grpc<add_set_header>, many},
    {"grpc_socket_keepalive", hsl, flag, "on | off", "off", "SO_KEEPALIVE on connections.",
     in_grpc<set_flag<&P::socket_keepalive>>},
    {"grpc_ssl_certificate", hsl, take(1), "file", "", "The certificate that the upstream gets when it asks for one.",
     in_grpc<set_tls_certificate>},
    {"grpc_ssl_certificate_key", hsl, take(1), "file", "", "Its key.", in_grpc<set_tls_certificate_key>},
    {"grpc_ssl_ciphers", hsl, take(1), "ciphers", "DEFAULT", "The ciphers up to TLS 1.2, in OpenSSL's words.",
     in_grpc<set_tls_ciphers>},
    {"grpc_ssl_conf_command", hsl, take(2), "name value", "", "A command of OpenSSL's configuration.",
     in_grpc<add_tls_conf_command>, many},
    {"grpc_ssl_crl", hsl, take(1), "file", "", "Certificates that were revoked.", in_grpc<set_tls_crl>},
    {"grpc_ssl_name", hsl, take(1), "name", "host of grpc_pass", "The name for SNI and for the upstream's certificate.",
     in_grpc<set_tls_name>},
    {"grpc_ssl_password_file", hsl, take(1), "file", "", "Passwords for keys, one a line.",
     in_grpc<set_tls_password_file>},
    {"grpc_ssl_protocols", hsl, at_least(1), "TLSv1 | TLSv1.1 | TLSv1.2 | TLSv1.3 ...", "TLSv1.2 TLSv1.3",
     "The versions of TLS.", in_grpc<set_tls_protocols>},
    {"grpc_ssl_server_name", hsl, flag, "on | off", "off", "Whether the name is sent (SNI).",
     in_grpc<set_tls_server_name>},
    {"grpc_ssl_session_reuse", hsl, flag, "on | off", "on", "Whether sessions are resumed.",
     in_grpc<set_tls_session_reuse>},
    {"grpc_ssl_trusted_certificate", hsl, take(1), "file", "", "The authorities that grpc_ssl_verify trusts.",
     in_grpc<set_tls_trusted_certificate>},
    {"grpc_ssl_verify", hsl, flag, "on | off", "off", "Whether the upstream's certificate is verified.",
     in_grpc<set_tls_verify>},
    {"grpc_ssl_verify_depth", hsl, take(1), "number", "1", "The longest chain of certificates.",
     in_grpc<set_tls_verify_depth>},
};

}  // namespace

std::span<const DirectiveSpec> grpc_directives() { return table; }

}  // namespace drishti::conf
