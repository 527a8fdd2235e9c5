#pragma once
// The admin listener of this process: proxy/admin on the control thread, with what it asks of the program.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "admin/guard.hpp"
#include "conf/config.hpp"
#include "net/error_log.hpp"
#include "server/listening_sockets.hpp"
#include "tls/openssl_handles.hpp"

namespace boost::asio {
class io_context;
}
namespace drishti::metrics {
class Exposition;
}
namespace drishti::routing {
struct Snapshot;
}
namespace drishti::upstream {
class HealthKeeper;
class NameResolver;
}  // namespace drishti::upstream

namespace drishti::server {

class CacheZones;
class CertificateKeeper;
class ConfigCollector;
class Worker;

/// The parts of the server that it tells about and changes. All outlive it.
struct AdminParts {
  boost::asio::io_context& control;
  net::ErrorLog& log;
  const std::shared_ptr<const routing::Snapshot>& current;
  const metrics::Exposition& exposition;
  const std::vector<std::unique_ptr<Worker>>& workers;
  const CacheZones& zones;
  upstream::NameResolver& resolver;
  upstream::HealthKeeper& health;
  const ConfigCollector& config_state;
  const CertificateKeeper& certificates;
};

/// Reads the token. Throws std::runtime_error when it cannot be used.
std::shared_ptr<const admin::Access> admin_access(const conf::AdminSettings& settings);

/// The context of `admin_listen ... ssl`; null without. Throws tls::TlsError.
tls::SslContextPtr admin_tls(const conf::AdminSettings& settings);

class AdminEndpoint {
 public:
  explicit AdminEndpoint(const AdminParts& parts);
  /// While the io_context is not running.
  ~AdminEndpoint();

  void on_reload_request(std::function<std::string()> reload);

  /// Not committed, it closes what was bound.
  struct Change {
    ~Change();
    std::shared_ptr<const admin::Access> access;
    tls::SslContextPtr tls;
    ListeningSockets::Change sockets;
    bool is_committed = false;
  };
  /// Binds a new address, reads the certificate anew. Throws std::runtime_error and changes nothing when it can't, or when
  /// the token can't be read.
  std::unique_ptr<Change> prepare(const conf::AdminSettings& settings);
  void commit(std::unique_ptr<Change> change);
  void stop_accepting();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace drishti::server
