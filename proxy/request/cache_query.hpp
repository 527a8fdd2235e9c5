#pragma once
// What a request asks of the cache: under which key, in which zone, by which rules.

#include <optional>
#include <string_view>
#include <vector>

#include "cache/cache_key.hpp"
#include "cache/invalidation.hpp"
#include "cache/store_policy.hpp"
#include "cache/use_policy.hpp"
#include "context/scratch.hpp"
#include "request/cache_zones.hpp"
#include "request/worker_services.hpp"

namespace drishti::request {

class CacheQuery {
 public:
  explicit CacheQuery(context::RequestContext& context) : context_(context), key_(context) {}

  /// The zone that proxy_cache names now; null: none (`off`), or one that does not exist (is_zone_unknown()).
  CacheZoneView* find_zone(CacheMap& zones);
  bool is_zone_unknown() const { return is_zone_unknown_; }
  const conf::CacheZone& options() const { return *options_; }

  /// Writes the primary key. In front: proxy_host and proxy_port are set, because a proxy_cache_key may use them.
  void make_key();
  /// The same for another target of the same origin; without effect when proxy_cache_key is written.
  bool make_key_of(std::string_view target);
  std::string_view key() const { return key_.text; }
  /// What a purge by prefix compares; part of the key.
  std::string_view url() const { return std::string_view(key_.text).substr(url_begin_, url_size_); }
  const cache::KeyHash& hash() const { return hash_; }

  /// GET, HEAD, and POST where proxy_cache_methods and proxy_cache_key say so.
  bool is_cacheable_method() const;
  static bool any_true(const std::vector<conf::Template>& conditions, context::RequestContext& context);
  /// A GET with a body, which the key says nothing about.
  bool has_unkeyed_body() const;
  /// A range that begins behind proxy_cache_max_range_offset.
  bool is_beyond_range_offset() const;
  /// The middleware's format cannot tell users apart: a request with Authorization neither reads nor writes it.
  bool is_of_one_user() const;
  cache::TargetUri target_uri() const;

  cache::UseRules use_rules() const;
  cache::StoreRules store_rules() const;

 private:
  void append_url(std::string_view target);
  /// Fills $proxy_host; the URI part of proxy_pass.
  std::optional<std::string_view> find_upstream();
  void append_upstream(std::string_view own_target);
  bool is_middleware() const;

  context::RequestContext& context_;
  const conf::CacheZone* options_ = nullptr;
  context::Scratch key_;
  std::size_t url_begin_ = 0;
  std::size_t url_size_ = 0;
  cache::KeyHash hash_;
  bool is_zone_unknown_ = false;
};

}  // namespace drishti::request
