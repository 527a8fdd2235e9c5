// Directives of health checks and of what depends on them.
#include "conf/health_checks.hpp"
#include "conf/setters.hpp"
#include "conf/tables.hpp"

namespace drishti::conf {
namespace {

void set_health_check(Analysis& a, const Directive& d) {
  a.scope().location->health_check = std::make_shared<HealthCheck>(read_health_check(d));
}

int number_of(std::string_view text, int least, int most, const std::string& whole, const Directive& d) {
  const auto value = parse_number(text);
  if (!value || *value < static_cast<std::uint64_t>(least) || *value > static_cast<std::uint64_t>(most))
    fail("invalid parameter " + quoted(whole), d);
  return static_cast<int>(*value);
}

milliseconds time_of(std::string_view text, const std::string& whole, const Directive& d) {
  const auto value = parse_msec(text);
  if (!value || value->count() == 0) fail("invalid parameter " + quoted(whole), d);
  return *value;
}

void set_queue(Analysis& a, const Directive& d) {
  RequestQueueSettings queue;
  queue.length = number_of(d.args[0], 1, 1'000'000, d.args[0], d);
  if (d.args.size() == 2) {
    const auto timeout = parameter(d.args[1], "timeout");
    if (!timeout) fail("invalid parameter " + quoted(d.args[1]), d);
    queue.timeout = time_of(*timeout, d.args[1], d);
  }
  a.scope().upstream->queue = queue;
}

void set_outlier_detection(Analysis& a, const Directive& d) {
  OutlierDetection outliers;
  if (d.args[0] == "off" && d.args.size() == 1) return;
  for (const std::string& text : d.args) {
    if (text == "on" && d.args.size() == 1) break;
    if (const auto window = parameter(text, "window")) {
      outliers.window = time_of(*window, text, d);
    } else if (const auto requests = parameter(text, "requests")) {
      outliers.requests = number_of(*requests, 1, 1'000'000, text, d);
    } else if (const auto time = parameter(text, "ejection_time")) {
      outliers.ejection_time = time_of(*time, text, d);
    } else if (const auto keep = parameter(text, "keep"); keep && keep->ends_with('%')) {
      outliers.keep_percent = number_of(keep->substr(0, keep->size() - 1), 1, 100, text, d);
    } else {
      fail("invalid parameter " + quoted(text), d);
    }
  }
  a.scope().upstream->outlier_detection = outliers;
}

constexpr unsigned u = context::upstream;
constexpr auto done = Effect::implemented;

constexpr DirectiveSpec table[] = {
    {"health_check", context::location, at_least(0),
     "[interval=time] [jitter=time] [fails=number] [passes=number] [uri=uri] [match=name] [port=number] [type=http | tcp | grpc] "
     "[mandatory [persistent]] [keepalive_time=time] [grpc_service=name] [grpc_status=code]",
     "interval=5s jitter=0 fails=1 passes=1 uri=/ type=http",
     "Asks every server of the group that `proxy_pass` names whether it is well.", set_health_check, Repeat::once, done,
     "A check also fails when it takes longer than its interval (at least 1s). States survive a reload with or without "
     "`persistent`. `type=grpc` asks over HTTP/2 without TLS, and stands beside `proxy_pass`: there is no `grpc_pass`."},
    {"match", context::http, block(take(1)), "name { ... }", "",
     "What a response to a check has to be: `status`, `header`, `body`.", read_health_match, Repeat::many, done,
     "Of a body the first 256 KiB are looked at. `require` is refused."},
    {"queue", u, take(1, 2), "number [timeout=time]", "",
     "Requests that wait when no server can be chosen at once, and how long (60s).", set_queue, Repeat::once, done,
     "The queue is one for the whole process."},
    {"health_panic", u, flag, "on | off", "off",
     "Whether all servers are used when the checks find none of them healthy, instead of answering 502.",
     set_flag<&Upstream::health_panic>, Repeat::once, done, "A directive of drishti."},
    {"outlier_detection", u, at_least(1), "on | off | [window=time] [requests=number] [ejection_time=time] [keep=percent]",
     "off; on is window=10s requests=20 ejection_time=30s keep=50%",
     "A server leaves for a while when it fails more than the others at the same location; `keep` of them always stay.",
     set_outlier_detection, Repeat::once, done, "A directive of drishti."},
};

}  // namespace

std::span<const DirectiveSpec> health_directives() { return table; }

}  // namespace drishti::conf
