#include "tls/process_state.hpp"

namespace drishti::tls {

std::shared_ptr<SessionStore> ProcessState::sessions(const conf::SslSessionCache& cache) {
  using Kind = conf::SslSessionCache::Kind;
  switch (cache.kind) {
    case Kind::off:
    case Kind::none: return nullptr;
    case Kind::builtin: return std::make_shared<SessionStore>(SessionStore::Limits{.sessions = cache.size});
    case Kind::shared: break;
  }
  Zone& zone = zones_[cache.zone];
  if (!zone.store || zone.size != cache.size)
    zone = {cache.size, std::make_shared<SessionStore>(SessionStore::Limits{.bytes = cache.size})};
  return zone.store;
}

std::shared_ptr<Staple> ProcessState::staple(const std::string& fingerprint) {
  std::erase_if(staples_, [](const auto& entry) { return entry.second.expired(); });
  auto& kept = staples_[fingerprint];
  auto staple = kept.lock();
  if (!staple) kept = staple = std::make_shared<Staple>();
  return staple;
}

}  // namespace drishti::tls
