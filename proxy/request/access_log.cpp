#include "request/access_log.hpp"

#include "context/variables.hpp"

namespace drishti::request {
namespace {

bool is_wanted(const conf::AccessLog& log, context::RequestContext& context) {
  if (!log.condition) return true;
  std::string_view value = context::evaluate(*log.condition, context);
  return !value.empty() && value != "0";
}

}  // namespace

void write_access_logs(Generation& generation, context::RequestContext& context) {
  for (const conf::AccessLog& log : *context.location->core.access_logs) {
    if (!is_wanted(log, context)) continue;
    net::LogBuffer* buffer = generation.log_buffer(log);
    if (!buffer) continue;
    std::string& text = buffer->text();
    context::append_log_line(*log.format, context, text);
    text += '\n';
    buffer->line_done();
  }
}

}  // namespace drishti::request
