#pragma once
// A proxy with an admin listener on @port9@, and calls of its API.

#include <unistd.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/scenarios/scenario.hpp"

namespace drishti::testing {

namespace json = boost::json;

inline constexpr const char* admin_token = "correct-horse-battery-staple";

/// A file in the temporary folder of the system, for as long as this lives.
class TokenFile {
 public:
  explicit TokenFile(const std::string& token = std::string(admin_token) + "\n") {
    char name[] = "/tmp/drishti_token_XXXXXX";
    ::close(::mkstemp(name));
    path_ = name;
    std::ofstream(path_) << token;
  }
  ~TokenFile() { std::filesystem::remove(path_); }
  TokenFile(const TokenFile&) = delete;
  TokenFile& operator=(const TokenFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// CONFIG with an admin listener in front of it.
inline std::string with_admin(const TokenFile& token, const std::string& config) {
  return "admin_listen 127.0.0.1:@port9@;\nadmin_token_file " + token.path() + ";\n" + config;
}

struct ApiAnswer {
  int status = 0;
  json::value body;
  RawResponse raw;
  std::string error() const {
    const json::value* text = body.is_object() ? body.as_object().if_contains("error") : nullptr;
    return text == nullptr || !text->is_string() ? std::string() : std::string(text->as_string());
  }
};

inline ApiAnswer call_admin(const ProxyUnderTest& proxy, const std::string& request, bool is_head = false) {
  RawClient client(proxy.port(9));
  client.send(request);
  ApiAnswer answer;
  answer.raw = client.read_response(is_head, std::chrono::seconds(20)).value_or(RawResponse{});
  answer.status = answer.raw.status;
  json::error_code error;
  answer.body = json::parse(answer.raw.body, error);
  return answer;
}

inline ApiAnswer admin_get(const ProxyUnderTest& proxy, const std::string& path, const std::string& fields = {}) {
  return call_admin(proxy, "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + fields + "\r\n");
}

inline std::string admin_post_text(const std::string& path, const std::string& body,
                                   const std::string& fields = "Authorization: Bearer " + std::string(admin_token) +
                                                               "\r\nContent-Type: application/json\r\n") {
  return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + fields +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

inline ApiAnswer admin_post(const ProxyUnderTest& proxy, const std::string& path, const json::object& body) {
  return call_admin(proxy, admin_post_text(path, json::serialize(body)));
}

/// WORD (drain, enable, ...) for SERVER of the upstream `backend`.
inline ApiAnswer change(const ProxyUnderTest& proxy, const std::string& word, const std::string& server) {
  return admin_post(proxy, "/api/1/upstreams/backend/" + word, {{"server", server}});
}

/// The peer with ADDRESS of the upstream `backend` as the API tells it; null when there is none.
inline json::value peer_of(const ProxyUnderTest& proxy, const std::string& address) {
  const ApiAnswer answer = admin_get(proxy, "/api/1/upstreams/backend");
  if (answer.status != 200) return nullptr;
  for (const json::value& peer : answer.body.at("peers").as_array())
    if (peer.at("address").as_string() == json::string_view(address.data(), address.size())) return peer;
  return nullptr;
}

/// `state` of a peer; "" when there is no such peer.
inline std::string state_of(const ProxyUnderTest& proxy, const std::string& address) {
  const json::value peer = peer_of(proxy, address);
  return peer.is_null() ? std::string() : std::string(peer.at("state").as_string());
}

}  // namespace drishti::testing
