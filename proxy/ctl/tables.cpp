#include "ctl/tables.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace drishti::ctl {
namespace {

namespace json = boost::json;
using Rows = std::vector<std::vector<std::string>>;
using View = Options::View;

/// No control characters, neither those of ASCII nor those of Latin 1 (C2 80 to C2 9F in UTF-8).
std::string printable(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if (byte == 0xC2 && next >= 0x80 && next < 0xA0) {
      result += '?';
      ++i;
    } else {
      result += byte < 0x20 || byte == 0x7F ? '?' : text[i];
    }
  }
  return result;
}

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

/// The member NAME of an object; null when there is none.
const json::value& member(const json::value& value, const char* name) {
  static const json::value null;
  const json::object* object = value.if_object();
  const json::value* found = object == nullptr ? nullptr : object->if_contains(name);
  return found == nullptr ? null : *found;
}

std::string cell(const json::value& value) {
  if (value.is_string()) return printable({value.get_string().data(), value.get_string().size()});
  if (value.is_null()) return "-";
  if (value.is_double()) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", value.get_double());
    return text;
  }
  if (value.is_bool()) return value.get_bool() ? "yes" : "no";
  return printable(json::serialize(value));
}

std::string cell(const json::value& value, const char* name) { return cell(member(value, name)); }

std::string time_cell(const json::value& seconds) {
  if (!seconds.is_double()) return "-";
  const auto time = static_cast<std::time_t>(seconds.get_double());
  std::tm local{};
  char text[32];
  if (::localtime_r(&time, &local) == nullptr || std::strftime(text, sizeof text, "%F %T", &local) == 0) return "-";
  return text;
}

std::string bytes_cell(const json::value& value) {
  const double bytes = value.is_int64() || value.is_uint64() ? value.to_number<double>() : 0;
  static constexpr const char* units[] = {"B", "KiB", "MiB", "GiB"};
  double number = bytes;
  std::size_t unit = 0;
  for (; number >= 1024 && unit + 1 < std::size(units); ++unit) number /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", number, units[unit]);
  return text;
}

const json::array& list(const json::value& value, const char* name) {
  static const json::array none;
  const json::array* found = member(value, name).if_array();
  return found == nullptr ? none : *found;
}

std::string last_check(const json::value& peer) {
  const json::array& checks = list(peer, "checks");
  if (checks.empty()) return "-";
  const json::value& check = checks.back();
  const json::value& passed = member(check, "passed");
  if (!passed.is_bool()) return "not yet";
  const std::string reason = cell(check, "reason");
  const std::string word = passed.get_bool() ? "passed" : "failed";
  return reason.empty() ? word : word + ": " + reason;
}

std::string upstream_text(const json::value& upstream) {
  Rows rows{{"SERVER", "ADDRESS", "STATE", "WEIGHT", "ACTIVE", "REQUESTS", "5XX", "FAILURES", "LAST CHECK"}};
  for (const json::value& peer : list(upstream, "peers")) {
    const std::string added = member(peer, "added_at_run_time") == json::value(true) ? " (added)" : "";
    const std::string backup = member(peer, "backup") == json::value(true) ? " (backup)" : "";
    rows.push_back({cell(peer, "server") + added + backup, cell(peer, "address"), cell(peer, "state"), cell(peer, "weight"),
                    cell(peer, "active"), cell(peer, "requests"), cell(member(peer, "responses"), "5xx"),
                    cell(peer, "failures"), last_check(peer)});
  }
  std::string text = cell(upstream, "name") + "  " + cell(upstream, "method") + "  " + cell(upstream, "active") +
                     " requests in progress\n" + table(rows);
  if (member(upstream, "warning").is_string()) text += "warning: " + cell(upstream, "warning") + "\n";
  return text;
}

std::string upstreams_text(const json::value& answer) {
  std::string text;
  for (const json::value& upstream : list(answer, "upstreams")) text += (text.empty() ? "" : "\n") + upstream_text(upstream);
  return text.empty() ? "no upstreams\n" : text;
}

