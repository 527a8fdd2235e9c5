#pragma once
// The list of bans in Redis: a sorted set of kind and text by number, and the newest number. Bounded: when it is too long,
// the oldest become one that bans everything older.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/ban_list.hpp"
#include "cache/redis/keys.hpp"
#include "cache/redis/reply.hpp"

namespace drishti::cache::redis {

/// Adds a ban; the reply is its number.
std::string ban_command(const Keys& keys, Ban::Kind kind, std::string_view text);
/// All bans; bans_in() reads the reply.
std::string read_bans_command(const Keys& keys);
/// By number, the newest last. Nothing when REPLY is no list of bans.
std::optional<std::vector<Ban>> bans_in(const Reply& reply);

}  // namespace drishti::cache::redis
