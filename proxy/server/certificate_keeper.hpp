#pragma once
// The certificates of the program: read at start and reload, again when watched files change, and told about. Control thread
// unless something else is said.

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "metrics/worker_metrics.hpp"
#include "net/error_log.hpp"
#include "server/stapling_keeper.hpp"
#include "tls/certificate_watch.hpp"
#include "tls/server_contexts.hpp"

namespace drishti::server {

class CertificateKeeper : public prometheus::Collectable {
 public:
  using Contexts = std::shared_ptr<const tls::ServerContexts>;

  explicit CertificateKeeper(net::ErrorLog& log) : log_(log), stapling_(log) {}

  /// Reads all files of CONFIG and changes nothing. Throws tls::TlsError.
  Contexts prepare(std::shared_ptr<const conf::Config> config);
  void commit(Contexts contexts);
  /// Of the configuration in force; null before the start.
  Contexts contexts() const;

  /// Every second. True: watched files changed, and contexts() are others.
  bool tick();

  // ---- metrics ----
  void add_worker(const metrics::WorkerMetrics& worker);
  void forget();
  /// Any thread.
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  void renewed(bool ok);
  bool read_again();

  net::ErrorLog& log_;
  tls::ProcessState process_;
  tls::CertificateWatch watch_;
  StaplingKeeper stapling_;
  mutable std::mutex mutex_;  ///< of what Collect() reads
  Contexts contexts_;
  std::vector<const metrics::WorkerMetrics*> workers_;
  std::int64_t loaded_ = 0;   ///< since 1970
  std::uint64_t failures_ = 0;
  bool is_last_ok_ = true;
};

}  // namespace drishti::server
