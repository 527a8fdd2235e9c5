#pragma once
// What the admin listener asks the running program for. proxy/server implements it. Control thread.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "metrics/cache_metrics.hpp"
#include "metrics/exposition.hpp"
#include "metrics/worker_metrics.hpp"
#include "routing/snapshot.hpp"
#include "upstream/runtime_changes.hpp"

namespace drishti::admin {

struct ConfigState {
  std::string hash;
  std::uint64_t generation = 0;
  std::int64_t applied_ms = 0;        ///< since 1970: when the configuration in force took effect
  std::uint64_t reloads = 0;          ///< that succeeded
  std::uint64_t failed_reloads = 0;
  bool last_reload_succeeded = true;  ///< also when there was none
  std::string last_error;             ///< of the last reload, when it failed
};

/// Redis as this process sees it.
struct RedisState {
  std::uint64_t workers = 0;            ///< of this process
  std::uint64_t workers_connected = 0;  ///< those that have a connection now; the others answer without Redis
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t errors = 0;
};

struct CacheState {
  std::string name;
  std::uint64_t memory_limit = 0;  ///< bytes
  std::uint64_t memory_bytes = 0;
  std::uint64_t entries = 0;
  std::uint64_t evictions = 0;
  std::string place;               ///< `memory`, or the URL of Redis without its password
  std::array<std::uint64_t, metrics::cache_results.size()> requests{};  ///< by index of metrics::cache_results
  std::optional<RedisState> redis;  ///< nullopt: the memory layer alone
};

struct CertificateState {
  std::string server;              ///< its first name
  std::string file;
  std::string subject, issuer;
  std::string serial, fingerprint; ///< hexadecimal; the fingerprint is SHA-256
  std::string key_type;
  std::vector<std::string> names;
  std::int64_t not_before = 0;     ///< since 1970
  std::int64_t not_after = 0;
};

struct PurgeWish {
  enum class Kind : std::uint8_t { url, prefix, tag };
  Kind kind = Kind::url;
  std::string text;  ///< `http://host[:port]/path`, or a tag
  std::string zone;  ///< "": all of them
};

struct PurgeResult {
  std::uint64_t zones = 0;
  std::uint64_t memory = 0;     ///< responses that left this process's memory
  bool has_shared = false;      ///< a zone with Redis is among them
  bool shared = true;           ///< Redis knows, too
};

class Process {
 public:
  virtual ~Process() = default;
  virtual const routing::Snapshot& snapshot() const = 0;
  virtual const metrics::Exposition& exposition() const = 0;
  virtual metrics::ConnectionTotals connections() const = 0;
  virtual std::int64_t started_ms() const = 0;  ///< since 1970
  virtual ConfigState config_state() const = 0;
  virtual std::vector<CacheState> caches() const = 0;
  virtual std::vector<CertificateState> certificates() const = 0;
  virtual upstream::RuntimeChanges& changes() = 0;
  /// Brings changes() of the group called NAME into force; new requests obey them when this returns.
  virtual void apply_changes(const std::string& name) = 0;
  /// The reason why it failed, "" when the new configuration is in force.
  virtual std::string reload() = 0;
  /// DONE runs on the control thread, later.
  virtual void purge(const PurgeWish& wish, std::function<void(PurgeResult)> done) = 0;
  /// What was changed, for the error log.
  virtual void log(const std::string& text) = 0;
};

}  // namespace drishti::admin
