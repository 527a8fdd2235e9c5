#include "tls/certificate_cache.hpp"

namespace drishti::tls {

std::shared_ptr<const Certificate> CertificateCache::get(const std::string& path, const std::string& key_path,
                                                         const Passphrases& passphrases, std::string& error,
                                                         Clock::time_point now) {
  std::string name = path + '\0' + key_path;
  if (auto kept = find(name, now)) return kept;
  try {
    auto loaded = std::make_shared<const Certificate>(load_certificate(path, key_path, passphrases));
    keep(std::move(name), loaded, now);
    return loaded;
  } catch (const TlsError& failure) {
    error = failure.what();
    return nullptr;
  }
}

std::size_t CertificateCache::size() const {
  const std::lock_guard lock(mutex_);
  return order_.size();
}

std::shared_ptr<const Certificate> CertificateCache::find(const std::string& name, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return nullptr;
  const auto entry = found->second;
  if (now - entry->loaded >= settings_.valid) {
    erase(entry);
    return nullptr;
  }
  entry->used = now;
  order_.splice(order_.begin(), order_, entry);
  return entry->certificate;
}

void CertificateCache::keep(std::string name, std::shared_ptr<const Certificate> certificate, Clock::time_point now) {
  if (settings_.max == 0) return;
  const std::lock_guard lock(mutex_);
  if (const auto old = by_name_.find(name); old != by_name_.end()) erase(old->second);
  order_.push_front({std::move(name), std::move(certificate), now, now});
  by_name_.emplace(order_.front().name, order_.begin());
  while (order_.size() > static_cast<std::size_t>(settings_.max) || now - order_.back().used >= settings_.inactive)
    erase(std::prev(order_.end()));
}

void CertificateCache::erase(Order::iterator entry) {
  by_name_.erase(entry->name);
  order_.erase(entry);
}

}  // namespace drishti::tls