std::string status_text(const json::value& answer) {
  const json::value& connections = member(answer, "connections");
  return table({{"version", cell(answer, "version")},
                {"process", cell(answer, "pid")},
                {"started", time_cell(member(answer, "started"))},
                {"generation", cell(answer, "generation")},
                {"connections", cell(connections, "active") + " (" + cell(connections, "writing") + " being answered, " +
                                    cell(connections, "waiting") + " idle)"},
                {"accepted", cell(connections, "accepted")}});
}

std::string config_text(const json::value& answer) {
  Rows rows{{"file", cell(answer, "file")},
            {"hash", cell(answer, "hash")},
            {"generation", cell(answer, "generation")},
            {"in force since", time_cell(member(answer, "applied"))},
            {"reloads", cell(answer, "reloads") + " done, " + cell(answer, "failed_reloads") + " failed"}};
  const std::string error = cell(answer, "last_error");
  if (!error.empty() && error != "-") rows.push_back({"last reload failed", error});
  for (const json::value& notice : list(answer, "notices"))
    rows.push_back({cell(notice, "level"), cell(notice, "text") + " in " + cell(notice, "where")});
  return table(rows);
}

double count(const json::value& value, const char* name) {
  const json::value& number = member(value, name);
  return number.is_number() ? number.to_number<double>() : 0;
}

/// What was answered without waiting for the upstream's body, of all that was asked.
std::string hit_cell(const json::value& requests) {
  double hits = 0, all = 0;
  if (const json::object* object = requests.if_object())
    for (const auto& member_of : *object) all += member_of.value().is_number() ? member_of.value().to_number<double>() : 0;
  for (const char* name : {"hit", "stale", "updating", "revalidated"}) hits += count(requests, name);
  if (all == 0) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * hits / all);
  return text;
}

std::string redis_cell(const json::value& redis) {
  if (!redis.is_object()) return "-";
  return cell(redis, "workers_connected") + " of " + cell(redis, "workers") + " workers connected, " +
         cell(redis, "errors") + " errors";
}

std::string caches_text(const json::value& answer) {
  Rows rows{{"ZONE", "PLACE", "ENTRIES", "MEMORY", "OF", "EVICTIONS", "HITS", "REDIS"}};
  for (const json::value& zone : list(answer, "caches"))
    rows.push_back({cell(zone, "name"), cell(zone, "place"), cell(zone, "entries"),
                    bytes_cell(member(zone, "memory_bytes")), bytes_cell(member(zone, "memory_limit")),
                    cell(zone, "evictions"), hit_cell(member(zone, "requests")), redis_cell(member(zone, "redis"))});
  return rows.size() == 1 ? "no caches\n" : table(rows);
}

std::string certificates_text(const json::value& answer) {
  Rows rows{{"SERVER", "FILE", "SUBJECT", "KEY", "EXPIRES", "DAYS LEFT"}};
  for (const json::value& one : list(answer, "certificates"))
    rows.push_back({cell(one, "server"), cell(one, "file"), cell(one, "subject"), cell(one, "key"),
                    time_cell(member(one, "not_after")), cell(one, "days_left")});
  return rows.size() == 1 ? "no certificates: no listener has TLS\n" : table(rows);
}

std::string purge_text(const json::value& answer) {
  std::string text = "purged: " + cell(answer, "memory") + " responses left the memory of this proxy";
  const json::value& shared = member(answer, "shared");
  if (shared.is_bool()) text += shared.get_bool() ? "; Redis and all other proxies know" : "; Redis could not be told";
  return text + "\n";
}

}  // namespace

std::string table(const Rows& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += row[i];
      if (i + 1 < row.size()) text.append(widths[i] - width_of(row[i]) + 2, ' ');
    }
    text += '\n';
  }
  return text;
}

std::string show(View view, const json::value& answer) {
  switch (view) {
    case View::upstreams: return upstreams_text(answer);
    case View::upstream: return upstream_text(answer);
    case View::status: return status_text(answer);
    case View::caches: return caches_text(answer);
    case View::config: return config_text(answer);
    case View::certificates: return certificates_text(answer);
    case View::purge: return purge_text(answer);
    case View::plain: break;
  }
  return json::serialize(answer) + "\n";
}

}  // namespace drishti::ctl
