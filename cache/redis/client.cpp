#include "cache/redis/client.hpp"

#include "cache/redis/cluster_client.hpp"
#include "cache/redis/sentinel.hpp"
#include "cache/redis/single_client.hpp"

namespace drishti::cache::redis {

ConnectionOptions connection_options(const RedisUrl& url) {
  ConnectionOptions options;
  options.user = url.user;
  options.password = url.password;
  options.database = url.database;
  options.timeout = url.timeout;
  if (url.tls) options.tls = std::make_shared<const net::TlsClientContext>(net::TlsClientOptions{url.verify, url.ca_file});
  options.tls_name = url.server_name;
  options.must_be_master =
      url.kind == RedisUrl::Kind::sentinel || (url.kind == RedisUrl::Kind::single && url.nodes.size() > 1);
  return options;
}

std::unique_ptr<AddressSource> make_address_source(const RedisUrl& url, const ClientServices& services) {
  if (url.kind == RedisUrl::Kind::sentinel) return std::make_unique<SentinelSource>(url, services);
  return std::make_unique<NodeList>(services.reactor, services.resolve, url.nodes);
}

std::unique_ptr<Client> make_client(const RedisUrl& url, const ClientServices& services) {
  if (url.kind == RedisUrl::Kind::cluster) return std::make_unique<ClusterClient>(url, services);
  return std::make_unique<SingleClient>(std::make_shared<Connection>(
      services.reactor, make_address_source(url, services), connection_options(url), services.metrics, services.log));
}

}  // namespace drishti::cache::redis
