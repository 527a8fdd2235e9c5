#pragma once
// The page behind `metrics;`: everything that wants to be seen registers here as a prometheus::Collectable.
//
// To add families (a cache, a Redis client, health checks): derive from prometheus::Collectable, build each family with
// metrics/family.hpp from counters that exist for as long as the process, and add() it in Server::Impl::register_metrics.
// Collect() runs on whichever worker answers the scrape, while all others serve: it may read atomics and take short locks
// that no request takes, nothing else. A line for each family belongs into docs/METRICS.md; a test compares.

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/worker_metrics.hpp"

namespace prometheus {
class Collectable;
}

namespace drishti::metrics {

enum class Format { text, openmetrics };

/// What a scrape asks for by its Accept field; text unless OpenMetrics is preferred. RFC 9110 12.5.1.
Format format_for(std::string_view accept);
std::string_view content_type(Format format);
inline constexpr std::string_view scaling_content_type = "application/json";

class Exposition {
 public:
  Exposition();
  ~Exposition();

  /// Control thread, before requests are served. WORKER outlives this or is forgotten in time.
  void add_worker(const WorkerMetrics& worker);
  void forget_workers();
  void add(std::shared_ptr<const prometheus::Collectable> collectable);

  /// All families in the order of registration. Any thread; scrapes wait for each other.
  std::string page(Format format) const;
  /// nginx's stub_status page. Any thread.
  std::string stub_status() const;
  /// Before requests are served: MAKE makes what scaling_json() returns. Any thread may run it; several may at once.
  void set_scaling(std::function<std::string()> make) { make_scaling_ = std::move(make); }
  /// The scaling advice (docs/SCALING.md), as `scaling_status` and the admin listener's GET /scaling send it with
  /// Content-Type scaling_content_type. Any thread; takes no lock of the request path.
  std::string scaling_json() const { return make_scaling_ ? make_scaling_() : std::string("{}\n"); }

 private:
  mutable std::mutex mutex_;
  std::vector<const WorkerMetrics*> workers_;
  std::vector<std::shared_ptr<const prometheus::Collectable>> collectables_;
  std::function<std::string()> make_scaling_;
};

}  // namespace drishti::metrics
