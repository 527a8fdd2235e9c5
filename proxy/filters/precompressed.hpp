#pragma once
// gzip_static, brotli_static, zstd_static: a file that is compressed already stands beside the one asked for.

#include "filters/open_file.hpp"
#include "http/content_coding.hpp"

namespace drishti::filters {

struct PrecompressedFile {
  OpenResult opened;     ///< without a file: there is none for this client
  http::ContentCoding coding = http::ContentCoding::identity;
  bool varies = false;   ///< there is one for others, at least
};
/// Looks for PATH.br, PATH.zst and PATH.gz as the location says.
PrecompressedFile find_precompressed(std::string_view path, context::RequestContext& context);

}  // namespace drishti::filters
