#include "server/certificate_keeper.hpp"

#include <chrono>

#include "server/privileges.hpp"
#include "server/tls_families.hpp"

namespace drishti::server {

CertificateKeeper::Contexts CertificateKeeper::prepare(std::shared_ptr<const conf::Config> config) {
  return std::make_shared<const tls::ServerContexts>(std::move(config), process_);
}

void CertificateKeeper::commit(Contexts contexts) {
  watch_.follow(contexts->config());
  stapling_.follow(*contexts);
  for (const auto& context : contexts->all())
    for (const std::string& warning : context->warnings()) log_.write(conf::LogLevel::warn, 0, warning);
  if (contexts->lacks_kernel_tls()) log_.write(conf::LogLevel::notice, 0, contexts->no_kernel_tls);
  {
    const std::lock_guard lock(mutex_);
    contexts_ = std::move(contexts);
  }
  renewed(true);
}

CertificateKeeper::Contexts CertificateKeeper::contexts() const {
  const std::lock_guard lock(mutex_);
  return contexts_;
}

void CertificateKeeper::renewed(bool ok) {
  const std::lock_guard lock(mutex_);
  is_last_ok_ = ok;
  if (!ok) ++failures_;
  else loaded_ = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
}

bool CertificateKeeper::tick() {
  const auto now = std::chrono::steady_clock::now();
  process_.tickets()->rotate(now);
  stapling_.tick(now);
  return !watch_.is_empty() && read_again();
}

bool CertificateKeeper::read_again() {
  const Elevation elevation;
  if (!watch_.changed()) return false;
  try {
    auto fresh = std::make_shared<const tls::ServerContexts>(*contexts(), process_);
    stapling_.follow(*fresh);
    const std::lock_guard lock(mutex_);
    contexts_ = std::move(fresh);
  } catch (const tls::TlsError& error) {
    log_.write(conf::LogLevel::error, 0, std::string(error.what()) + ": the certificates in use stay");
    renewed(false);
    return false;
  }
  renewed(true);
  log_.write(conf::LogLevel::notice, 0, "certificates were read again because their files changed");
  return true;
}

void CertificateKeeper::add_worker(const metrics::WorkerMetrics& worker) {
  const std::lock_guard lock(mutex_);
  workers_.push_back(&worker);
}

void CertificateKeeper::forget() {
  const std::lock_guard lock(mutex_);
  workers_.clear();
}

std::vector<prometheus::MetricFamily> CertificateKeeper::Collect() const {
  const std::lock_guard lock(mutex_);
  std::vector<prometheus::MetricFamily> families;
  add_handshake_families(families, workers_);
  if (contexts_) add_certificate_families(families, *contexts_, {loaded_, failures_, is_last_ok_});
  return families;
}

}  // namespace drishti::server
