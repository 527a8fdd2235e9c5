#include "cache/redis/invalidation.hpp"

#include <algorithm>
#include <utility>

#include "cache/redis/bans.hpp"
#include "cache/redis/command.hpp"
#include "cache/redis/middleware_format.hpp"
#include "cache/redis/tracking_pair.hpp"

namespace drishti::cache::redis {
namespace {

// One message names all keys of a turn of Redis's loop: a script that deletes a million of them is one message.
constexpr ReplyLimits message_limits{64 << 20, 1 << 20};

}  // namespace

Invalidation::Invalidation(const RedisUrl& url, ClientServices services, MemoryStore& memory, ChangeHub& hub,
                           InvalidationOptions options)
    : services_(std::move(services)),
      memory_(memory),
      hub_(hub),
      options_(std::move(options)),
      keys_(options_.prefix, options_.zone),
      client_(make_client(url, services_)),
      connection_(connection_options(url)),
      bans_are_due_(services_.reactor) {
  connection_.timeout = options_.timeout;
  connection_.limits = message_limits;
  if (url.kind != RedisUrl::Kind::cluster) pairs_.push_back(make_pair(make_address_source(url, services_)));
  client_->on_masters([this](const std::vector<Node>& masters) { follow_masters(masters); });
}

std::shared_ptr<TrackingPair> Invalidation::make_pair(std::unique_ptr<AddressSource> source) {
  std::vector<std::string> prefixes = keys_.tracked();
  if (options_.middleware) prefixes.emplace_back(middleware_prefix);
  TrackingPair::Events events;
  events.key = [this](const std::string& name) { on_key(name); };
  events.flush = [this] { on_flush(); };
  events.changed = [this] { pair_changed(); };
  return std::make_shared<TrackingPair>(std::move(source), connection_, services_, std::move(prefixes),
                                        options_.heartbeat, std::move(events));
}

// Each master tells of its own slots. As long as one is not heard L1 does not count as coherent.
void Invalidation::follow_masters(const std::vector<Node>& masters) {
  if (masters == masters_ || stopped_) return;
  std::vector<std::shared_ptr<TrackingPair>> pairs;
  for (const Node& master : masters) {
    const auto known = static_cast<std::size_t>(std::find(masters_.begin(), masters_.end(), master) - masters_.begin());
    if (known < masters_.size()) pairs.push_back(std::exchange(pairs_[known], nullptr));
    else pairs.push_back(make_pair(std::make_unique<NodeList>(services_.reactor, services_.resolve, std::vector{master})));
  }
  masters_ = masters;
  pairs_.swap(pairs);
  for (const auto& gone : pairs)
    if (gone) gone->stop();
  for (const auto& pair : pairs_) pair->start();
  pair_changed();
}

Invalidation::~Invalidation() { stop(); }

void Invalidation::start() {
  client_->start();
  for (const auto& pair : pairs_) pair->start();
  net::spawn(follow_bans(shared_from_this()));
}

void Invalidation::stop() {
  if (std::exchange(stopped_, true)) return;
  for (const auto& pair : pairs_) pair->stop();
  client_->stop();
  hub_.set_live(false);
  bans_are_due_.notify();
}

void Invalidation::forget_all() {
  memory_.clear();
  services_.metrics.flushes.add();
  hub_.all_changed();
}

void Invalidation::on_key(const std::string& name) {
  services_.metrics.invalidations.add();
  auto named = keys_.read(name);
  if (!named && options_.middleware && name.starts_with(middleware_prefix))
    named = Keys::Named{Keys::Kind::entry, hash_key(std::string_view(name).substr(middleware_prefix.size()))};
  if (named) {
    if (named->kind != Keys::Kind::lock) memory_.remove(named->hash);
    if (named->kind == Keys::Kind::removal && options_.on_removal) options_.on_removal(named->hash);
    hub_.changed(named->hash);
  } else if (keys_.is_about_bans(name)) {
    bans_are_due_.notify();
  }
}

void Invalidation::on_flush() {
  forget_all();
  bans_are_due_.notify();
}

// Emptied both times: when a connection is lost, and when changes are seen again, since what came in between may be old.
void Invalidation::pair_changed() {
  are_up_ = !pairs_.empty() && std::all_of(pairs_.begin(), pairs_.end(), [](const auto& pair) { return pair->is_up(); });
  ++round_;
  hub_.set_live(false);
  forget_all();
  if (are_up_) bans_are_due_.notify();
}

net::Task<void> Invalidation::follow_bans([[maybe_unused]] std::shared_ptr<Invalidation> self) {
  constexpr net::milliseconds again{100};
  net::milliseconds most{0};
  while (!stopped_) {
    co_await bans_are_due_.wait(most);
    if (stopped_) co_return;
    const std::uint64_t round = round_;
    const CallResult result = co_await client_->call(keys_.bans(), read_bans_command(keys_), {});
    if (stopped_) co_return;
    const bool ok = take_bans(result);
    most = ok ? net::milliseconds(0) : again;
    if (ok && round == round_ && are_up_) hub_.set_live(true);
  }
}

bool Invalidation::take_bans(const CallResult& result) {
  if (!result.ok()) return false;
  auto bans = bans_in(result.reply);
  if (!bans) {
    const bool is_error = result.reply.is(Reply::Type::error);
    services_.metrics.count(is_error ? kind_of_error(result.reply.text) : ErrorKind::corrupt);
    if (is_error && options_.refusals)
      options_.refusals->report(services_.log, result.reply.text, services_.reactor.clock().now());
    return false;
  }
  std::erase_if(*bans, [this](const Ban& ban) { return ban.number <= newest_ban_; });
  if (bans->empty()) return true;
  newest_ban_ = bans->back().number;
  if (options_.on_bans) options_.on_bans(*bans);
  return true;
}

}  // namespace drishti::cache::redis
