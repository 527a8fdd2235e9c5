#include "tls/session_store.hpp"

namespace drishti::tls {
namespace {

std::string_view id_of(const SSL_SESSION* session) {
  unsigned size = 0;
  const unsigned char* id = SSL_SESSION_get_id(session, &size);
  return {reinterpret_cast<const char*>(id), size};
}

std::string encode(SSL_SESSION* session) {
  constexpr int largest = 16 << 10;  // with a long chain of a client in it
  const int size = i2d_SSL_SESSION(session, nullptr);
  if (size <= 0 || size > largest) return {};
  std::string bytes(static_cast<std::size_t>(size), '\0');
  auto* end = reinterpret_cast<unsigned char*>(bytes.data());
  i2d_SSL_SESSION(session, &end);
  return bytes;
}

}  // namespace

void SessionStore::erase(Shard& shard, Order::iterator entry) {
  shard.bytes -= entry->size();
  shard.by_id.erase(entry->id);
  shard.order.erase(entry);
}

void SessionStore::add(SSL_SESSION* session) {
  Entry entry{std::string(id_of(session)), encode(session)};
  if (entry.id.empty() || entry.session.empty()) return;
  Shard& shard = shard_of(entry.id);
  const std::lock_guard lock(shard.mutex);
  if (const auto old = shard.by_id.find(entry.id); old != shard.by_id.end()) erase(shard, old->second);
  shard.bytes += entry.size();
  shard.order.push_front(std::move(entry));
  shard.by_id.emplace(shard.order.front().id, shard.order.begin());
  while (!shard.order.empty() && (shard.bytes > limits_.bytes || shard.order.size() > limits_.sessions))
    erase(shard, std::prev(shard.order.end()));
}

SessionPtr SessionStore::find(std::string_view id) {
  Shard& shard = shard_of(id);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.by_id.find(id);
  if (found == shard.by_id.end()) return nullptr;
  shard.order.splice(shard.order.begin(), shard.order, found->second);
  const std::string& bytes = found->second->session;
  const auto* begin = reinterpret_cast<const unsigned char*>(bytes.data());
  return SessionPtr(d2i_SSL_SESSION(nullptr, &begin, static_cast<long>(bytes.size())));
}

void SessionStore::remove(SSL_SESSION* session) {
  const std::string_view id = id_of(session);
  Shard& shard = shard_of(id);
  const std::lock_guard lock(shard.mutex);
  if (const auto found = shard.by_id.find(id); found != shard.by_id.end()) erase(shard, found->second);
}

}  // namespace drishti::tls
