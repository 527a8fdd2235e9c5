#pragma once
// What the admin listener asks of the program, answered from the parts of the server. Control thread.

#include "admin/process.hpp"
#include "server/admin_endpoint.hpp"

namespace drishti::server {

class AdminProcess : public admin::Process {
 public:
  explicit AdminProcess(const AdminParts& parts);
  void on_reload_request(std::function<std::string()> reload) { reload_ = std::move(reload); }

  const routing::Snapshot& snapshot() const override { return *parts_.current; }
  const metrics::Exposition& exposition() const override { return parts_.exposition; }
  metrics::ConnectionTotals connections() const override;
  std::int64_t started_ms() const override { return started_ms_; }
  admin::ConfigState config_state() const override;
  std::vector<admin::CacheState> caches() const override;
  std::vector<admin::CertificateState> certificates() const override;
  upstream::RuntimeChanges& changes() override;
  void apply_changes(const std::string& name) override;
  std::string reload() override { return reload_ ? reload_() : "this program cannot reload"; }
  void purge(const admin::PurgeWish& wish, std::function<void(admin::PurgeResult)> done) override;
  void log(const std::string& text) override;

 private:
  AdminParts parts_;
  std::int64_t started_ms_;
  std::function<std::string()> reload_;
};

}  // namespace drishti::server
