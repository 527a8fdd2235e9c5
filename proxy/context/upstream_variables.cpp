#include "context/lookup.hpp"
#include "context/scratch.hpp"

namespace drishti::context {
namespace {

using conf::Var;

std::string_view time_or_dash(std::int64_t milliseconds, NumberBuffer& buffer) {
  return milliseconds < 0 ? std::string_view("-") : write_seconds(milliseconds, buffer);
}

std::string_view attempt_value(Var id, const Attempt& attempt, NumberBuffer& buffer) {
  switch (id) {
    case Var::upstream_addr: return attempt.address;
    case Var::upstream_status: return attempt.status == 0 ? std::string_view("-") : write_number(attempt.status, buffer);
    case Var::upstream_connect_time: return time_or_dash(attempt.connect_ms, buffer);
    case Var::upstream_header_time: return time_or_dash(attempt.header_ms, buffer);
    case Var::upstream_response_time: return time_or_dash(attempt.response_ms, buffer);
    case Var::upstream_bytes_sent: return write_number(attempt.bytes_sent, buffer);
    case Var::upstream_bytes_received: return write_number(attempt.bytes_received, buffer);
    default: return write_number(attempt.response_length, buffer);
  }
}

}  // namespace

Found find_attempts_list(Var id, RequestContext& context, NumberBuffer& buffer) {
  if (context.attempts.empty()) return {};
  if (context.attempts.size() == 1) return attempt_value(id, context.attempts.front(), buffer);
  Scratch list(context);
  for (const Attempt& attempt : context.attempts) {
    if (&attempt != &context.attempts.front()) list.text.append(attempt.after_redirect ? " : " : ", ");
    list.text.append(attempt_value(id, attempt, buffer));
  }
  return list.keep();
}

}  // namespace drishti::context
