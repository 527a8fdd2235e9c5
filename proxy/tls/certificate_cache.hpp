#pragma once
// Certificates whose paths hold variables: read when a client asks for them, kept for a while. Any thread.

#include <chrono>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "conf/ssl_settings.hpp"
#include "tls/certificate.hpp"

namespace drishti::tls {

class CertificateCache {
 public:
  using Clock = std::chrono::steady_clock;
  explicit CertificateCache(const conf::SslCertificateCache& settings) : settings_(settings) {}

  /// Null: it cannot be loaded; ERROR says why. Failures are not kept.
  std::shared_ptr<const Certificate> get(const std::string& path, const std::string& key_path,
                                         const Passphrases& passphrases, std::string& error, Clock::time_point now);
  std::size_t size() const;

 private:
  struct Entry {
    std::string name;
    std::shared_ptr<const Certificate> certificate;
    Clock::time_point loaded, used;
  };
  using Order = std::list<Entry>;
  std::shared_ptr<const Certificate> find(const std::string& name, Clock::time_point now);
  void keep(std::string name, std::shared_ptr<const Certificate> certificate, Clock::time_point now);
  void erase(Order::iterator entry);

  const conf::SslCertificateCache settings_;
  mutable std::mutex mutex_;
  Order order_;  ///< the last used in front
  std::unordered_map<std::string_view, Order::iterator> by_name_;
};

}  // namespace drishti::tls
