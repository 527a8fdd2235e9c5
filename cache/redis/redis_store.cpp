#include "cache/redis/redis_store.hpp"

#include <algorithm>

#include "cache/random_token.hpp"
#include "cache/redis/bans.hpp"
#include "cache/redis/command.hpp"
#include "net/join.hpp"

namespace drishti::cache::redis {
namespace {

using std::chrono::milliseconds;

// Without news of changes: look again after this.
constexpr milliseconds blind_wait{50};
// Our own news of a removal are not waited for longer.
constexpr milliseconds longest_echo{20};
// Blocks outlive the entry that names them, so that whoever read the entry in its last moment finds them.
constexpr milliseconds block_margin{10'000};
constexpr milliseconds longest_keep = std::chrono::days(366);

// What took longer to fetch is not put: the memory of its removal may have ended.
constexpr milliseconds longest_fetch{120'000};
constexpr milliseconds removal_memory{180'000};

// Put in the same step that asks whether the ticket still holds: a late command is judged when Redis carries it out.
constexpr std::string_view publish_script = R"lua(
local removal = redis.call('GET', KEYS[2])
if removal and removal ~= ARGV[3] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1)lua";

// Who holds the lock fetches what was removed: nobody waits for that.
constexpr std::string_view remove_script =
    "redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2]) return redis.call('UNLINK', KEYS[1], KEYS[3])";

constexpr std::string_view unlock_script =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

Decimal in_ms(milliseconds time) {
  return Decimal(static_cast<std::uint64_t>(std::clamp(time, milliseconds(1), longest_keep).count()));
}

}  // namespace

RedisStore::RedisStore(Client& client, ClientServices services, ChangeHub& hub, ChangeHub::Post post,
                       RedisStoreOptions options)
    : client_(client),
      reactor_(services.reactor),
      metrics_(services.metrics),
      log_(services.log),
      options_(std::move(options)),
      hub_(hub),
      post_(std::move(post)),
      keys_(options_.prefix, options_.zone) {}

/// Whether RESULT holds a reply that is no error; counts what it is otherwise, and says it.
bool RedisStore::answered(const CallResult& result) {
  if (!result.ok()) return false;
  if (!result.reply.is(Reply::Type::error)) return true;
  metrics_.count(kind_of_error(result.reply.text));
  if (options_.refusals) options_.refusals->report(log_, result.reply.text, reactor_.clock().now());
  return false;
}

milliseconds RedisStore::allowance(std::uint64_t bytes) const {
  return milliseconds(static_cast<std::int64_t>(bytes / options_.bytes_per_ms));
}

void RedisStore::forget(const std::string& name) { client_.tell(name, command("UNLINK", name)); }

// ---- get ----

net::Task<SharedResult> RedisStore::get(std::string_view key) {
  const KeyHash hash = hash_key(key);
  const std::string name = keys_.entry(hash);
  SharedResult found;
  net::Companion asked(take_ticket(hash, found.ticket));  // in one round trip with the look, and in front of it
  const CallResult result = co_await client_.call(name, command("GET", name), {});
  co_await asked.join();
  if (!result.ok()) {
    found.status = SharedStatus::unavailable;
    co_return found;
  }
  if (answered(result) && result.reply.is(Reply::Type::string))
    found.response = co_await decoded(key, hash, result.reply.text);
  if (found.response) found.status = SharedStatus::hit;
  (found.status == SharedStatus::hit ? metrics_.hits : metrics_.misses).add();
  co_return found;
}

net::Task<std::optional<SharedTicket>> RedisStore::ticket(std::string_view key) {
  std::optional<SharedTicket> ticket;
  co_await take_ticket(hash_key(key), ticket);
  co_return ticket;
}

// By a command of its own: MGET of two keys fails while a cluster moves their slot.
net::Task<void> RedisStore::take_ticket(KeyHash hash, std::optional<SharedTicket>& ticket) {
  const auto now = reactor_.clock().now();
  const std::string name = keys_.removal(hash);
  CallResult result = co_await client_.call(name, command("GET", name), {});
  if (answered(result)) ticket = SharedTicket{std::move(result.reply.text), now};
}

/// Null when it is no entry of KEY, or its body is not there. A corrupt entry is deleted; one that another version of us wrote
/// is left to those who can read it.
net::Task<StoredResponsePtr> RedisStore::decoded(std::string_view key, const KeyHash& hash, const std::string& bytes) {
  DecodedEntry entry;
  DecodeError error = decode_entry(bytes, key, options_.limits, entry);
  std::vector<BodyBlock> blocks;
  if (error == DecodeError::none && entry.place() == BodyPlace::blocks) {
    const bool complete = co_await read_blocks(hash, entry, blocks);
    if (!complete) co_return nullptr;
  }
  StoredResponsePtr response;
  if (error == DecodeError::none) response = entry.make(blocks, error);
  if (response) co_return response;
  metrics_.count(ErrorKind::corrupt);
  if (error != DecodeError::version) forget(keys_.entry(hash));
  co_return nullptr;
}

net::Task<bool> RedisStore::read_blocks(const KeyHash& hash, const DecodedEntry& entry, std::vector<BodyBlock>& blocks) {
  while (blocks.size() < entry.block_count()) {
    const std::size_t wanted = std::min<std::size_t>(options_.blocks_at_once, entry.block_count() - blocks.size());
    std::vector<std::string> names;
    std::vector<std::string_view> words{"MGET"};
    for (std::size_t i = 0; i < wanted; ++i)
      names.push_back(keys_.block(hash, entry.parts().token, static_cast<std::uint32_t>(blocks.size() + i)));
    words.insert(words.end(), names.begin(), names.end());
    std::string text;
    append_command(text, words);
    CallResult result = co_await client_.call(names.front(), std::move(text), allowance(wanted * entry.size_of_block(0)));
    if (!answered(result) || !take_blocks(result.reply, entry, wanted, blocks)) co_return false;
  }
  co_return true;
}

/// False when one is missing or is not of its size: Redis evicted it, or somebody else wrote it.
bool RedisStore::take_blocks(Reply& reply, const DecodedEntry& entry, std::size_t wanted, std::vector<BodyBlock>& blocks) {
  if (reply.elements.size() != wanted) return false;
  for (Reply& element : reply.elements) {
    if (!element.is(Reply::Type::string)) return false;
    if (element.text.size() != entry.size_of_block(static_cast<std::uint32_t>(blocks.size()))) {
      metrics_.count(ErrorKind::corrupt);
      return false;
    }
    blocks.push_back(std::make_shared<const std::string>(std::move(element.text)));
  }
  return true;
}

// ---- put ----

net::Task<bool> RedisStore::set(std::string name, std::string_view value, milliseconds keep) {
  std::string text = command("SET", name, value, "PX", in_ms(keep));
  const CallResult result = co_await client_.call(name, std::move(text), allowance(value.size()));
  co_return answered(result);
}

bool RedisStore::is_too_old(const SharedTicket& ticket) const {
  return reactor_.clock().now() - ticket.taken_at > longest_fetch;
}

net::Task<bool> RedisStore::publish(const KeyHash& hash, std::string value, milliseconds keep, SharedTicket ticket) {
  if (is_too_old(ticket)) co_return false;
  const std::string name = keys_.entry(hash);
  std::string text = command("EVAL", publish_script, "2", name, keys_.removal(hash), value, in_ms(keep), ticket.removal);
  const CallResult result = co_await client_.call(name, std::move(text), allowance(value.size()));
  if (!answered(result)) co_return false;
  const bool is_put = result.reply.integer != 0;
  if (!is_put && options_.on_outdated) options_.on_outdated(hash);
  co_return is_put;
}

net::Task<bool> RedisStore::put(StoredResponsePtr response, milliseconds keep, SharedTicket ticket) {
  const KeyHash hash = hash_key(response->key());
  const bool in_blocks = response->body_size() > options_.block_size;
  if (response->body_size() > options_.limits.body || is_too_old(ticket)) co_return false;
  if (in_blocks) {
    const bool written = co_await write_blocks(hash, *response, keep + block_margin);
    if (!written) co_return false;
  }
  const BodyPlace place = in_blocks ? BodyPlace::blocks : BodyPlace::inside;
  co_return co_await publish(hash, encode_entry(*response, place, options_.block_size), keep, std::move(ticket));
}

net::Task<bool> RedisStore::write_blocks(const KeyHash& hash, const StoredResponse& response, milliseconds keep) {
  for (std::uint32_t number = 0;; ++number) {
    const std::string bytes = cut_body(response, options_.block_size, number);
    if (bytes.empty()) co_return true;
    const bool written = co_await set(keys_.block(hash, response.token(), number), bytes, keep);
    if (!written) co_return false;
  }
}

// Redis sends the news before the reply: when they have come back to us, the other proxies have them, too, or are about to.
net::Task<bool> RedisStore::remove(std::string_view key) {
  const KeyHash hash = hash_key(key);
  const std::string name = keys_.entry(hash);
  Signal is_heard(reactor_);
  const ChangeHub::Registration registration(hub_, hash, post_, is_heard);
  std::string text = command("EVAL", remove_script, "3", name, keys_.removal(hash), keys_.lock(hash),
                             hex_of(random_token()), in_ms(removal_memory));
  const bool is_removed = answered(co_await client_.call(name, std::move(text), {}));
  if (is_removed && hub_.is_live()) co_await is_heard.wait(longest_echo);
  co_return is_removed;
}

// ---- locks ----

net::Task<LockStatus> RedisStore::lock(std::string_view key, std::uint64_t token, milliseconds lease) {
  const std::string name = keys_.lock(hash_key(key));
  std::string text = command("SET", name, hex_of(token), "NX", "PX", in_ms(lease));
  const CallResult result = co_await client_.call(name, std::move(text), {});
  if (!answered(result)) co_return LockStatus::unavailable;
  co_return result.reply.is_ok() ? LockStatus::taken : LockStatus::held_by_other;
}

net::Task<void> RedisStore::unlock(std::string_view key, std::uint64_t token) {
  const std::string name = keys_.lock(hash_key(key));
  answered(co_await client_.call(name, command("EVAL", unlock_script, "1", name, hex_of(token)), {}));
}

// First the wish to be told, then the question whether the lock is still there: nothing happens unseen in between.
net::Task<void> RedisStore::wait_for_change(std::string_view key, milliseconds most) {
  const KeyHash hash = hash_key(key);
  const std::string name = keys_.lock(hash);
  Signal signal(reactor_);
  const ChangeHub::Registration registration(hub_, hash, post_, signal);
  const CallResult result = co_await client_.call(name, command("PTTL", name), {});
  const bool is_known = answered(result) && result.reply.is(Reply::Type::integer);
  constexpr std::int64_t no_such_key = -2;
  if (is_known && result.reply.integer == no_such_key) co_return;
  if (is_known && result.reply.integer >= 0) most = std::min(most, milliseconds(result.reply.integer + 1));
  if (!is_known || !hub_.is_live()) most = std::min(most, blind_wait);
  if (most.count() > 0) co_await signal.wait(most);
}

// ---- bans ----

net::Task<bool> RedisStore::ban(Ban::Kind kind, std::string_view text) {
  const CallResult result = co_await client_.call(keys_.bans(), ban_command(keys_, kind, text), {});
  if (!answered(result) || !result.reply.is(Reply::Type::integer)) co_return false;
  if (options_.on_ban) options_.on_ban({kind, std::string(text), static_cast<std::uint64_t>(result.reply.integer)});
  co_return true;
}

}  // namespace drishti::cache::redis
