#include "cache/redis/redis_metrics.hpp"

#include <utility>

namespace drishti::cache::redis {

std::string_view name_of(ErrorKind kind) {
  static constexpr std::string_view names[] = {"none",       "timeout", "lost",    "connect", "protocol",
                                               "overload",   "auth",    "wrong_type", "out_of_memory", "read_only",
                                               "loading",    "cluster", "corrupt", "other"};
  static_assert(std::size(names) == static_cast<std::size_t>(ErrorKind::count_));
  return names[static_cast<std::size_t>(kind)];
}

ErrorKind kind_of_error(std::string_view text) {
  static constexpr std::pair<std::string_view, ErrorKind> kinds[] = {
      {"WRONGTYPE", ErrorKind::wrong_type}, {"OOM", ErrorKind::out_of_memory},   {"MISCONF", ErrorKind::out_of_memory},
      {"READONLY", ErrorKind::read_only},   {"NOREPLICAS", ErrorKind::read_only}, {"NOAUTH", ErrorKind::auth},
      {"WRONGPASS", ErrorKind::auth},       {"NOPERM", ErrorKind::auth},         {"LOADING", ErrorKind::loading},
      {"BUSY", ErrorKind::loading},         {"MASTERDOWN", ErrorKind::loading},  {"CLUSTERDOWN", ErrorKind::cluster},
      {"TRYAGAIN", ErrorKind::cluster},     {"MOVED", ErrorKind::cluster},       {"ASK", ErrorKind::cluster},
      {"CROSSSLOT", ErrorKind::cluster}};
  const std::string_view word = text.substr(0, text.find(' '));
  for (const auto& [name, kind] : kinds)
    if (word == name) return kind;
  return ErrorKind::other;
}

}  // namespace drishti::cache::redis
