#include "server/tls_families.hpp"

#include <set>

#include "metrics/family.hpp"

namespace drishti::server {

using metrics::Family;
using metrics::TlsMetrics;
using Families = std::vector<prometheus::MetricFamily>;
using Workers = std::span<const metrics::WorkerMetrics* const>;

namespace {

template <class Read>
std::uint64_t total(Workers workers, Read counter) {
  std::uint64_t sum = 0;
  for (const auto* worker : workers) sum += counter(worker->tls).value();
  return sum;
}

}  // namespace

void add_handshake_families(Families& families, Workers workers) {
  Family done = Family::counter("drishti_tls_handshakes_total", "TLS handshakes with clients that succeeded.");
  for (std::size_t i = 0; i < metrics::tls_version_names.size(); ++i) {
    const std::string version(metrics::tls_version_names[i]);
    done.add({{"version", version}, {"resumed", "0"}}, total(workers, [&](const TlsMetrics& tls) -> auto& { return tls.full[i]; }));
    done.add({{"version", version}, {"resumed", "1"}}, total(workers, [&](const TlsMetrics& tls) -> auto& { return tls.resumed[i]; }));
  }
  Family failed = Family::counter("drishti_tls_handshake_failures_total", "TLS handshakes with clients that failed, by reason.");
  for (std::size_t i = 0; i < metrics::handshake_failure_names.size(); ++i)
    failed.add({{"reason", std::string(metrics::handshake_failure_names[i])}},
               total(workers, [&](const TlsMetrics& tls) -> auto& { return tls.failed[i]; }));
  Family refused = Family::counter("drishti_tls_renegotiations_refused_total", "Attempts of clients to renegotiate.");
  refused.add({}, total(workers, [](const TlsMetrics& tls) -> auto& { return tls.renegotiations; }));
  Family kernel = Family::counter("drishti_tls_ktls_connections_total", "Connections whose sending the kernel encrypts (kTLS).");
  kernel.add({}, total(workers, [](const TlsMetrics& tls) -> auto& { return tls.kernel_sends; }));
  Family early = Family::counter("drishti_tls_early_data_total", "Early data (0-RTT) that was taken, or refused because it may be a replay.");
  early.add({{"result", "taken"}}, total(workers, [](const TlsMetrics& tls) -> auto& { return tls.early_taken; }));
  early.add({{"result", "refused"}}, total(workers, [](const TlsMetrics& tls) -> auto& { return tls.early_refused; }));
  Family duration = Family::histogram("drishti_tls_handshake_duration_seconds",
                                      "Time from the first byte of a client to the end of its handshake.");
  metrics::HistogramTotals totals;
  for (const auto* worker : workers) totals.add(worker->tls.duration);
  duration.add({}, totals);
  for (Family* family : {&done, &failed, &refused, &kernel, &early, &duration}) families.push_back(family->take());
}

void add_certificate_families(Families& families, const tls::ServerContexts& contexts, const CertificateLoads& loads) {
  Family ends = Family::gauge("drishti_tls_certificate_not_after_timestamp_seconds", "When a certificate expires.");
  std::set<std::pair<std::string, std::string>> seen;
  for (const auto& context : contexts.all())
    for (const tls::CertificateInfo& info : context->certificates())
      if (seen.emplace(context->server().first_name, info.path).second)
        ends.add({{"server", context->server().first_name}, {"file", info.path}}, static_cast<double>(info.not_after));
  families.push_back(ends.take());
  families.push_back(Family::gauge("drishti_tls_certificate_load_successful",
                                   "0 when the last reading of changed certificates failed and the old ones stay.")
                         .add(loads.is_last_ok ? 1 : 0).take());
  families.push_back(Family::gauge("drishti_tls_certificate_load_success_timestamp_seconds",
                                   "When the certificates in use were read.")
                         .add(static_cast<double>(loads.last_success)).take());
  families.push_back(Family::counter("drishti_tls_certificate_load_failures_total",
                                     "Readings of changed certificates that failed.")
                         .add({}, loads.failures).take());
}

}  // namespace drishti::server
