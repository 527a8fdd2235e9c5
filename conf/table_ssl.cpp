// TLS towards clients.
#include "conf/setters.hpp"
#include "conf/tables.hpp"

namespace drishti::conf {
namespace {

using S = SslSettings;

SslSettings& ssl(Analysis& a) { return a.scope().server_settings->ssl; }

// nginx's other sources of keys: they are not files that can be watched or read again.
void check_source(const std::string& text, const Directive& d) {
  for (const std::string_view scheme : {"data:", "engine:", "store:", "pkcs11:"})
    if (text.starts_with(scheme))
      fail("\"" + std::string(scheme) + "\" is not supported in \"" + d.name + "\" by drishti: name a file", d);
}

template <auto Member>
void add_pem(Analysis& a, const Directive& d) {
  check_source(d.args[0], d);
  auto& setting = ssl(a).*Member;
  auto paths = setting.is_set ? setting.value : std::vector<Template>{};
  paths.push_back(a.compile(a.conf_path(d.args[0]), d.where));
  setting.set(std::move(paths));
}

template <auto Member>
void set_ssl_path(Analysis& a, const Directive& d) {
  check_source(d.args[0], d);
  (ssl(a).*Member).set(d.args[0].empty() ? std::string() : a.conf_path(d.args[0]));
}

void add_ticket_key(Analysis& a, const Directive& d) {
  auto& setting = ssl(a).session_ticket_keys;
  auto files = setting.is_set ? setting.value : std::vector<std::string>{};
  files.push_back(a.conf_path(d.args[0]));
  setting.set(std::move(files));
}

void add_conf_command(Analysis& a, const Directive& d) {
  auto& setting = ssl(a).conf_commands;
  auto commands = setting.is_set ? setting.value : std::vector<std::pair<std::string, std::string>>{};
  commands.emplace_back(d.args[0], d.args[1]);
  setting.set(std::move(commands));
}

void set_protocols(Analysis& a, const Directive& d) {
  SslProtocols protocols;
  Directive supported = d;
  std::erase_if(supported.args, [&](const std::string& text) {
    if (text != "SSLv2" && text != "SSLv3") return false;
    a.warn(quoted(text) + " is not supported, ignored", d.where);
    return true;
  });
  add_words<SslProtocols>(a, supported, protocols,
                          {{"TLSv1", &SslProtocols::v1_0}, {"TLSv1.1", &SslProtocols::v1_1},
                           {"TLSv1.2", &SslProtocols::v1_2}, {"TLSv1.3", &SslProtocols::v1_3}});
  if (supported.args.empty()) fail("no supported protocol in \"ssl_protocols\"", d);
  ssl(a).protocols.set(protocols);
}

void set_verify_client(Analysis& a, const Directive& d) {
  using V = SslVerifyClient;
  ssl(a).verify_client.set(enum_value<V>(d, {{"off", V::off}, {"on", V::on}, {"optional", V::optional},
                                             {"optional_no_ca", V::optional_no_ca}}));
}

void set_session_timeout(Analysis& a, const Directive& d) {
  const auto value = parse_sec(d.args[0]);
  if (!value) fail_directive("invalid value", d);
  ssl(a).session_timeout.set(*value);
}

void set_buffer_size(Analysis& a, const Directive& d) {
  const Bytes size = size_value(d);
  if (size == 0) fail_directive("invalid value", d);
  ssl(a).buffer_size.set(size);
}

[[noreturn]] void refuse_cache(const std::string& text, const Directive& d) {
  fail("invalid session cache " + quoted(text), d);
}

// `shared:NAME:SIZE`
SslSessionCache read_shared_cache(const std::string& text, const Directive& d) {
  constexpr Bytes smallest = 32 << 10;  // nginx's: eight pages
  const std::string rest = text.substr(7);
  const auto colon = rest.find(':');
  if (colon == rest.npos || colon == 0) refuse_cache(text, d);
  const auto size = parse_size(rest.substr(colon + 1), false);
  if (!size) refuse_cache(text, d);
  if (*size < smallest) fail("session cache " + quoted(text) + " is too small", d);
  return {SslSessionCache::Kind::shared, rest.substr(0, colon), *size};
}

SslSessionCache read_builtin_cache(const std::string& text, const Directive& d) {
  constexpr std::uint64_t default_sessions = 20480;
  if (text == "builtin") return {SslSessionCache::Kind::builtin, {}, default_sessions};
  const auto sessions = parse_number(text.substr(8));
  if (!sessions || *sessions == 0) refuse_cache(text, d);
  return {SslSessionCache::Kind::builtin, {}, *sessions};
}

void set_session_cache(Analysis& a, const Directive& d) {
  using Kind = SslSessionCache::Kind;
  SslSessionCache cache;
  for (const auto& text : d.args) {
    if (text == "off") {
      cache.kind = Kind::off;
    } else if (text == "none") {
      cache.kind = Kind::none;
    } else if (text == "builtin" || text.starts_with("builtin:")) {
      const auto builtin = read_builtin_cache(text, d);
      if (cache.kind != Kind::shared) cache = builtin;
    } else if (text.starts_with("shared:")) {
      cache = read_shared_cache(text, d);
      a.session_caches.add(cache, d.where);
    } else {
      refuse_cache(text, d);
    }
  }
  ssl(a).session_cache.set(std::move(cache));
}

void set_certificate_cache(Analysis& a, const Directive& d) {
  SslCertificateCache cache;
  bool has_max = false;
  for (const auto& text : d.args) {
    const auto number = [&](std::string_view value) {
      const auto parsed = parse_number(value);
      if (!parsed || *parsed == 0 || *parsed > 1'000'000) fail("invalid parameter " + quoted(text), d);
      return static_cast<int>(*parsed);
    };
    const auto time = [&](std::string_view value) {
      const auto parsed = parse_sec(value);
      if (!parsed) fail("invalid parameter " + quoted(text), d);
      return *parsed;
    };
    if (text == "off") {
      cache.max = 0;
      has_max = true;
    } else if (const auto max = parameter(text, "max")) {
      cache.max = number(*max);
      has_max = true;
    } else if (const auto inactive = parameter(text, "inactive")) {
      cache.inactive = time(*inactive);
    } else if (const auto valid = parameter(text, "valid")) {
      cache.valid = time(*valid);
    } else {
      fail("invalid parameter " + quoted(text), d);
    }
  }
  if (!has_max) fail("\"ssl_certificate_cache\" must have the \"max\" parameter", d);
  ssl(a).certificate_cache.set(cache);
}

constexpr unsigned hs = context::http | context::server;

constexpr DirectiveSpec table[] = {
    {"ssl_certificate", hs, take(1), "file", "",
     "The certificate in PEM with its intermediates; once for each kind of key (RSA, ECDSA). May hold variables: then it is "
     "read when a client asks for it.",
     add_pem<&S::certificates>, Repeat::many, Effect::implemented, "`data:`, `engine:` and `store:` are refused."},
    {"ssl_certificate_key", hs, take(1), "file", "", "The key of the certificate, in the same order.",
     add_pem<&S::certificate_keys>, Repeat::many, Effect::implemented, "`data:`, `engine:` and `store:` are refused."},
    {"ssl_password_file", hs, take(1), "file", "", "Passphrases of keys, one a line; each is tried.",
     set_ssl_path<&S::password_file>},
    {"ssl_protocols", hs, at_least(1), "[TLSv1] [TLSv1.1] [TLSv1.2] [TLSv1.3]", "TLSv1.2 TLSv1.3",
     "The versions that may be negotiated.", set_protocols, Repeat::once, Effect::implemented,
     "SSLv2 and SSLv3 are ignored with a warning."},
    {"ssl_ciphers", hs, take(1), "ciphers", S::safe_ciphers,
     "Cipher suites up to TLS 1.2, in OpenSSL's words.", set_string<&S::ciphers>, Repeat::once, Effect::implemented,
     "nginx's default is HIGH:!aNULL:!MD5, which has suites without forward secrecy."},
    {"ssl_conf_command", hs, take(2), "name value", "", "Any other command of OpenSSL (SSL_CONF_cmd).", add_conf_command,
     Repeat::many, Effect::implemented,
     "`Options KTLS` on a kernel without TLS brings a notice (docs/TLS.md)."},
    {"ssl_prefer_server_ciphers", hs, flag, "on | off", "off", "Whether our order of ciphers counts.",
     set_flag<&S::prefer_server_ciphers>},
    {"ssl_ecdh_curve", hs, take(1), "curve[:curve...]", "auto", "Groups of the key exchange.",
     set_string<&S::ecdh_curve>, Repeat::once, Effect::implemented,
     "`auto` is X25519, P-256, X448, P-521, P-384: not the finite fields of OpenSSL's list, which are costly."},
    {"ssl_dhparam", hs, take(1), "file", "", "Parameters of DHE ciphers; none without it.", set_ssl_path<&S::dhparam>},
    {"ssl_session_cache", hs, take(1, 2), "off | none | [builtin[:sessions]] [shared:name:size]", "none",
     "Where sessions are kept that clients resume without tickets.", set_session_cache, Repeat::once, Effect::implemented,
     "There is one process, so that a builtin cache is shared by the workers, too."},
    {"ssl_session_tickets", hs, flag, "on | off", "on", "Whether clients keep their sessions themselves.",
     set_flag<&S::session_tickets>},
    {"ssl_session_ticket_key", hs, take(1), "file", "",
     "48 or 80 random bytes that encrypt tickets, to share them between machines; the first file encrypts.",
     add_ticket_key, Repeat::many, Effect::implemented,
     "Without it, keys are random, change every eight hours, and survive a reload."},
    {"ssl_session_timeout", hs, take(1), "time", "5m", "How long a session may be resumed.", set_session_timeout},
    {"ssl_buffer_size", hs, take(1), "size", "16k", "The largest record that is sent.", set_buffer_size, Repeat::once,
     Effect::implemented, "Between 512 and 16384; other sizes are brought into this range."},
    {"ssl_early_data", hs, flag, "on | off", "off",
     "Whether requests are taken before the end of a TLS 1.3 handshake, up to 16 KiB of them (docs/TLS.md).",
     set_flag<&S::early_data>, Repeat::once, Effect::implemented,
     "Unsafe methods get 425, upstreams get `Early-Data: 1`, and no early data is taken twice; nginx leaves all of it to you."},
    {"ssl_stapling", hs, flag, "on | off", "off", "Whether clients get an OCSP response with the certificate, of `ssl_stapling_file` or of the responder.",
     set_flag<&S::stapling>, Repeat::once, Effect::implemented,
     "Responses of responders are always verified."},
    {"ssl_stapling_file", hs, take(1), "file", "", "The OCSP response in DER, instead of asking for one.",
     set_ssl_path<&S::stapling_file>},
    {"ssl_stapling_responder", hs, take(1), "url", "", "The OCSP responder to ask, `http://...`, instead of the one that the certificate names.",
     set_string<&S::stapling_responder>},
    no_effect("ssl_stapling_verify", hs, flag, "responses of responders are always verified", check_flag),
    {"ssl_trusted_certificate", hs, take(1), "file", "",
     "CA certificates for clients and OCSP that are not sent to clients.", set_ssl_path<&S::trusted_certificate>},
    {"ssl_client_certificate", hs, take(1), "file", "",
     "CA certificates that clients are verified with; their names are sent to clients.",
     set_ssl_path<&S::client_certificate>},
    {"ssl_crl", hs, take(1), "file", "", "Revoked client certificates.", set_ssl_path<&S::crl>},
    {"ssl_verify_client", hs, take(1), "on | off | optional | optional_no_ca", "off",
     "Whether a client has to show a certificate.", set_verify_client},
    {"ssl_verify_depth", hs, take(1), "number", "1", "The longest chain of a client's certificate.",
     set_number<&S::verify_depth>},
    {"ssl_reject_handshake", hs, flag, "on | off", "off", "Refuses all handshakes in the server.",
     set_flag<&S::reject_handshake>},
    {"ssl_certificate_cache", hs, take(1, 3), "off | max=number [inactive=time] [valid=time]",
     "max=1000 inactive=60s valid=60s", "Keeps certificates whose paths hold variables.", set_certificate_cache,
     Repeat::once, Effect::implemented, "nginx (1.27.4) has it off by default."},
    {"ssl_certificate_watch", hs, flag, "on | off", "off",
     "Whether certificates and keys are read again when their files change.", set_flag<&S::certificate_watch>,
     Repeat::once, Effect::implemented, "Not in nginx."},
};

}  // namespace

std::span<const DirectiveSpec> ssl_directives() { return table; }

}  // namespace drishti::conf
