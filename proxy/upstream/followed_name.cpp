#include "upstream/followed_name.hpp"

#include <algorithm>

namespace drishti::upstream {
namespace {

using Addresses = std::vector<SocketAddress>;

Addresses keep_or_take(const Addresses& known, const DnsAnswer::Family& family) {
  return family.status == DnsAnswer::Status::failed ? known : family.addresses;
}

}  // namespace

FollowedName::Change FollowedName::answered(const DnsAnswer& answer, Time now) {
  asking_ = false;
  const bool any_found =
      answer.v4.status == DnsAnswer::Status::found || answer.v6.status == DnsAnswer::Status::found;
  if (!any_found) {
    retry_ = std::clamp(retry_ * 2, timing_.first_retry, timing_.last_retry);
    due_ = now + retry_;
    return std::exchange(good_, false) ? Change::lost : Change::still_no;
  }
  retry_ = {};
  due_ = now + use_for(answer);
  good_ = true;
  Addresses v4 = keep_or_take(v4_, answer.v4);
  Addresses v6 = keep_or_take(v6_, answer.v6);
  if (v4 == v4_ && v6 == v6_) return Change::none;
  v4_ = std::move(v4);
  v6_ = std::move(v6);
  return Change::changed;
}

std::chrono::milliseconds FollowedName::use_for(const DnsAnswer& answer) const {
  if (valid_) return std::max(*valid_, timing_.shortest);
  if (answer.from_hosts) return timing_.longest;
  return std::clamp<std::chrono::milliseconds>(answer.ttl, timing_.shortest, timing_.longest);
}

Addresses FollowedName::addresses() const {
  Addresses all = v4_;
  all.insert(all.end(), v6_.begin(), v6_.end());
  return all;
}

}  // namespace drishti::upstream
