#include "cache/zone.hpp"

namespace drishti::cache {

UseCounter& Zone::uses() {
  std::call_once(uses_made_, [this] { uses_ = std::make_unique<UseCounter>(); });
  return *uses_;
}

std::shared_ptr<const BanList> Zone::bans() const {
  const std::lock_guard lock(bans_mutex_);
  return bans_;
}

bool Zone::is_banned(const StoredResponse& response) const {
  if (response.ban_number() >= newest_ban()) return false;
  const auto list = bans();
  return list && list->hits(response);
}

bool Zone::keep(const KeyHash& hash, StoredResponsePtr response, Ticket ticket) {
  if (!response || is_banned(*response)) return false;
  return memory_.insert(hash, std::move(response), ticket);
}

std::size_t Zone::add_ban(Ban ban) {
  std::shared_ptr<const BanList> list;
  {
    const std::lock_guard lock(bans_mutex_);
    bans_ = bans_ ? bans_->with(std::move(ban)) : BanList{}.with(std::move(ban));
    list = bans_;
    newest_ban_.store(list->newest(), std::memory_order_release);
  }
  return memory_.remove_if([&](const StoredResponse& response) { return list->hits(response); });
}

std::size_t Zone::ban(Ban::Kind kind, std::string text) {
  return add_ban({kind, std::move(text), local_bans_.fetch_add(1) + 1});
}

}  // namespace drishti::cache
