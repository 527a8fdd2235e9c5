#include "conf/compression_settings.hpp"

#include <algorithm>

namespace drishti::conf {
namespace {

bool equals_lower(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() && std::equal(text.begin(), text.end(), lower.begin(), [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == b;
         });
}

}  // namespace

bool MediaTypes::contains(std::string_view type) const {
  return has_all ||
         std::any_of(names.begin(), names.end(), [&](const std::string& name) { return equals_lower(type, name); });
}

void CodingSettings::inherit(const CodingSettings& parent) {
  on.inherit(parent.on);
  level.inherit(parent.level);
  min_length.inherit(parent.min_length);
  types.inherit(parent.types);
  precompressed.inherit(parent.precompressed);
}

void CompressionSettings::inherit(const CompressionSettings& parent) {
  gzip.inherit(parent.gzip);
  brotli.inherit(parent.brotli);
  zstd.inherit(parent.zstd);
  brotli_window.inherit(parent.brotli_window);
  gzip_http_version.inherit(parent.gzip_http_version);
  vary.inherit(parent.vary);
  gzip_proxied.inherit(parent.gzip_proxied);
  gzip_disable.inherit(parent.gzip_disable);
  gunzip.inherit(parent.gunzip);
  gunzip_max_size.inherit(parent.gunzip_max_size);
  gunzip_max_ratio.inherit(parent.gunzip_max_ratio);
  is_on_ = *gzip.on || *brotli.on || *zstd.on || *gunzip;
  const auto has_files = [](const CodingSettings& coding) { return *coding.precompressed != Precompressed::off; };
  has_precompressed_ = has_files(gzip) || has_files(brotli) || has_files(zstd);
}

}  // namespace drishti::conf
