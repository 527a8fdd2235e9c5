#include "conf/ssl_checks.hpp"

#include <map>

#include "conf/setters.hpp"

namespace drishti::conf {
namespace {

Where place_of(const Server& server, std::string_view directive) {
  const auto written = server.root->written.find(directive);
  return written == server.root->written.end() ? server.where : written->second;
}

void check_keys(const Server& server) {
  const auto& certificates = *server.ssl.certificates;
  const std::size_t keys = server.ssl.certificate_keys->size();
  if (keys >= certificates.size()) return;
  const Template& alone = keys == 0 ? certificates.back() : certificates[keys];
  throw ConfigError("no \"ssl_certificate_key\" is defined for certificate " + quoted(alone.source),
                    place_of(server, "ssl_certificate"));
}

void check_client_certificates(const Server& server) {
  const SslSettings& ssl = server.ssl;
  if (*ssl.verify_client == SslVerifyClient::off || *ssl.verify_client == SslVerifyClient::optional_no_ca) return;
  if (ssl.client_certificate->empty())
    throw ConfigError("no ssl_client_certificate for ssl_verify_client", place_of(server, "ssl_verify_client"));
}

[[noreturn]] void refuse_listen(const Server& server) {
  throw ConfigError("no \"ssl_certificate\" is defined for the \"listen ... ssl\" directive", server.where);
}

/// Servers of one address, the default server in front.
struct Endpoint {
  std::vector<const Server*> servers;
  bool ssl = false;
  bool has_default = false;
};

void add(Endpoint& endpoint, const Server& server, const Listen& listen) {
  endpoint.ssl |= listen.ssl;
  const bool is_first = listen.default_server && !endpoint.has_default;
  endpoint.has_default |= listen.default_server;
  endpoint.servers.insert(is_first ? endpoint.servers.begin() : endpoint.servers.end(), &server);
}

// A server without a certificate answers with the default server's; that one may instead refuse all handshakes.
void check(const Endpoint& endpoint) {
  if (!endpoint.ssl || endpoint.servers.front()->ssl.has_certificates()) return;
  for (const Server* server : endpoint.servers)
    if (!server->ssl.has_certificates() && !*server->ssl.reject_handshake) refuse_listen(*server);
}

}  // namespace

void check_ssl(const Server& server) {
  if (!server.ssl.has_certificates() && !*server.ssl.reject_handshake) return;
  if (server.ssl.has_certificates()) check_keys(server);
  check_client_certificates(server);
}

void check_ssl_listens(const std::vector<std::shared_ptr<Server>>& servers) {
  std::map<std::string, Endpoint> endpoints;
  for (const auto& server : servers)
    for (const Listen& listen : server->listens) add(endpoints[listen.address.text()], *server, listen);
  for (const auto& [address, endpoint] : endpoints) check(endpoint);
}

}  // namespace drishti::conf
