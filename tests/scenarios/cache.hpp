#pragma once
// What the scenarios of the response cache share.

#include "tests/scenarios/scenario.hpp"

namespace drishti::testing {

/// A proxy with a zone in memory in front of UPSTREAM; MORE is inside the location, HTTP inside `http {}`.
inline std::string cache_config(const FakeUpstream& upstream, const std::string& more = {}, const std::string& http = {}) {
  return http_config("proxy_cache_path memory keys_zone=z:16m;\n" + http +
                     "\nserver { listen 127.0.0.1:@port@; location / {\nproxy_pass http://" + upstream.address() +
                     ";\nproxy_cache z; add_header X-Cache $upstream_cache_status always;\n" + more + "\n} }");
}

/// Answers with the number of the request, so that a stored response is told from a new one.
inline FakeUpstream::Script counts(std::string fields) {
  auto number = std::make_shared<std::atomic<int>>(0);
  return [=](const UpstreamRequest&) { return Actions{Action::send(ok_response(std::to_string(++*number), fields))}; };
}

inline RawResponse get(const ProxyUnderTest& proxy, const std::string& path, const std::string& fields = {}) {
  return ask(proxy, request_text("GET", path, fields));
}

/// `HIT 200 body`.
inline std::string told(const RawResponse& response) {
  return response.field("X-Cache") + " " + std::to_string(response.status) + " " + response.body;
}

}  // namespace drishti::testing
