#pragma once
// The server that the scenarios of HTTP/2 towards clients share.

#include <string>

#include "tests/scenarios/scenario.hpp"
#include "tests/support/http2_client.hpp"

namespace drishti::testing {

/// A server with HTTP/2 in front of one upstream; MORE goes into the location that passes to it.
inline std::string h2_config(const FakeUpstream& upstream, const std::string& more = {}, const std::string& server = {}) {
  return http_config("log_format h2 '$request|$status|$server_protocol|$http2|$connection_requests|$body_bytes_sent|"
                     "$request_length';\naccess_log @dir@/h2.log h2;\nhttp2 on;\n"
                     "server { listen 127.0.0.1:@port@;\n" + server +
                     "location / { proxy_pass http://" + upstream.address() +
                     "; proxy_http_version 1.1;\n" + more + "\n}\n" +
                     "location = /here { return 200 here; }\nlocation = /none { return 204; }\n"
                     "location /files/ { root @dir@; }\n}");
}

}  // namespace drishti::testing
