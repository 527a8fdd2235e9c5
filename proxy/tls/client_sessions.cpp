#include "tls/client_sessions.hpp"

namespace drishti::tls {

/// Hangs at the SSL, which owns it.
struct ClientSessions::Link {
  std::weak_ptr<ClientSessions> sessions;
  std::string key;

  static void free(void*, void* link, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<Link*>(link); }
};

int ClientSessions::link_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, Link::free);
  return index;
}

void ClientSessions::install(SSL_CTX* context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, take);
}

// A session was made under a context's rules (whom it trusts): another context must not resume it.
void ClientSessions::attach(SSL* ssl, const ClientTarget& target, const std::string& address) {
  auto link = std::make_unique<Link>(
      Link{weak_from_this(), std::to_string(target.context->id()) + '\n' + address + '\n' + target.name + '\n' +
                                 target.certificate});
  if (const auto known = sessions_.find(link->key); known != sessions_.end()) SSL_set_session(ssl, known->second.get());
  if (SSL_set_ex_data(ssl, link_index(), link.get()) == 1) link.release();
}

void ClientSessions::forget(const SSL* ssl) {
  const auto* link = static_cast<const Link*>(SSL_get_ex_data(ssl, link_index()));
  const auto sessions = link == nullptr ? nullptr : link->sessions.lock();
  if (sessions) sessions->sessions_.erase(link->key);
}

/// OpenSSL's callback. 1: the session is ours now.
int ClientSessions::take(SSL* ssl, SSL_SESSION* session) {
  const auto* link = static_cast<const Link*>(SSL_get_ex_data(ssl, link_index()));
  const auto sessions = link == nullptr ? nullptr : link->sessions.lock();
  if (!sessions) return 0;
  sessions->keep(link->key, SessionPtr(session));
  return 1;
}

void ClientSessions::keep(const std::string& key, SessionPtr session) {
  if (sessions_.size() >= most && !sessions_.contains(key)) sessions_.erase(sessions_.begin());
  sessions_[key] = std::move(session);
}

}  // namespace drishti::tls
