#pragma once
// TLS towards upstreams: what proxy_ssl_* and grpc_ssl_* say. docs/TLS.md.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conf/directive.hpp"
#include "conf/setting.hpp"
#include "conf/template.hpp"

namespace drishti::conf {

/// Bits of proxy_ssl_protocols.
struct TlsProtocols {
  bool tls10 = false, tls11 = false, tls12 = false, tls13 = false;
  bool operator==(const TlsProtocols&) const = default;
};

/// http, server and location contexts; inherited one by one. Files are absolute, or begin with a variable.
struct UpstreamTlsSettings {
  Setting<std::optional<Template>> certificate;
  Setting<std::optional<Template>> certificate_key;
  Setting<std::string> password_file;
  Setting<std::string> ciphers{"DEFAULT"};
  Setting<std::vector<std::pair<std::string, std::string>>> conf_commands;
  Setting<std::string> crl;
  Setting<Template> name;  ///< never empty after analysis ($proxy_host)
  Setting<TlsProtocols> protocols{{false, false, true, true}};
  Setting<bool> server_name{false};
  Setting<bool> session_reuse{true};
  Setting<std::string> trusted_certificate;
  Setting<bool> verify{false};
  Setting<int> verify_depth{1};

  void inherit(const UpstreamTlsSettings& parent);
  /// Equal for settings that lead to the same connections.
  std::string text() const;
};

/// Settings that locations use: each different one once, so that they share contexts and connections.
struct UpstreamTls {
  UpstreamTlsSettings settings;
  bool speaks_http2 = false;  ///< offered by ALPN, and then required
  unsigned number = 0;        ///< the place in Config::upstream_tls
  Where where;                ///< of the first proxy_pass or grpc_pass that uses it
};

}  // namespace drishti::conf
