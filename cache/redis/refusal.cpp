#include "cache/redis/refusal.hpp"

#include <algorithm>
#include <chrono>

namespace drishti::cache::redis {
namespace {

constexpr std::chrono::seconds same_report_again{60};
constexpr std::size_t most_reasons = 32;
constexpr std::size_t longest_command = 32;

bool is_command_name(std::string_view text) {
  return !text.empty() && text.size() <= longest_command &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '|' || c == '_'; });
}

/// The command that `... to run the 'NAME' command` is about; "" when it is about something else.
std::string_view command_named_in(std::string_view text) {
  const std::size_t begin = text.find('\'');
  const std::size_t end = begin == text.npos ? text.npos : text.find('\'', begin + 1);
  if (end == text.npos) return {};
  const std::string_view name = text.substr(begin + 1, end - begin - 1);
  return is_command_name(name) ? name : std::string_view{};
}

std::string missing_right(std::string_view text) {
  if (const std::string_view name = command_named_in(text); !name.empty())
    return "the right +" + std::string(name) + " is missing in its ACL for this user";
  if (text.find("channel") != text.npos) return "the right &__redis__:invalidate is missing in its ACL for this user";
  if (text.find("key") != text.npos) return "the right to the keys of the prefix (~drishti:*) is missing in its ACL for this user";
  return "its ACL forbids a command to this user";
}

}  // namespace

std::string explain_refusal(std::string_view text) {
  const std::string word(text.substr(0, std::min<std::size_t>(text.find(' '), 32)));
  if (word == "NOAUTH") return "NOAUTH: it wants a password; write it into the URL (redis://:password@host)";
  if (word == "WRONGPASS") return "WRONGPASS: user or password of the URL are wrong, or the user is off";
  if (word == "NOPERM") return "NOPERM: " + missing_right(text);
  if (word == "OOM") return "OOM: its memory is full (maxmemory), and maxmemory-policy lets nothing go";
  if (word == "MISCONF") return "MISCONF: it cannot save to its disk and takes no writes";
  if (word == "READONLY") return "READONLY: it is a replica and takes no writes";
  if (word == "WRONGTYPE") return "WRONGTYPE: something else stands under a key of the cache";
  if (word == "LOADING" || word == "BUSY" || word == "MASTERDOWN") return word + ": it is not ready";
  if (text.find("executing the script") != text.npos)
    return "NOPERM: its ACL forbids this user a command that a script of the cache runs (docs/CACHE.md lists them)";
  if (text.starts_with("ERR unknown command")) return "ERR: it does not know a command of the cache (renamed?)";
  return word;
}

void RefusalLog::report(net::ErrorLog& log, std::string_view error_reply, net::Clock::Steady now) {
  std::string why = explain_refusal(error_reply);
  {
    const std::lock_guard lock(mutex_);
    const auto known = written_.find(why);
    if (known != written_.end() && now - known->second < same_report_again) return;
    if (written_.size() >= most_reasons) written_.clear();
    written_[why] = now;
  }
  log.write(conf::LogLevel::error, 0, "redis refuses the cache zone \"" + zone_ + "\": " + why);
}

}  // namespace drishti::cache::redis
