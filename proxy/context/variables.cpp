#include "context/variables.hpp"

#include "context/escape.hpp"
#include "context/lookup.hpp"
#include "context/scratch.hpp"

namespace drishti::context {
namespace {

using conf::Template;
using conf::Var;
using conf::VariableRef;

Found find_capture(std::size_t number, const RequestContext& context) {
  if (number >= context.captures.count) return {};
  return context.captures.group(context.captures_subject, number);
}

/// The value, perhaps in BUFFER.
Found find(const VariableRef& ref, RequestContext& context, NumberBuffer& buffer) {
  switch (ref.id) {
    case Var::arg_: case Var::cookie_: case Var::http_: case Var::sent_http_: case Var::upstream_http_:
    case Var::upstream_cookie_: case Var::proxy_protocol_tlv_: case Var::sent_trailer_: case Var::upstream_trailer_:
      return find_prefixed(ref.id, ref.name, context, buffer);
    case Var::capture: return find_capture(ref.slot, context);
    case Var::user: return find_user_variable(ref.slot, context);
    default: return find_builtin(ref.id, context, buffer);
  }
}

/// Text that changes with the next second must not be viewed for longer.
bool is_time_text(Var id) { return id == Var::time_iso8601 || id == Var::time_local; }

bool is_in(const NumberBuffer& buffer, std::string_view value) {
  return value.data() >= buffer.data && value.data() < buffer.data + sizeof buffer.data;
}

void append_log_value(const Found& value, conf::LogFormat::Escape escape, std::string& out) {
  using Escape = conf::LogFormat::Escape;
  if (!value) {
    if (escape == Escape::standard) out.push_back('-');
    return;
  }
  switch (escape) {
    case Escape::standard: return append_log_escaped(*value, out);
    case Escape::json: return append_json_escaped(*value, out);
    case Escape::none: out.append(*value);
  }
}

}  // namespace

Found find_variable(const VariableRef& ref, RequestContext& context) {
  NumberBuffer buffer;
  const Found value = find(ref, context, buffer);
  if (!value) return value;
  return is_in(buffer, *value) || is_time_text(ref.id) ? context.arena.copy(*value) : *value;
}

std::string_view variable(const VariableRef& ref, RequestContext& context) {
  return find_variable(ref, context).value_or(std::string_view{});
}

std::string_view evaluate(const Template& text, RequestContext& context) {
  if (text.is_literal()) return text.literal_text();
  if (text.parts.size() == 1) return variable(text.parts[0].variable, context);
  Scratch whole(context);
  append(text, context, whole.text);
  return whole.keep();
}

void append(const Template& text, RequestContext& context, std::string& out) {
  NumberBuffer buffer;
  for (const Template::Part& part : text.parts) {
    if (!part.is_variable) {
      out.append(part.literal);
    } else if (const Found value = find(part.variable, context, buffer)) {
      out.append(*value);
    }
  }
}

void append_log_line(const conf::LogFormat& format, RequestContext& context, std::string& out) {
  NumberBuffer buffer;
  for (const Template::Part& part : format.format.parts) {
    if (!part.is_variable) {
      out.append(part.literal);
    } else if (const Found value = find(part.variable, context, buffer); value && is_in(buffer, *value)) {
      out.append(*value);  // a number
    } else {
      append_log_value(value, format.escape, out);
    }
  }
}

void set_variable(const VariableRef& ref, std::string_view value, RequestContext& context) {
  switch (ref.id) {
    case Var::user: user_slot(ref.slot, context) = value; return;
    case Var::args:
      context.args = value;
      context.raw_target_valid = false;
      return;
    case Var::limit_rate: {
      std::uint64_t rate = 0;
      if (parse_size(value, rate)) context.limit_rate = rate;
      return;
    }
    default: return;  // the analyser lets no other variable be set
  }
}

void remember_captures(const std::vector<conf::NamedCapture>& names, std::string_view subject,
                       const conf::Regex::Captures& captures, RequestContext& context) {
  context.captures = captures;
  context.captures_subject = subject;
  for (const conf::NamedCapture& name : names) {
    user_slot(name.slot, context) = captures.group(subject, static_cast<std::size_t>(name.group));
  }
}

void remember_captures(const conf::BoundRegex& regex, std::string_view subject, const conf::Regex::Captures& captures,
                       RequestContext& context) {
  remember_captures(regex.names, subject, captures, context);
}

}  // namespace drishti::context
