#pragma once
// What the scenarios share: backends that answer with their name, configurations, requests, the access log.

#include <chrono>
#include <fstream>
#include <initializer_list>
#include <memory>
#include <sstream>
#include <string>
#include <thread>

#include "tests/support/fake_upstream.hpp"
#include "tests/support/patience.hpp"
#include "tests/support/proxy_under_test.hpp"
#include "tests/support/raw_client.hpp"

namespace drishti::testing {

inline FakeUpstream::Script answers(std::string body) {
  return [body](const UpstreamRequest&) { return Actions{Action::send(ok_response(body))}; };
}

inline std::string status_response(int status, std::string_view body) {
  return "HTTP/1.1 " + std::to_string(status) + " Whatever\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

inline FakeUpstream::Script answers_status(int status, std::string body) {
  return [=](const UpstreamRequest&) { return Actions{Action::send(status_response(status, body))}; };
}

/// Does not answer until the proxy closes.
inline FakeUpstream::Script stays_silent() {
  return [](const UpstreamRequest&) { return Actions{Action::read_to_close()}; };
}

/// An address that refuses connections for as long as this lives: bound, but not listened on.
class DeadPort {
 public:
  DeadPort() : upstream_(answers("never")) { upstream_.kill(); }
  std::string address() const { return upstream_.address(); }

 private:
  FakeUpstream upstream_;
};

inline void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

/// `http { ... }` around TEXT, with a log that says what was tried: access.log.
inline std::string http_config(const std::string& text) {
  return "events { worker_connections 4096; }\nhttp {\n"
         "log_format tried '$status|$upstream_addr|$upstream_status|$request_method $request_uri|$body_bytes_sent|"
         "$upstream_http_x_backend';\n"
         "access_log @dir@/access.log tried;\n" +
         text + "\n}\n";
}

/// One location `/` that passes to an upstream made of SERVERS (`server` lines), with MORE in the location.
inline std::string proxy_config(const std::string& servers, const std::string& more = {}) {
  return http_config("upstream backend { " + servers + " }\nserver { listen 127.0.0.1:@port@; location / {\n" +
                     "proxy_pass http://backend;\n" + more + "\n} }");
}

/// The user's own file with the three addresses and the port replaced.
inline std::string users_config(const std::string& api1, const std::string& api2, const std::string& api3) {
  std::ifstream file(DRISHTI_SOURCE_DIR "/deploy/demo/nginx.conf");
  std::ostringstream text;
  text << file.rdbuf();
  std::string config = text.str();
  replace_all(config, "api1:3000", api1);
  replace_all(config, "api2:3000", api2);
  replace_all(config, "api3:3000", api3);
  replace_all(config, "listen 80;", "listen 127.0.0.1:@port@;");
  return http_config(config);
}

inline std::string request_text(std::string_view method, std::string_view path, std::string_view more_fields = {},
                                std::string_view body = {}) {
  std::string text = std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: a.test\r\n" + std::string(more_fields);
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + std::string(body);
}

/// On a connection of its own.
inline RawResponse ask(const ProxyUnderTest& proxy, const std::string& request, bool is_head = false) {
  RawClient client(proxy.port());
  client.send(request);
  return client.read_response(is_head).value_or(RawResponse{});
}

/// Waits for the line of the access log FILE that contains TEXT; empty when it does not come.
inline std::string log_line(const ProxyUnderTest& proxy, const std::string& text, const std::string& file = "access.log") {
  std::string line;
  const bool has_come = eventually([&] {
    std::istringstream log(proxy.read(file));
    while (std::getline(log, line))
      if (line.find(text) != std::string::npos) return true;
    return false;
  });
  return has_come ? line : std::string();
}

}  // namespace drishti::testing
