#pragma once
// What the proxy_cache_* directives say: zones of the http level, and the settings of a location. docs/CACHE.md.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conf/address_range.hpp"
#include "conf/directive.hpp"
#include "conf/failure_words.hpp"
#include "conf/setting.hpp"
#include "conf/template.hpp"

namespace drishti::conf {

using std::chrono::milliseconds;
using namespace std::chrono_literals;
using Bytes = std::uint64_t;

/// How a zone's responses stand in Redis.
enum class CacheFormat : std::uint8_t {
  drishti,
  middleware,  ///< `cache:URL` -> the body alone, as an application's cache middleware writes it
};

/// One `proxy_cache_path`.
struct CacheZone {
  std::string name;
  std::string path;                    ///< as written: `memory`, `redis`, URLs, a directory
  Bytes memory = 0;                    ///< keys_zone=name:SIZE: the memory layer, all included
  std::string redis_url;               ///< "": the memory layer alone; `redis`: of the environment
  milliseconds inactive{10min};        ///< how long an expired response is kept to be validated or served stale
  std::string prefix;                  ///< of every key in Redis; "": as the URL says
  milliseconds timeout{0};             ///< of one Redis command; 0: as the URL says
  Bytes max_entry = Bytes{8} << 20;    ///< the largest body that is stored
  std::optional<CacheFormat> format;   ///< of the locations that use it: all the same; nullopt: none does
  Where where;
};

/// One status of `proxy_cache_valid`.
struct CacheValid {
  int status = 0;  ///< 0: any
  std::chrono::seconds time{0};
};

/// Bits of proxy_cache_use_stale.
struct UseStale : FailureWords {
  bool updating = false;
};

/// proxy_cache_purge.
struct CachePurge {
  std::vector<Template> conditions;  ///< a purge when one is neither "" nor "0"; empty: when the method is METHOD
  std::string method;                ///< "": off, unless there are conditions
  std::vector<AddressRange> allowed; ///< anybody else gets a 403
  bool allows_all = false;
  bool is_on() const { return !method.empty() || !conditions.empty(); }
};

/// http, server and location contexts; inherited one by one.
struct CacheSettings {
  Setting<std::optional<Template>> zone_name;     ///< proxy_cache; nullopt: off
  std::shared_ptr<const CacheZone> zone;          ///< of a zone_name without variables
  Setting<std::optional<Template>> key;           ///< not set: scheme, host, port, upstream and target
  bool key_has_authorization = false;             ///< the key tells users with an Authorization apart
  Setting<std::vector<CacheValid>> valid;
  Setting<bool> post{false};                      ///< proxy_cache_methods lists POST
  Setting<int> min_uses{1};
  Setting<std::vector<Template>> bypass;
  Setting<std::vector<Template>> no_cache;
  Setting<UseStale> use_stale;
  Setting<bool> background_update{false};
  Setting<bool> lock{true};
  Setting<milliseconds> lock_timeout{5s};
  Setting<milliseconds> lock_age{5s};
  Setting<bool> revalidate{true};
  Setting<bool> client_control{true};             ///< Cache-Control and Pragma of clients count
  Setting<bool> convert_head{true};
  Setting<Bytes> max_range_offset{~Bytes{0}};     ///< all ones: no limit
  Setting<CachePurge> purge;
  Setting<CacheFormat> format{CacheFormat::drishti};
  Setting<bool> heuristic{false};
  Setting<bool> status_field{true};               ///< Cache-Status (RFC 9211) on answers

  Where where;                                    ///< of proxy_cache

  bool is_on() const { return zone_name->has_value(); }
  void inherit(const CacheSettings& parent);
};

}  // namespace drishti::conf
