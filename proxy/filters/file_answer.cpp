#include "filters/file_answer.hpp"

#include <charconv>
#include <utility>

#include "context/scratch.hpp"
#include "filters/content_type.hpp"
#include "filters/range_answer.hpp"
#include "http/date.hpp"
#include "http/etag.hpp"
#include "http/preconditions.hpp"

namespace drishti::filters {
namespace {

using context::RequestContext;
using context::Scratch;
using http::FieldId;
using Action = StaticResult::Action;

/// What identifies the file's state.
struct Validators {
  std::int64_t modified = 0;
  std::string_view etag;  ///< "" with etag off
};

void append_hex(std::uint64_t value, std::string& out) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, 16).ptr;
  out.append(digits, end);
}

/// nginx's form: `"MTIME-SIZE"`, both hexadecimal.
Validators validators_of(const struct stat& info, RequestContext& context) {
  Validators validators{info.st_mtime, {}};
  if (!*context.location->core.etag) return validators;
  Scratch tag(context);
  tag.text.push_back('"');
  append_hex(static_cast<std::uint64_t>(info.st_mtime), tag.text);
  tag.text.push_back('-');
  append_hex(static_cast<std::uint64_t>(info.st_size), tag.text);
  tag.text.push_back('"');
  validators.etag = tag.keep();
  return validators;
}

std::string_view http_date_text(std::int64_t seconds, RequestContext& context) {
  char* date = context.arena.allocate(http::http_date_size);
  http::write_http_date(seconds, date);
  return {date, http::http_date_size};
}

bool modified_since(std::string_view field, const Validators& file, conf::IfModifiedSince mode) {
  const auto since = http::parse_http_date(field);
  if (mode == conf::IfModifiedSince::off || !since) return true;
  if (*since == file.modified) return false;
  return mode == conf::IfModifiedSince::exact || *since < file.modified;
}

bool precondition_failed(const http::FieldList& fields, const Validators& file) {
  if (const http::Field* since = fields.find(FieldId::if_unmodified_since)) {
    const auto time = http::parse_http_date(since->value);
    if (!time || *time < file.modified) return true;
  }
  const http::Field* match = fields.find(FieldId::if_match);
  return match != nullptr && !http::etag_in_list(match->value, file.etag, http::EtagComparison::strong);
}

/// nginx: with both fields, both must say "not modified".
bool not_modified(const http::FieldList& fields, const Validators& file, conf::IfModifiedSince mode) {
  const http::Field* since = fields.find(FieldId::if_modified_since);
  const http::Field* none_match = fields.find(FieldId::if_none_match);
  if (since == nullptr && none_match == nullptr) return false;
  if (since != nullptr && modified_since(since->value, file, mode)) return false;
  return none_match == nullptr || http::etag_in_list(none_match->value, file.etag, http::EtagComparison::weak);
}

/// True when the answer became one with ranges, or a 416.
bool answer_ranges(StaticResult& result, std::uint64_t size, const Validators& file, RequestContext& context) {
  const http::Field* field = context.head.fields.find(FieldId::range);
  if (field == nullptr || !http::if_range_holds(context.head.fields, {file.etag, file.modified})) return false;
  RangeAnswer answer;
  switch (answer_ranges(field->value, size, context, answer)) {
    case http::RangeOutcome::ignored: return false;
    case http::RangeOutcome::unsatisfiable:
      result.action = Action::error;
      result.status = 416;
      return true;
    case http::RangeOutcome::ranges: break;
  }
  for (const RangePart& part : answer.parts) result.parts.push_back({part.preamble, part.offset, part.length});
  result.epilogue = answer.epilogue;
  return true;
}

void describe(std::uint64_t size, const Validators& file, RequestContext& context) {
  start_own_answer(200, context);
  set_content_type(content_type_for(context), context);
  context::Response& response = context.response;
  response.content_length = size;
  if (!fixes_status(context))
    response.fields.add({"Last-Modified", http_date_text(file.modified, context), FieldId::last_modified});
  if (!file.etag.empty()) response.fields.add({"ETag", file.etag, FieldId::etag});
}

void become_not_modified(RequestContext& context) {
  context.response.status = 304;
  context.response.content_length.reset();
  for (http::Field& field : context.response.fields) {
    if (field.id == FieldId::content_type || field.id == FieldId::content_encoding) field = http::Field{};
  }
}

}  // namespace

StaticResult answer_file(OpenResult opened, RequestContext& context, std::string_view coding) {
  StaticResult result;
  const auto size = static_cast<std::uint64_t>(opened.info.st_size);
  const Validators file = validators_of(opened.info, context);
  const bool is_conditional = !fixes_status(context);
  if (is_conditional && precondition_failed(context.head.fields, file)) {
    result.status = 412;
    return result;
  }
  result.action = Action::send;
  result.file = std::move(opened.file);
  describe(size, file, context);
  if (!coding.empty()) context.response.fields.add({"Content-Encoding", coding, FieldId::content_encoding});
  if (is_conditional && not_modified(context.head.fields, file, *context.location->core.if_modified_since)) {
    become_not_modified(context);
    return result;
  }
  const bool offers_ranges = is_conditional && coding.empty() && *context.location->core.max_ranges > 0;
  if (offers_ranges && !context.response.fields.has(FieldId::accept_ranges)) {
    context.response.fields.add({"Accept-Ranges", "bytes", FieldId::accept_ranges});
  }
  if (offers_ranges && answer_ranges(result, size, file, context)) return result;
  result.parts.push_back({{}, 0, size});
  return result;
}

}  // namespace drishti::filters
