#pragma once
// Peers with a health of their own, and configurations that check them.

#include <atomic>
#include <string>

#include "tests/scenarios/scenario.hpp"
#include "tests/support/patience.hpp"

namespace drishti::testing {

/// Answers /health with HEALTH and everything else with TRAFFIC.
inline FakeUpstream::Script peer(FakeUpstream::Script health, FakeUpstream::Script traffic) {
  return [=](const UpstreamRequest& request) { return request.path() == "/health" ? health(request) : traffic(request); };
}
inline FakeUpstream::Script well(const std::string& name) { return peer(answers("ok"), answers(name)); }
inline FakeUpstream::Script sick(const std::string& name) { return peer(answers_status(503, "no"), answers(name)); }

/// SERVERS in an upstream with `health_check uri=/health CHECK`, checked every 30 ms unless it says so.
inline std::string checked_config(const std::string& servers, std::string check = {}, const std::string& more = {},
                                  const std::string& http = {}) {
  if (check.find("interval=") == std::string::npos) check += " interval=30ms";
  return http_config(http + "upstream backend { " + servers +
                     " }\nserver { listen 127.0.0.1:@port@; location / { proxy_pass http://backend;\nhealth_check " +
                     (check.find("type=") == std::string::npos ? "uri=/health " : "") + check + ";\n" + more + "\n} }");
}

inline std::string server(const FakeUpstream& upstream, const std::string& parameters = {}) {
  return "server " + upstream.address() + " " + parameters + "; ";
}

/// How many requests that are no checks came.
inline std::size_t traffic(const FakeUpstream& upstream) {
  std::size_t count = 0;
  for (const UpstreamRequest& request : upstream.requests()) count += request.path() != "/health";
  return count;
}
inline std::size_t checks(const FakeUpstream& upstream) { return upstream.requests().size() - traffic(upstream); }
inline bool wait_for_checks(const FakeUpstream& upstream, std::size_t more) {
  const std::size_t goal = checks(upstream) + more;
  return upstream.wait_until([&] { return checks(upstream) >= goal; });
}

/// Asks until BODY is answered; false when that takes too long.
inline bool becomes(const ProxyUnderTest& proxy, const std::string& body) {
  return eventually([&] { return ask(proxy, request_text("GET", "/")).body == body; });
}

/// The bodies of N answers, one after the other.
inline std::string bodies(const ProxyUnderTest& proxy, int n) {
  std::string all;
  for (int i = 0; i < n; ++i) all += ask(proxy, request_text("GET", "/")).body;
  return all;
}

/// The line of the error log for a change of ADDRESS.
inline std::string change_text(const std::string& what, const std::string& step, const std::string& address,
                               const std::string& why) {
  return "peer is " + what + " " + step + ", health check \"\" of peer " + address + " in upstream \"backend\": " + why;
}

}  // namespace drishti::testing
