#include "filters/content_type.hpp"

#include "context/scratch.hpp"
#include "http/chars.hpp"

namespace drishti::filters {
namespace {

using context::RequestContext;
using http::FieldId;

/// Behind the last dot of the last segment; a dot file has none.
std::string_view extension_of(std::string_view uri) {
  const std::size_t dot = uri.find_last_of("./");
  if (dot == uri.npos || uri[dot] == '/' || dot == 0 || uri[dot - 1] == '/') return {};
  return uri.substr(dot + 1);
}

}  // namespace

std::string_view content_type_for(RequestContext& context) {
  const conf::CoreSettings& core = context.location->core;
  const std::string_view extension = extension_of(context.uri);
  if (extension.empty() || *core.types == nullptr) return *core.default_type;
  context::Scratch key(context);
  for (const char c : extension) key.text.push_back(http::to_lower(c));
  const auto found = (*core.types)->find(key.text);
  return found == (*core.types)->end() ? *core.default_type : found->second;
}

void start_own_answer(int status, RequestContext& context) {
  context::Response& response = context.response;
  if (!response.keep_fields) response.reset();
  response.status = status;
  response.reason = {};
  response.from_upstream = false;
  response.content_length.reset();
}

void set_content_type(std::string_view type, RequestContext& context) {
  http::FieldList& fields = context.response.fields;
  if (!type.empty() && !fields.has(FieldId::content_type)) fields.add({"Content-Type", type, FieldId::content_type});
}

}  // namespace drishti::filters
