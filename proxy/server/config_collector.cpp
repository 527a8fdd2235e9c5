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
  hash_ = config_hash(config);
  generation_ = generation;
  if (generation > 1) ++successes_;
  last_succeeded_ = true;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  applied_at_ = static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count()) / 1000;
}

void ConfigCollector::refused() {
  const std::lock_guard lock(mutex_);
  ++failures_;
  last_succeeded_ = false;
}

std::vector<prometheus::MetricFamily> ConfigCollector::Collect() const {
  const std::lock_guard lock(mutex_);
  std::vector<prometheus::MetricFamily> families;
  auto gauge = [&](const char* name, const char* help, const metrics::Labels& labels, double value) {
    families.push_back(Family::gauge(name, help).add(labels, value).take());
  };
  gauge("drishti_build_info", "The version that runs.", {{"version", std::string(http::product_version)}}, 1);
  gauge("drishti_config_info", "The configuration in force, by a hash of its files.", {{"hash", hash_}}, 1);
  gauge("drishti_config_generation", "1 for the configuration of the start, one more for each reload.", {},
        static_cast<double>(generation_));
  families.push_back(Family::counter("drishti_config_reloads_total", "Reloads asked for, by result.")
                         .add({{"result", "failure"}}, failures_)
                         .add({{"result", "success"}}, successes_).take());
  gauge("drishti_config_last_reload_successful", "0 when the last reload failed and the old configuration stays.", {},
        last_succeeded_ ? 1 : 0);
  gauge("drishti_config_last_reload_success_timestamp_seconds", "When the configuration in force took effect.", {},
        applied_at_);
  families.push_back(Family::counter("drishti_log_lines_lost_total", "Log lines that could not be written.")
                         .add({}, lost_log_lines_.load(std::memory_order_relaxed)).take());
  return families;
}

}  // namespace drishti::server
