// main and events.
#include <algorithm>
#include <array>

#include "conf/cpu_count.hpp"
#include "conf/setters.hpp"
#include "conf/tables.hpp"

namespace drishti::conf {
namespace {

void set_user(Analysis& a, const Directive& d) {
  a.config.main.user = d.args[0];
  a.config.main.group = d.args.size() > 1 ? d.args[1] : d.args[0];
}

void set_worker_processes(Analysis& a, const Directive& d) {
  if (d.args[0] == "auto") {
    a.config.main.worker_processes = allowed_cpus();
    return;
  }
  const auto value = parse_number(d.args[0]);
  if (!value || *value > 1024) fail_directive("invalid value", d);
  if (*value == 0) fail_directive("invalid value", d);
  a.config.main.worker_processes = static_cast<int>(*value);
}

void set_worker_connections(Analysis& a, const Directive& d) {
  const auto value = parse_number(d.args[0]);
  if (!value || *value > 1'000'000'000) fail("invalid number " + quoted(d.args[0]), d);
  a.config.main.worker_connections = static_cast<int>(*value);
}

void set_worker_rlimit_nofile(Analysis& a, const Directive& d) {
  a.config.main.worker_rlimit_nofile = static_cast<std::uint64_t>(number_value(d));
}

void set_worker_shutdown_timeout(Analysis& a, const Directive& d) {
  a.config.main.worker_shutdown_timeout = msec_value(d);
}

void add_env(Analysis& a, const Directive& d) { a.config.main.env.push_back(d.args[0]); }

void read_events(Analysis& a, const Directive& d) {
  Scope scope;
  scope.context = context::events;
  a.read_block(d, std::move(scope));
}

void read_http(Analysis& a, const Directive& d) {
  Scope scope;
  scope.context = context::http;
  scope.location = a.http.get();
  scope.server_settings = &a.http_settings;
  a.read_block(d, std::move(scope));
}

constexpr auto many = Repeat::many;

constexpr DirectiveSpec table[] = {
    {"user", context::main, take(1, 2), "user [group]", "",
     "The account that workers run as; without root it only gives a warning.", set_user},
    {"worker_processes", context::main, take(1), "number | auto", "1",
     "How many worker threads serve connections; auto counts the CPUs that affinity and the cgroup quota allow.",
     set_worker_processes, Repeat::once, Effect::implemented, "Workers are threads of one process."},
    {"pid", context::main, take(1), "file", "/run/nginx.pid", "Where the process id is written.",
     set_path<&MainSettings::pid>},
    {"daemon", context::main, flag, "on | off", "on", "Whether the program goes to the background.",
     set_flag<&MainSettings::daemon>},
    {"worker_rlimit_nofile", context::main, take(1), "number", "", "The limit of open files (RLIMIT_NOFILE).",
     set_worker_rlimit_nofile},
    {"worker_shutdown_timeout", context::main, take(1), "time", "",
     "How long a graceful stop or reload waits for connections before it closes them.", set_worker_shutdown_timeout},
    {"env", context::main, take(1), "variable[=value]", "", "Sets an environment variable (`TZ=Europe/Berlin`).", add_env, many,
     Effect::implemented, "Every variable is kept, whether it is named or not. A value is set at the start, not by a reload."},
    {"events", context::main, block(take(0)), "{ ... }", "", "Settings of connection handling; may be left out.",
     read_events, Repeat::once, Effect::implemented, "The block may be missing."},
    {"http", context::main, block(take(0)), "{ ... }", "", "Everything about HTTP.", read_http, Repeat::once,
     Effect::implemented, "A main file without this block is read as its contents, with a notice."},
    no_effect("worker_connections", context::events, take(1), "connections are limited by worker_rlimit_nofile",
              set_worker_connections),
};

}  // namespace

std::span<const DirectiveSpec> main_directives() { return table; }

}  // namespace drishti::conf
