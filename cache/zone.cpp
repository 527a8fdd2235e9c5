#include "cache/zone.hpp"

#include <algorithm>

namespace drishti::cache {

Zone::Zone(std::string name, std::size_t memory_bytes)
    : name_(std::move(name)),
      memory_(memory_bytes),
      fill_budget_(std::make_shared<FillBudget>(std::max<std::uint64_t>(memory_bytes, FillBudget::least))) {}

UseCounter& Zone::uses() {
  std::call_once(uses_made_, [this] { uses_ = std::make_unique<UseCounter>(); });
  return *uses_;
}

std::shared_ptr<const BanList> Zone::bans() const {
  const std::lock_guard lock(bans_mutex_);
  return bans_;
}

bool Zone::forget(const KeyHash& hash) {
  const bool was_there = memory_.remove(hash);
  fetches_.abandon(hash);  // behind it: who finds nothing any more leads a fetch of its own
  return was_there;
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

bool Zone::keep_coded(const StoredResponsePtr& response, http::ContentCoding coding, std::string body) {
  body.shrink_to_fit();
  StoredResponsePtr richer = response->with_coded(coding, std::make_shared<const std::string>(std::move(body)));
  return memory_.replace(hash_key(response->key()), response, std::move(richer));
}

std::size_t Zone::add_ban(Ban ban) {
  std::shared_ptr<const BanList> list;
  {
    const std::lock_guard lock(bans_mutex_);
    bans_ = bans_ ? bans_->with(std::move(ban)) : BanList{}.with(std::move(ban));
    list = bans_;
    newest_ban_.store(list->newest(), std::memory_order_release);
  }
  fetches_.abandon_all();
  return memory_.remove_if([&](const StoredResponse& response) { return list->hits(response); });
}

std::size_t Zone::ban(Ban::Kind kind, std::string text) {
  return add_ban({kind, std::move(text), local_bans_.fetch_add(1) + 1});
}

}  // namespace drishti::cache
