#pragma once
// What the directives of gzip, brotli, zstd and gunzip say. docs/COMPRESSION.md.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/regex.hpp"
#include "conf/setting.hpp"

namespace drishti::conf {

/// A list of media types; text/html is always on it.
struct MediaTypes {
  bool has_all = false;                         ///< `*`
  std::vector<std::string> names{"text/html"};  ///< lower case
  /// TYPE in any case, without parameters.
  bool contains(std::string_view type) const;
};

/// Whether files that are compressed already (`x.html.gz`) stand for x.html.
enum class Precompressed : std::uint8_t { off, on, always };

/// What every content coding has: gzip, brotli, zstd.
struct CodingSettings {
  Setting<bool> on{false};
  Setting<int> level{1};
  Setting<std::uint64_t> min_length{20};
  Setting<std::shared_ptr<const MediaTypes>> types{std::make_shared<const MediaTypes>()};
  Setting<Precompressed> precompressed{Precompressed::off};
  void inherit(const CodingSettings& parent);
};

/// Bits of gzip_proxied: when the answer to a request that came through a proxy is compressed.
struct GzipProxied {
  bool off = false, any = false, auth = false, expired = false, no_cache = false, no_store = false, is_private = false,
       no_last_modified = false, no_etag = false;
};

/// gzip_disable: browsers that cannot.
struct GzipDisable {
  bool msie6 = false;
  std::vector<Regex> user_agents;
};

/// http, server and location contexts; inherited one by one.
struct CompressionSettings {
  CodingSettings gzip;
  CodingSettings brotli;
  CodingSettings zstd;
  Setting<int> brotli_window{19};        ///< bits
  Setting<int> gzip_http_version{11};    ///< the least that gzip is used for
  Setting<bool> vary{false};             ///< gzip_vary; not written: with brotli or zstd
  Setting<GzipProxied> gzip_proxied{GzipProxied{.off = true}};
  Setting<GzipDisable> gzip_disable;
  Setting<bool> gunzip{false};
  Setting<std::uint64_t> gunzip_max_size{std::uint64_t{1} << 30};  ///< bytes of one body, decompressed; 0: no limit
  Setting<int> gunzip_max_ratio{100};                              ///< of a body to what was sent; 0: no limit

  CompressionSettings() { brotli.level.value = 6; }
  /// Some responses may need another body than they come with.
  bool is_on() const { return is_on_; }
  bool has_precompressed() const { return has_precompressed_; }
  bool says_vary() const { return vary.is_set ? *vary : *brotli.on || *zstd.on; }
  void inherit(const CompressionSettings& parent);

 private:
  bool is_on_ = false;  ///< summed up by inherit(), for one look a request
  bool has_precompressed_ = false;
};

}  // namespace drishti::conf
