#include "conf/upstream_tls.hpp"

namespace drishti::conf {

void UpstreamTlsSettings::inherit(const UpstreamTlsSettings& parent) {
  certificate.inherit(parent.certificate);
  certificate_key.inherit(parent.certificate_key);
  password_file.inherit(parent.password_file);
  ciphers.inherit(parent.ciphers);
  conf_commands.inherit(parent.conf_commands);
  crl.inherit(parent.crl);
  name.inherit(parent.name);
  protocols.inherit(parent.protocols);
  server_name.inherit(parent.server_name);
  session_reuse.inherit(parent.session_reuse);
  trusted_certificate.inherit(parent.trusted_certificate);
  verify.inherit(parent.verify);
  verify_depth.inherit(parent.verify_depth);
}

std::string UpstreamTlsSettings::text() const {
  std::string text;
  const auto add = [&text](const std::string& value) { text.append(value).append(1, '\n'); };
  add(certificate->has_value() ? (*certificate)->source : "");
  add(certificate_key->has_value() ? (*certificate_key)->source : "");
  add(*password_file);
  add(*ciphers);
  for (const auto& [name_of, value] : *conf_commands) add(name_of + ' ' + value);
  add(*crl);
  add(name->source);
  for (const bool on : {protocols->tls10, protocols->tls11, protocols->tls12, protocols->tls13, *server_name,
                        *session_reuse, *verify})
    text += on ? '1' : '0';
  add(*trusted_certificate);
  add(std::to_string(*verify_depth));
  return text;
}

}  // namespace drishti::conf
