#include "filters/precompressed.hpp"

#include <utility>

#include "context/scratch.hpp"
#include "filters/compression.hpp"

namespace drishti::filters {
namespace {

using conf::Precompressed;
using context::RequestContext;
using http::ContentCoding;

Precompressed mode_of(ContentCoding coding, const conf::CompressionSettings& settings) {
  switch (coding) {
    case ContentCoding::brotli: return *settings.brotli.precompressed;
    case ContentCoding::zstd: return *settings.zstd.precompressed;
    default: return *settings.gzip.precompressed;
  }
}

constexpr std::string_view ending_of(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::brotli: return ".br";
    case ContentCoding::zstd: return ".zst";
    default: return ".gz";
  }
}

OpenResult open_beside(std::string_view path, ContentCoding coding, RequestContext& context) {
  context::Scratch name(context);
  name.text.append(path).append(ending_of(coding));
  OpenResult opened = open_file(name.text);
  if (opened.error == 0 && !S_ISREG(opened.info.st_mode)) return {};
  return opened;
}

}  // namespace

PrecompressedFile find_precompressed(std::string_view path, RequestContext& context) {
  const conf::CompressionSettings& settings = context.location->compression;
  const http::AcceptEncoding accept(context.head.fields);
  PrecompressedFile best;
  int best_weight = -1;
  for (const ContentCoding coding : http::compressing_codings) {
    const Precompressed mode = mode_of(coding, settings);
    if (mode == Precompressed::off) continue;
    const bool is_acceptable = mode == Precompressed::always || accepts_coding(coding, accept, context);
    const bool is_wanted = is_acceptable && accept.weight(coding) > best_weight;
    if (!is_wanted && (best.varies || !settings.says_vary())) continue;
    OpenResult opened = open_beside(path, coding, context);
    if (!opened.file) continue;
    best.varies = best.varies || mode == Precompressed::on;
    if (!is_wanted) continue;
    best.opened = std::move(opened);
    best.coding = coding;
    best_weight = accept.weight(coding);
  }
  return best;
}

}  // namespace drishti::filters
