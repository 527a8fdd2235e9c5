#pragma once
// Evaluation of variables and templates for one request. nginx's meanings; an unset variable is "".

#include <string>
#include <string_view>

#include "conf/config.hpp"
#include "context/request_context.hpp"

namespace drishti::context {

/// The value of a variable; the view lives as long as the request (or longer).
std::string_view variable(const conf::VariableRef& ref, RequestContext& context);

/// Like variable(), but tells "not found" (logged as `-`) from "".
std::optional<std::string_view> find_variable(const conf::VariableRef& ref, RequestContext& context);

/// The template's text: the literal itself, a single variable's view, or a concatenation in the request's arena.
std::string_view evaluate(const conf::Template& text, RequestContext& context);

/// Appends the template's text to OUT without using the arena (for heads and logs).
void append(const conf::Template& text, RequestContext& context, std::string& out);

/// One access log line by FORMAT without the newline, escaped as log_format's escape= says.
void append_log_line(const conf::LogFormat& format, RequestContext& context, std::string& out);

/// Writable variables: set, named captures.
void set_variable(const conf::VariableRef& ref, std::string_view value, RequestContext& context);

/// Stores captures of a match for $1..$9 and fills named captures. `subject` must live as long as the request.
void remember_captures(const conf::BoundRegex& regex, std::string_view subject, const conf::Regex::Captures& captures,
                       RequestContext& context);

/// The same for names that stand apart from their expression (map).
void remember_captures(const std::vector<conf::NamedCapture>& names, std::string_view subject,
                       const conf::Regex::Captures& captures, RequestContext& context);

}  // namespace drishti::context
