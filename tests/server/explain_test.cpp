#include "server/explain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conf/analyser.hpp"
#include "server/command_line.hpp"
#include "temporary_directory.hpp"

namespace drishti::server {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

constexpr const char* configuration = R"(events {}
http {
  upstream api { least_conn; server 127.0.0.1:3001 weight=2 max_fails=3; server 127.0.0.1:3002 backup; }
  server { listen 8080; server_name other.example; return 301 http://api.example$request_uri; }
  server {
    listen 8080; server_name api.example *.api.example;
    location / { proxy_pass http://api; proxy_set_header X-Real-IP $remote_addr; proxy_read_timeout 1500ms; }
    location /v1/ { proxy_pass http://api/v2/; proxy_next_upstream error http_503; }
    location = /health { return 200 "fine"; }
    location ~ \.php$ { return 403; }
    location ^~ /raw/ { proxy_pass http://api; }
    location /old { rewrite ^/old/(.*)$ /v1/$1 last; }
    location /inside { internal; }
  }
}
)";

class Explain : public testing::Test {
 protected:
  std::string of(const ExplainedRequest& request) {
    TemporaryDirectory::write(directory_ / "c.conf", configuration);
    conf::AnalyserOptions options;
    options.conf_path = directory_ / "c.conf";
    options.prefix = directory_ / "";
    return explain(conf::load_config(options.conf_path, options), request);
  }
  std::string of(const std::string& method, const std::string& path) {
    return of({method, "http://api.example:8080" + path, {}});
  }
  TemporaryDirectory directory_;
};

TEST_F(Explain, TellsServerLocationAndTheRequestSentUpstream) {
  const std::string text = of({"GET", "http://www.api.example:8080/users?a=b", {{"X-A", "b"}}});
  EXPECT_THAT(text, HasSubstr("Server: " + (directory_ / "c.conf:5")));
  EXPECT_THAT(text, HasSubstr("server_name \"*.api.example\" is the longest wildcard that matches"));
  EXPECT_THAT(text, HasSubstr("Location: location /  " + (directory_ / "c.conf:7")));
  EXPECT_THAT(text, HasSubstr("Upstream: api  " + (directory_ / "c.conf:3")));
  EXPECT_THAT(text, HasSubstr("least_conn"));
  EXPECT_THAT(text, HasSubstr("server 127.0.0.1:3001 weight=2 max_fails=3"));
  EXPECT_THAT(text, HasSubstr("server 127.0.0.1:3002 backup"));
  EXPECT_THAT(text, HasSubstr("    GET /users?a=b HTTP/1.1\n    Host: api\n"));
  EXPECT_THAT(text, HasSubstr("    X-Real-IP: 127.0.0.1\n"));
  EXPECT_THAT(text, HasSubstr("    X-A: b\n"));
  EXPECT_THAT(text, HasSubstr("proxy_read_timeout 1500ms"));
}

TEST_F(Explain, TellsWhichRuleChoseTheLocation) {
  EXPECT_THAT(of("GET", "/health"), HasSubstr("location = /health"));
  EXPECT_THAT(of("GET", "/health"), HasSubstr("an exact match (=) ends the search"));
  EXPECT_THAT(of("GET", "/health"), HasSubstr("Answer: 200 with the body \"fine\""));
  EXPECT_THAT(of("GET", "/x.php"), HasSubstr("the first regular expression in file order"));
  EXPECT_THAT(of("GET", "/x.php"), HasSubstr("also matches: location /  "));
  EXPECT_THAT(of("GET", "/x.php"), HasSubstr("Answer: 403 Forbidden"));
  EXPECT_THAT(of("GET", "/raw/x.php"), HasSubstr("^~ keeps regular expressions out"));
}

TEST_F(Explain, FollowsRewritesAndReplacesTheUriPart) {
  const std::string text = of("GET", "/old/a");
  EXPECT_THAT(text, HasSubstr("the URI is now /v1/a"));
  EXPECT_THAT(text, HasSubstr("    GET /v2/a HTTP/1.1\n"));
}

TEST_F(Explain, TellsWhatIsRetried) {
  EXPECT_THAT(of("GET", "/v1/a"), HasSubstr("Retries: proxy_next_upstream error http_503  "));
  EXPECT_THAT(of("GET", "/v1/a"), ContainsRegex("proxy_next_upstream error http_503  [^ ]*:[0-9]+\n"));
  EXPECT_THAT(of("GET", "/v1/a"), ContainsRegex("proxy_connect_timeout [0-9a-z]+  \\(default\\)\n"));
  EXPECT_THAT(of("GET", "/v1/a"), HasSubstr("GET may be repeated on another peer"));
  EXPECT_THAT(of("POST", "/v1/a"), HasSubstr("POST is repeated only when nothing of it was sent"));
}

TEST_F(Explain, TellsAnswersOfTheProxyItself) {
  EXPECT_THAT(of("GET", "/inside"), HasSubstr("Answer: 404"));
  EXPECT_THAT(of("GET", "/%00"), HasSubstr("Answer: 400"));
  EXPECT_THAT(of("BAD METHOD", "/"), HasSubstr("refused before routing"));
  const std::string redirect = of({"GET", "http://nobody:8080/x", {}});
  EXPECT_THAT(redirect, HasSubstr("this is the default server of the address"));
  EXPECT_THAT(redirect, HasSubstr("Answer: 301, Location: http://api.example/x"));
  EXPECT_THAT(redirect, Not(HasSubstr("Location: location")));
}

TEST_F(Explain, RefusesWhatItCannotExplain) {
  EXPECT_THROW(of({"GET", "https://api.example/", {}}), UsageError);
  EXPECT_THROW(of({"GET", "http://api.example:99/", {}}), UsageError);
  EXPECT_THROW(of({"GET", "http://api.example:x/", {}}), UsageError);
  EXPECT_THROW(of({"GET", "api.example", {}}), UsageError);
}

}  // namespace
}  // namespace drishti::server
