#include "request/shared_writes.hpp"

#include <chrono>
#include <random>

namespace drishti::request {
namespace {

net::Task<void> put(cache::SharedStore& shared, cache::StoredResponsePtr response, std::chrono::milliseconds keep) {
  co_await shared.put(std::move(response), keep);
}

net::Task<void> remove(cache::SharedStore& shared, std::string key) { co_await shared.remove(key); }

}  // namespace

void put_shared(CacheZoneView& view, cache::StoredResponsePtr response, std::int64_t keep) {
  if (!view.shared || !view.shared->is_available() || keep <= 0) return;
  net::spawn(put(*view.shared, std::move(response), std::chrono::milliseconds(keep)));
}

void remove_shared(CacheZoneView& view, std::string key) {
  if (view.shared && view.shared->is_available()) net::spawn(remove(*view.shared, std::move(key)));
}

std::uint64_t random_token() {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return generator() | 1;  // never 0, which stands for none
}

}  // namespace drishti::request
