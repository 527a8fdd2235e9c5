#pragma once
// 206 and 416 out of a complete answer: RFC 9110 14, for files and for stored responses.

#include <cstdint>
#include <string_view>
#include <vector>

#include "context/request_context.hpp"
#include "http/range.hpp"

namespace drishti::filters {

struct RangePart {
  std::string_view preamble;  ///< of a part of a multipart answer; in the request's arena
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// What is sent: each part's preamble and bytes, then the epilogue.
struct RangeAnswer {
  std::vector<RangePart> parts;
  std::string_view epilogue;
};

/// context.response is the complete answer of SIZE bytes; FIELD is the client's Range, whose If-Range holds.
/// `ranges`: it became a 206. `unsatisfiable`: its fields are those of the 416 that the caller answers.
http::RangeOutcome answer_ranges(std::string_view field, std::uint64_t size, context::RequestContext& context,
                                 RangeAnswer& answer);

}  // namespace drishti::filters
