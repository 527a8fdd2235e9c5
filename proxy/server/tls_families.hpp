#pragma once
// Families about TLS towards clients: a label's values are of a closed list, or come from the configuration.

#include <prometheus/metric_family.h>

#include <cstdint>
#include <span>
#include <vector>

#include "metrics/worker_metrics.hpp"
#include "tls/server_contexts.hpp"

namespace drishti::server {

/// How reading the files went.
struct CertificateLoads {
  std::int64_t last_success = 0;  ///< since 1970
  std::uint64_t failures = 0;     ///< of renewals because files changed
  bool is_last_ok = true;
};

void add_handshake_families(std::vector<prometheus::MetricFamily>& families,
                            std::span<const metrics::WorkerMetrics* const> workers);
void add_certificate_families(std::vector<prometheus::MetricFamily>& families, const tls::ServerContexts& contexts,
                              const CertificateLoads& loads);

}  // namespace drishti::server
