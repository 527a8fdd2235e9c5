#pragma once
// What the ssl_* directives say of a server. docs/TLS.md.

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "conf/directive.hpp"
#include "conf/setting.hpp"
#include "conf/template.hpp"

namespace drishti::conf {

/// ssl_protocols: the versions that may be negotiated.
struct SslProtocols {
  bool v1_0 = false, v1_1 = false, v1_2 = false, v1_3 = false;
};

/// ssl_session_cache.
struct SslSessionCache {
  enum class Kind { none, off, builtin, shared };
  Kind kind = Kind::none;
  std::string zone;          ///< shared
  std::uint64_t size = 0;    ///< shared: bytes; builtin: sessions
};

/// ssl_certificate_cache: certificates whose paths hold variables.
struct SslCertificateCache {
  int max = 1000;            ///< 0: each handshake reads the files
  std::chrono::seconds inactive{60};
  std::chrono::seconds valid{60};
};

enum class SslVerifyClient { off, on, optional, optional_no_ca };

struct SslSettings {
  Setting<std::vector<Template>> certificates;      ///< paths; with variables they are read for each handshake
  Setting<std::vector<Template>> certificate_keys;  ///< at least as many, by the same index
  Setting<std::string> password_file;
  Setting<SslProtocols> protocols{{false, false, true, true}};
  Setting<std::string> ciphers{safe_ciphers};
  Setting<std::vector<std::pair<std::string, std::string>>> conf_commands;
  Setting<bool> prefer_server_ciphers{false};
  Setting<std::string> ecdh_curve{"auto"};
  Setting<std::string> dhparam;
  Setting<SslSessionCache> session_cache;
  Setting<bool> session_tickets{true};
  Setting<std::vector<std::string>> session_ticket_keys;  ///< files; empty: random ones of the process
  Setting<std::chrono::seconds> session_timeout{std::chrono::minutes(5)};
  Setting<std::uint64_t> buffer_size{std::uint64_t{16} << 10};
  Setting<bool> early_data{false};
  Setting<bool> stapling{false};
  Setting<std::string> stapling_file;
  Setting<std::string> stapling_responder;  ///< a URL; "": the one that the certificate names
  Setting<std::string> trusted_certificate;
  Setting<std::string> client_certificate;
  Setting<std::string> crl;
  Setting<SslVerifyClient> verify_client{SslVerifyClient::off};
  Setting<int> verify_depth{1};
  Setting<bool> reject_handshake{false};
  Setting<SslCertificateCache> certificate_cache;
  Setting<bool> certificate_watch{false};
  Where where;  ///< of the server, for messages

  /// Forward secrecy and authenticated encryption alone. TLS 1.3 has no others.
  static constexpr const char* safe_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

  bool has_certificates() const { return !certificates->empty(); }
  void inherit(const SslSettings& parent);
};

}  // namespace drishti::conf
