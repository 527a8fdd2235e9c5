#include "cache/redis/bans.hpp"

#include <charconv>
#include <optional>
#include <utility>

#include "cache/redis/command.hpp"

namespace drishti::cache::redis {
namespace {

// The first number is the server's time in microseconds: after a FLUSHDB numbers still grow, so that a response whose
// fetch began before it cannot escape a ban behind it.
constexpr std::string_view ban_script = R"lua(
local number = redis.call('INCR', KEYS[2])
if number == 1 then
  local time = redis.call('TIME')
  number = time[1] * 1000000 + time[2]
  redis.call('SET', KEYS[2], string.format('%.0f', number))
end
redis.call('ZADD', KEYS[1], string.format('%.0f', number), ARGV[1])
local surplus = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[2])
if surplus > 0 then
  local gone = redis.call('ZRANGE', KEYS[1], 0, surplus, 'WITHSCORES')
  redis.call('ZREMRANGEBYRANK', KEYS[1], 0, surplus)
  redis.call('ZADD', KEYS[1], gone[#gone], 'p')
end
return number)lua";

/// The first byte of a member of the set.
constexpr std::pair<char, Ban::Kind> kinds[] = {
    {'p', Ban::Kind::prefix}, {'t', Ban::Kind::tag}, {'u', Ban::Kind::url}};

std::optional<Ban::Kind> kind_of(std::string_view member) {
  for (const auto& [letter, kind] : kinds)
    if (member.starts_with(letter)) return kind;
  return std::nullopt;
}

char letter_of(Ban::Kind wanted) {
  for (const auto& [letter, kind] : kinds)
    if (kind == wanted) return letter;
  return 'p';
}

std::optional<Ban> ban_of(const Reply& member, const Reply& score) {
  const std::string_view text = member.text;
  const auto kind = kind_of(text);
  if (!kind || !member.is(Reply::Type::string) || !score.is(Reply::Type::string)) return std::nullopt;
  Ban ban{*kind, std::string(text.substr(1)), 0};
  const char* end = score.text.data() + score.text.size();
  const auto read = std::from_chars(score.text.data(), end, ban.number);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return ban;
}

}  // namespace

std::string ban_command(const Keys& keys, Ban::Kind kind, std::string_view text) {
  const std::string member = letter_of(kind) + std::string(text);
  return command("EVAL", ban_script, "2", keys.bans(), keys.ban_number(), member, Decimal(BanList::most));
}

std::string read_bans_command(const Keys& keys) { return command("ZRANGE", keys.bans(), "0", "-1", "WITHSCORES"); }

std::optional<std::vector<Ban>> bans_in(const Reply& reply) {
  if (!reply.is(Reply::Type::array) || reply.elements.size() % 2 != 0) return std::nullopt;
  std::vector<Ban> bans;
  for (std::size_t i = 0; i < reply.elements.size(); i += 2) {
    auto ban = ban_of(reply.elements[i], reply.elements[i + 1]);
    if (!ban) return std::nullopt;
    bans.push_back(std::move(*ban));
  }
  return bans;
}

}  // namespace drishti::cache::redis
