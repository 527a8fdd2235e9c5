#include "server/config_collector.hpp"

#include <openssl/evp.h>

#include <chrono>

#include "http/product.hpp"
#include "metrics/family.hpp"

namespace drishti::server {

using metrics::Family;

std::string config_hash(const conf::Config& config) {
  std::string all;
  for (const conf::SourceFile& file : config.files)
    all.append(file.path).append(1, '\0').append(file.content).append(1, '\0');
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(all.data(), all.size(), digest, &size, EVP_sha256(), nullptr) != 1) return {};
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < 8; ++i) text.append({digits[digest[i] >> 4], digits[digest[i] & 15]});
  return text;
}

void ConfigCollector::applied(const conf::Config& config, std::uint64_t generation) {
  const std::lock_guard lock(mutex_);
  state_.hash = config_hash(config);
  state_.generation = generation;
  if (generation > 1) ++state_.reloads;
  state_.last_reload_succeeded = true;
  state_.last_error.clear();
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  state_.applied_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

void ConfigCollector::refused(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  ++state_.failed_reloads;
  state_.last_reload_succeeded = false;
  state_.last_error = reason;
}

admin::ConfigState ConfigCollector::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

std::vector<prometheus::MetricFamily> ConfigCollector::Collect() const {
  const std::lock_guard lock(mutex_);
  std::vector<prometheus::MetricFamily> families;
  auto gauge = [&](const char* name, const char* help, const metrics::Labels& labels, double value) {
    families.push_back(Family::gauge(name, help).add(labels, value).take());
  };
  gauge("drishti_build_info", "The version that runs.", {{"version", std::string(http::product_version)}}, 1);
  gauge("drishti_config_info", "The configuration in force, by a hash of its files.", {{"hash", state_.hash}}, 1);
  gauge("drishti_config_generation", "1 for the configuration of the start, one more for each reload.", {},
        static_cast<double>(state_.generation));
  families.push_back(Family::counter("drishti_config_reloads_total", "Reloads asked for, by result.")
                         .add({{"result", "failure"}}, state_.failed_reloads)
                         .add({{"result", "success"}}, state_.reloads).take());
  gauge("drishti_config_last_reload_successful", "0 when the last reload failed and the old configuration stays.", {},
        state_.last_reload_succeeded ? 1 : 0);
  gauge("drishti_config_last_reload_success_timestamp_seconds", "When the configuration in force took effect.", {},
        static_cast<double>(state_.applied_ms) / 1000);
  families.push_back(Family::counter("drishti_log_lines_lost_total", "Log lines that could not be written.")
                         .add({}, lost_log_lines_.load(std::memory_order_relaxed)).take());
  return families;
}

}  // namespace drishti::server
