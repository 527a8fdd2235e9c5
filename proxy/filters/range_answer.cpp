#include "filters/range_answer.hpp"

#include "context/number_text.hpp"
#include "context/request_id.hpp"
#include "context/scratch.hpp"
#include "filters/compression.hpp"

namespace drishti::filters {
namespace {

using context::RequestContext;
using context::Scratch;
using http::FieldId;

void append_range(const http::ByteRange& range, std::uint64_t size, std::string& out) {
  out.append("bytes ");
  context::append_number(range.first, out);
  out.push_back('-');
  context::append_number(range.last, out);
  out.push_back('/');
  context::append_number(size, out);
}

/// Makes the answers with ranges out of the complete one.
class RangeWriter {
 public:
  RangeWriter(RangeAnswer& result, std::uint64_t size, RequestContext& context)
      : result_(result), size_(size), context_(context) {}

  void single(const http::ByteRange& range) {
    Scratch value(context_);
    append_range(range, size_, value.text);
    begin(range.size());
    context_.response.fields.add({"Content-Range", value.keep(), FieldId::content_range});
    result_.parts.push_back({{}, range.first, range.size()});
  }

  void multiple(const std::vector<http::ByteRange>& ranges) {
    char random[32];
    context::write_random_hex(random);
    boundary_ = context_.arena.copy({random, 20});
    const std::string_view type = replace_content_type();
    std::uint64_t length = 0;
    for (const http::ByteRange& range : ranges) {
      result_.parts.push_back({preamble(range, type), range.first, range.size()});
      length += result_.parts.back().preamble.size() + range.size();
    }
    result_.epilogue = closing();
    begin(length + result_.epilogue.size());
  }

  void unsatisfiable() {
    context::Response& response = context_.response;
    response.reset();
    Scratch value(context_);
    value.text.append("bytes */");
    context::append_number(size_, value.text);
    response.fields.add({"Content-Range", value.keep(), FieldId::content_range});
    response.keep_fields = true;
  }

 private:
  void begin(std::uint64_t length) {
    context_.response.status = 206;
    context_.response.reason = {};  // that of the complete answer
    context_.response.content_length = length;
    for (http::Field& field : context_.response.fields) {
      if (field.id == FieldId::accept_ranges) field = http::Field{};  // said by the 206 itself, as in nginx
    }
  }

  /// The type of the file, which each part then carries.
  std::string_view replace_content_type() {
    std::string_view own;
    Scratch value(context_);
    value.text.append("multipart/byteranges; boundary=").append(boundary_);
    for (http::Field& field : context_.response.fields) {
      if (field.id != FieldId::content_type) continue;
      own = field.value;
      field.value = value.keep();
    }
    if (own.empty()) context_.response.fields.add({"Content-Type", value.keep(), FieldId::content_type});
    return own;
  }

  std::string_view preamble(const http::ByteRange& range, std::string_view type) {
    Scratch text(context_);
    text.text.append("\r\n--").append(boundary_);
    if (!type.empty()) text.text.append("\r\nContent-Type: ").append(type);
    text.text.append("\r\nContent-Range: ");
    append_range(range, size_, text.text);
    text.text.append("\r\n\r\n");
    return text.keep();
  }

  std::string_view closing() {
    Scratch text(context_);
    text.text.append("\r\n--").append(boundary_).append("--\r\n");
    return text.keep();
  }

  RangeAnswer& result_;
  std::uint64_t size_;
  RequestContext& context_;
  std::string_view boundary_;
};

}  // namespace

http::RangeOutcome answer_ranges(std::string_view field, std::uint64_t size, RequestContext& context,
                                 RangeAnswer& answer) {
  thread_local std::vector<http::ByteRange> ranges;  // keeps its capacity
  const auto max_ranges = static_cast<std::size_t>(*context.location->core.max_ranges);
  RangeWriter writer(answer, size, context);
  const http::RangeOutcome outcome = http::parse_range(field, size, max_ranges, ranges);
  if (outcome == http::RangeOutcome::unsatisfiable) writer.unsatisfiable();
  if (outcome != http::RangeOutcome::ranges) return outcome;
  add_vary_of_codings(context);  // the whole would have it (RFC 9110 15.3.7)
  if (ranges.size() == 1) writer.single(ranges.front());
  else writer.multiple(ranges);
  return outcome;
}

}  // namespace drishti::filters
