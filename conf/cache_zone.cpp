#include "conf/cache_zone.hpp"

#include <algorithm>
#include <cstdlib>

#include "conf/setters.hpp"

namespace drishti::conf {
namespace {

constexpr Bytes smallest_zone = 2 * 4096;  // as nginx has it: two pages

void read_keys_zone(const Directive& d, const std::string& text, CacheZone& zone) {
  const std::string_view value = *parameter(text, "keys_zone");
  const auto colon = value.find(':');
  const auto size = colon == value.npos ? std::nullopt : parse_size(value.substr(colon + 1), false);
  if (!size) fail("invalid keys zone size " + quoted(text), d);
  if (*size < smallest_zone) fail("keys zone " + quoted(text) + " is too small", d);
  zone.name = value.substr(0, colon);
  zone.memory = *size;
}

void check_levels(const Directive& d, const std::string& text) {
  std::string_view levels = *parameter(text, "levels");
  bool is_good = levels.size() == 1 || levels.size() == 3 || levels.size() == 5;
  for (std::size_t i = 0; i < levels.size(); ++i)
    is_good = is_good && (i % 2 == 1 ? levels[i] == ':' : levels[i] == '1' || levels[i] == '2');
  if (!is_good) fail("invalid \"levels\" " + quoted(text), d);
}

/// What nginx's own processes for files on disk obey; only the values are checked.
bool is_disk_parameter(const Directive& d, const std::string& text) {
  static constexpr std::string_view numbers[] = {"loader_files", "manager_files", "purger_files"};
  static constexpr std::string_view times[] = {"loader_sleep",   "loader_threshold",  "manager_sleep",
                                               "manager_threshold", "purger_sleep", "purger_threshold"};
  static constexpr std::string_view sizes[] = {"max_size", "min_free"};
  const auto check = [&](std::string_view name, auto parse) {
    const auto value = parameter(text, name);
    if (value && !parse(*value)) fail("invalid " + std::string(name) + " value " + quoted(text), d);
    return value.has_value();
  };
  const auto any = [&](const auto& names, auto parse) {
    return std::any_of(std::begin(names), std::end(names), [&](auto name) { return check(name, parse); });
  };
  if (parameter(text, "levels")) {
    check_levels(d, text);
    return true;
  }
  for (const char* name : {"use_temp_path", "purger"}) {
    const auto value = parameter(text, name);
    if (!value) continue;
    if (*value != "on" && *value != "off")
      fail("invalid " + std::string(name) + " value " + quoted(text) + ", it must be \"on\" or \"off\"", d);
    return true;
  }
  return any(numbers, [](auto value) { return parse_number(value); }) ||
         any(times, [](auto value) { return parse_msec(value); }) ||
         any(sizes, [](auto value) { return parse_size(value); });
}

void read_parameter(Analysis& a, const Directive& d, const std::string& text, CacheZone& zone) {
  const auto bad = [&](const char* name) { fail("invalid " + std::string(name) + " value " + quoted(text), d); };
  if (parameter(text, "keys_zone")) return read_keys_zone(d, text, zone);
  if (const auto value = parameter(text, "inactive")) {
    const auto time = parse_sec(*value);
    if (!time) bad("inactive");
    zone.inactive = *time;
  } else if (const auto prefix = parameter(text, "prefix")) {
    if (prefix->empty() || prefix->size() > 100) bad("prefix");
    zone.prefix = *prefix;
  } else if (const auto timeout = parameter(text, "timeout")) {
    const auto time = parse_msec(*timeout);
    if (!time || time->count() == 0) bad("timeout");
    zone.timeout = *time;
  } else if (const auto most = parameter(text, "max_entry")) {
    const auto size = parse_size(*most);
    if (!size || *size == 0 || *size > (Bytes{1} << 30)) bad("max_entry");
    zone.max_entry = *size;
  } else if (is_disk_parameter(d, text)) {
    a.notice(quoted(text) + " of \"proxy_cache_path\" has no effect: responses are kept in memory and in Redis",
             d.where);
  } else {
    fail("invalid parameter " + quoted(text), d);
  }
}

bool is_redis(std::string_view path) {
  return path == "redis" || path.starts_with("redis://") || path.starts_with("rediss://") ||
         path.starts_with("redis+unix://") || path.starts_with("redis-sentinel://") || path.starts_with("rediss-sentinel://") ||
         path.starts_with("unix:");
}

void read_path(Analysis& a, const Directive& d, CacheZone& zone) {
  zone.path = d.args[0];
  if (zone.path == "memory") return;
  if (is_redis(zone.path)) {
    zone.redis_url = zone.path;
    const char* url = std::getenv("REDIS_URL");
    const bool is_unsaid = zone.path == "redis" && (url == nullptr || *url == '\0');
    if (is_unsaid) {
      a.warn("\"proxy_cache_path redis\" finds no REDIS_URL in the environment; redis://127.0.0.1:6379 is used", d.where);
    }
  } else {
    a.notice("\"proxy_cache_path\" keeps responses in memory, up to the size of keys_zone; the directory " +
                 quoted(zone.path) + " is not used",
             d.where);
  }
}

}  // namespace

void add_cache_zone(Analysis& a, const Directive& d) {
  CacheZone zone;
  zone.where = d.where;
  for (std::size_t i = 1; i < d.args.size(); ++i) read_parameter(a, d, d.args[i], zone);
  if (zone.name.empty()) fail("\"proxy_cache_path\" must have \"keys_zone\" parameter", d);
  read_path(a, d, zone);
  if (a.config.find_cache_zone(zone.name)) fail("duplicate zone " + quoted(zone.name), d);
  zone.max_entry = std::min(zone.max_entry, zone.redis_url.empty() ? zone.memory : zone.max_entry);
  a.config.cache_zones.push_back(std::make_shared<CacheZone>(std::move(zone)));
}

}  // namespace drishti::conf
