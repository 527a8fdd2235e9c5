#include "cache/ban_list.hpp"

#include <algorithm>

namespace drishti::cache {
namespace {

bool concerns(const Ban& ban, const StoredResponse& response) {
  switch (ban.kind) {
    case Ban::Kind::tag: return response.has_tag(ban.text);
    case Ban::Kind::url: return response.url() == ban.text;
    case Ban::Kind::prefix: break;
  }
  return response.url().starts_with(ban.text);
}

}  // namespace

std::shared_ptr<const BanList> BanList::with(Ban ban) const {
  auto list = std::make_shared<BanList>(*this);
  list->add(std::move(ban));
  return list;
}

void BanList::add(Ban ban) {
  if (ban.number <= everything_before_) return;
  const auto same = std::find_if(bans_.begin(), bans_.end(),
                                 [&](const Ban& other) { return other.kind == ban.kind && other.text == ban.text; });
  if (same != bans_.end()) {
    if (same->number >= ban.number) return;
    bans_.erase(same);  // the newer one hits all that it would
  }
  const auto place = std::upper_bound(bans_.begin(), bans_.end(), ban.number,
                                      [](std::uint64_t number, const Ban& other) { return number < other.number; });
  bans_.insert(place, std::move(ban));
  if (bans_.size() <= most) return;
  everything_before_ = bans_.front().number;
  bans_.erase(bans_.begin());
}

bool BanList::hits(const StoredResponse& response) const {
  if (response.ban_number() < everything_before_) return true;
  for (auto ban = bans_.rbegin(); ban != bans_.rend() && ban->number > response.ban_number(); ++ban) {
    if (concerns(*ban, response)) return true;
  }
  return false;
}

std::uint64_t BanList::newest() const { return bans_.empty() ? everything_before_ : bans_.back().number; }

}  // namespace drishti::cache
