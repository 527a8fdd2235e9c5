// error_log, log_format, access_log.
#include <algorithm>

#include "conf/logs.hpp"
#include "conf/setters.hpp"
#include "conf/tables.hpp"

namespace drishti::conf {
namespace {

constexpr std::string_view level_names[] = {"debug", "info", "notice", "warn", "error", "crit", "alert", "emerg"};

ErrorLog read_error_log(Analysis& a, const Directive& d) {
  ErrorLog log;
  const std::string& path = d.args[0];
  log.path = path == "stderr" || path.starts_with("syslog:") ? path : a.full_path(path);
  if (d.args.size() < 2) return log;
  const auto* level = std::find(std::begin(level_names), std::end(level_names), d.args[1]);
  if (level == std::end(level_names)) fail("invalid log level " + quoted(d.args[1]), d);
  log.level = static_cast<LogLevel>(level - std::begin(level_names));
  return log;
}

void add_main_error_log(Analysis& a, const Directive& d) { a.config.main.error_logs.push_back(read_error_log(a, d)); }

void add_error_log(Analysis& a, const Directive& d) {
  auto logs = *a.scope().location->core.error_logs;
  logs.push_back(read_error_log(a, d));
  store(a, &CoreSettings::error_logs, std::move(logs));
}

LogFormat::Escape escape_value(std::string_view text, const Directive& d) {
  if (text == "json") return LogFormat::Escape::json;
  if (text == "none") return LogFormat::Escape::none;
  if (text == "default") return LogFormat::Escape::standard;
  fail("unknown log format escaping " + quoted(text), d);
}

void add_log_format(Analysis& a, const Directive& d) {
  if (find_log_format(a.config, d.args[0])) fail("duplicate \"log_format\" name " + quoted(d.args[0]), d);
  LogFormat format;
  format.name = d.args[0];
  std::size_t first = 1;
  if (const auto escape = parameter(d.args[1], "escape")) {
    format.escape = escape_value(*escape, d);
    ++first;
  }
  std::string text;
  for (std::size_t i = first; i < d.args.size(); ++i) text += d.args[i];
  format.format = a.compile(text, d.where);
  a.config.log_formats.push_back(std::make_shared<const LogFormat>(std::move(format)));
}

void read_access_log_parameter(Analysis& a, const Directive& d, const std::string& text, AccessLog& log) {
  constexpr Bytes gzip_buffer = 64 << 10;
  if (const auto size = parameter(text, "buffer")) {
    const auto value = parse_size(*size, false);
    if (!value || *value == 0) fail("invalid buffer size " + quoted(*size), d);
    log.buffer = *value;
  } else if (const auto time = parameter(text, "flush")) {
    const auto value = parse_msec(*time);
    if (!value || value->count() == 0) fail("invalid flush time " + quoted(*time), d);
    log.flush = *value;
  } else if (const auto condition = parameter(text, "if")) {
    log.condition = a.compile(*condition, d.where);
  } else if (text == "gzip" || parameter(text, "gzip")) {
    if (log.buffer == 0) log.buffer = gzip_buffer;
    fail("parameter \"gzip\" of the \"access_log\" directive is not implemented by drishti yet", d);
  } else {
    fail("invalid parameter " + quoted(text), d);
  }
}

AccessLog read_access_log(Analysis& a, const Directive& d) {
  AccessLog log;
  const std::string& path = d.args[0];
  if (has_variables(path)) fail("a variable in the path of \"access_log\" is not implemented by drishti yet", d);
  log.path = path.starts_with("syslog:") ? path : a.full_path(path);
  const std::string name = d.args.size() > 1 ? d.args[1] : "combined";
  log.format = find_log_format(a.config, name);
  if (!log.format) fail("unknown log format " + quoted(name), d);
  for (std::size_t i = 2; i < d.args.size(); ++i) read_access_log_parameter(a, d, d.args[i], log);
  if (log.flush.count() > 0 && log.buffer == 0) fail("no buffer is defined for access_log " + quoted(path), d);
  if (log.buffer > 0 && path.starts_with("syslog:")) fail("logs to syslog cannot be buffered", d);
  return log;
}

void add_access_log(Analysis& a, const Directive& d) {
  if (d.args[0] == "off") {
    if (d.args.size() > 1) fail("invalid parameter " + quoted(d.args[1]), d);
    a.scope().access_log_off = true;
    return store(a, &CoreSettings::access_logs, std::vector<AccessLog>{});
  }
  AccessLog log = read_access_log(a, d);
  auto logs = *a.scope().location->core.access_logs;
  if (!a.scope().access_log_off) logs.push_back(std::move(log));
  store(a, &CoreSettings::access_logs, std::move(logs));
}

constexpr unsigned hsl = context::http | context::server | context::location;
constexpr auto many = Repeat::many;

constexpr DirectiveSpec table[] = {
    {"error_log", context::main, take(1, 2), "file | stderr | syslog:... [level]", "/var/log/nginx/error.log error",
     "Where errors are logged; several may stand side by side.", add_main_error_log, many},
    {"error_log", hsl, take(1, 2), "file | stderr | syslog:... [level]", "", "The same for a part of the traffic.",
     add_error_log, many},
    {"log_format", context::http, at_least(2), "name [escape=default|json|none] string ...", "combined ...",
     "The form of a line of an access log.", add_log_format, many},
    {"access_log", hsl | context::if_in_location, at_least(1),
     "path [format [buffer=size] [flush=time] [if=condition]] | off", "/var/log/nginx/access.log combined",
     "Where requests are logged.", add_access_log, many, Effect::implemented,
     "Lines are always written without blocking a worker; when the disk is full, lines are lost, never requests. "
     "They wait a few milliseconds at most, so that `flush` is always kept."},
};

}  // namespace

std::shared_ptr<const LogFormat> find_log_format(const Config& config, std::string_view name) {
  for (const auto& format : config.log_formats)
    if (format->name == name) return format;
  return nullptr;
}

void add_combined_format(Analysis& a) {
  LogFormat format;
  format.name = "combined";
  format.format = a.compile("$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent "
                            "\"$http_referer\" \"$http_user_agent\"", {});
  a.config.log_formats.push_back(std::make_shared<const LogFormat>(std::move(format)));
}

std::span<const DirectiveSpec> log_directives() { return table; }

}  // namespace drishti::conf
