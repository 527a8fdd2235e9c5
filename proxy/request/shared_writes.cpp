#include "request/shared_writes.hpp"

#include <chrono>
#include <random>

namespace drishti::request {
namespace {

using Shared = std::shared_ptr<cache::SharedStore>;

net::Task<void> put(Shared shared, cache::StoredResponsePtr response, std::chrono::milliseconds keep,
                    std::shared_ptr<SharedLock> lock) {
  co_await shared->put(std::move(response), keep);
  lock.reset();
}

net::Task<void> remove(Shared shared, std::string key) { co_await shared->remove(key); }

net::Task<void> unlock(Shared shared, std::string key, std::uint64_t token) { co_await shared->unlock(key, token); }

}  // namespace

SharedLock::~SharedLock() {
  if (shared_->is_available()) net::spawn(unlock(shared_, std::move(key_), token_));
}

void put_shared(CacheZoneView& view, cache::StoredResponsePtr response, std::int64_t keep,
                std::shared_ptr<SharedLock> lock) {
  if (!view.shared || !view.shared->is_available() || keep <= 0) return;
  net::spawn(put(view.shared, std::move(response), std::chrono::milliseconds(keep), std::move(lock)));
}

void remove_shared(CacheZoneView& view, std::string key) {
  if (view.shared && view.shared->is_available()) net::spawn(remove(view.shared, std::move(key)));
}

std::uint64_t random_token() {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return generator() | 1;  // never 0, which stands for none
}

}  // namespace drishti::request
