// proxy_* and upstream in the typed configuration.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyser_support.hpp"

namespace drishti::conf {
namespace {

std::shared_ptr<const Config> with_location(const std::string& text) {
  return analyse_text("http { server { location /p/ { " + text + " } } }");
}

TEST(ProxyPass, TellsHostPortAndUriApart) {
  const struct {
    const char* url;
    const char* host;
    const char* port;
    std::optional<std::string> uri;
    const char* upstream;
  } cases[] = {{"http://a", "a", "80", std::nullopt, "a"},
               {"http://a:8080", "a:8080", "8080", std::nullopt, "a:8080"},
               {"HTTP://a/", "a", "80", "/", "a"},
               {"http://a:8080/x?y", "a:8080", "8080", "/x?y", "a:8080"},
               {"http://a?y", "a", "80", "?y", "a"},
               {"http://[::1]:8080/x", "[::1]:8080", "8080", "/x", "[::1]:8080"},
               {"http://unix:/run/a.sock", "localhost", "", std::nullopt, "unix:/run/a.sock"},
               {"http://unix:/run/a.sock:/x", "localhost", "", "/x", "unix:/run/a.sock"}};
  for (const auto& c : cases) {
    const auto config = with_location(std::string("proxy_pass ") + c.url + ";");
    const ProxyPass& pass = *only_location(*config)->proxy_pass;
    EXPECT_EQ(pass.proxy_host, c.host) << c.url;
    EXPECT_EQ(pass.proxy_port, c.port) << c.url;
    EXPECT_EQ(pass.uri, c.uri) << c.url;
    EXPECT_EQ(pass.upstream->name, c.upstream) << c.url;
    EXPECT_FALSE(pass.has_variables) << c.url;
  }
}

TEST(ProxyPass, MakesAGroupOfOneForAHost) {
  const auto config = with_location("proxy_pass http://app:3000;");
  const Upstream* upstream = config->find_upstream("app:3000");
  ASSERT_NE(upstream, nullptr);
  EXPECT_TRUE(upstream->implicit);
  ASSERT_EQ(upstream->servers.size(), 1u);
  EXPECT_EQ(upstream->servers[0].host, "app");
  EXPECT_EQ(upstream->servers[0].port, 3000);
  EXPECT_EQ(upstream->servers[0].max_fails, 1);
  EXPECT_EQ(upstream->servers[0].fail_timeout, 10s);
  EXPECT_FALSE(upstream->servers[0].literal);
  EXPECT_EQ(upstream->keepalive, 512) << "pooled as every group";
}

TEST(ProxyPass, MayNameAGroupThatComesLater) {
  const auto config =
      analyse_text("http { server { location / { proxy_pass http://Later; } } upstream later { server a; } }");
  const auto& pass = *only_location(*config)->proxy_pass;
  EXPECT_EQ(pass.upstream.get(), config->find_upstream("later"));
  EXPECT_FALSE(pass.upstream->implicit);
  EXPECT_EQ(config->upstreams.size(), 1u);
}

TEST(ProxyPass, SharesTheGroupOfOneHostAndPort) {
  const auto config = analyse_text(R"(http { server { location /a { proxy_pass http://x; }
    location /b { proxy_pass http://x:80; } location /c { proxy_pass http://x:81; } } })");
  EXPECT_EQ(config->upstreams.size(), 2u);
}

TEST(ProxyPass, WithVariablesIsLeftToTheRequest) {
  const auto config = with_location("proxy_pass http://$arg_backend/x;");
  const ProxyPass& pass = *only_location(*config)->proxy_pass;
  EXPECT_TRUE(pass.has_variables);
  EXPECT_EQ(pass.upstream, nullptr);
  EXPECT_EQ(pass.url.source, "http://$arg_backend/x");
}

TEST(NextUpstream, ReplacesTheDefaultByWhatIsListed) {
  const auto listed = with_location("proxy_next_upstream http_503 non_idempotent;");
  const NextUpstream& next = *only_location(*listed)->proxy.next_upstream;
  EXPECT_FALSE(next.error);
  EXPECT_FALSE(next.timeout);
  EXPECT_TRUE(next.non_idempotent);
  for (const int status : {200, 403, 404, 429, 500, 502, 504}) EXPECT_FALSE(next.lists_status(status)) << status;
  EXPECT_TRUE(next.lists_status(503));
  const auto standard = with_location("");
  EXPECT_TRUE(only_location(*standard)->proxy.next_upstream->error);
  EXPECT_TRUE(only_location(*standard)->proxy.next_upstream->timeout);
}

TEST(ProxyRedirect, ReadsOffDefaultTextAndRegex) {
  const auto redirects = [](const std::string& text) {
    return only_location(*with_location("proxy_pass http://127.0.0.1; " + text))->proxy.redirects;
  };
  EXPECT_FALSE(redirects("").is_set) << "not set means default";
  EXPECT_TRUE(redirects("proxy_redirect off;").is_set);
  EXPECT_TRUE(redirects("proxy_redirect off;")->empty());
  EXPECT_TRUE(redirects("proxy_redirect default;")->at(0).is_default);
  EXPECT_EQ(redirects("proxy_redirect http://a/ /$host/;")->at(0).from.literal_text(), "http://a/");
  EXPECT_TRUE(redirects("proxy_redirect ~*^http://A/(.*) /$1;")->at(0).regex->regex.matches("http://a/x"));
}

TEST(ProxyBuffers, MustFitTogetherAsInNginx) {
  EXPECT_EQ(*only_location(*with_location("proxy_buffer_size 8k;"))->proxy.busy_buffers_size, 16384u);
  EXPECT_EQ(error_in_location("proxy_buffer_size 128k;"),
            "\"proxy_busy_buffers_size\" must be less than the size of all \"proxy_buffers\" minus one buffer in "
            "test.conf:1");
  EXPECT_EQ(error_in_location("proxy_buffers 1 8k;"), "there must be at least 2 \"proxy_buffers\" in test.conf:1");
}

TEST(ProxyHeaders, NamesToHideAndPassAreLowerCase) {
  const auto config = with_location("proxy_hide_header X-Powered-By; proxy_pass_header Server;");
  EXPECT_THAT(*only_location(*config)->proxy.hide_headers, testing::ElementsAre("x-powered-by"));
  EXPECT_THAT(*only_location(*config)->proxy.pass_headers, testing::ElementsAre("server"));
}

TEST(ProxyBind, TakesAddressesWithAndWithoutPort) {
  for (const std::string address : {"127.0.0.1", "127.0.0.1:1234", "::1", "[::1]:1234", "2001:db8::1", "$remote_addr"})
    EXPECT_EQ(error_in_location("proxy_bind " + address + ";"), "") << address;
  EXPECT_FALSE(only_location(*with_location("proxy_bind off;"))->proxy.bind->has_value());
}

TEST(UpstreamGroup, ReadsTheParametersOfAServer) {
  const auto config = analyse_text(R"(http { upstream u { zone z 64k; keepalive 4; keepalive_requests 9;
    server 10.0.0.1:81 weight=5 max_fails=2 fail_timeout=1m max_conns=7; server unix:/run/a.sock backup;
    server [::1] down; server app resolve; } })");
  const Upstream& upstream = *config->find_upstream("U");
  EXPECT_EQ(upstream.zone, "z");
  EXPECT_EQ(upstream.zone_size, 65536u);
  EXPECT_EQ(upstream.keepalive, 4);
  EXPECT_EQ(upstream.keepalive_requests, 9u);
  ASSERT_EQ(upstream.servers.size(), 4u);
  EXPECT_EQ(upstream.servers[0].literal->text(), "10.0.0.1:81");
  EXPECT_EQ(upstream.servers[0].weight, 5);
  EXPECT_EQ(upstream.servers[0].max_fails, 2);
  EXPECT_EQ(upstream.servers[0].fail_timeout, 60s);
  EXPECT_EQ(upstream.servers[0].max_conns, 7);
  EXPECT_TRUE(upstream.servers[1].backup);
  EXPECT_EQ(upstream.servers[1].literal->text(), "unix:/run/a.sock");
  EXPECT_TRUE(upstream.servers[2].down);
  EXPECT_EQ(upstream.servers[2].literal->text(), "[::1]:80");
  EXPECT_TRUE(upstream.servers[3].resolve);
  EXPECT_FALSE(upstream.servers[3].literal);
}

TEST(UpstreamGroup, ReadsTheBalancingMethods) {
  const auto upstream = [](const std::string& text) {
    return *analyse_text("http { upstream u { " + text + " server 10.0.0.1; server 10.0.0.2; } }")->upstreams.at(0);
  };
  EXPECT_EQ(upstream("").method, BalanceMethod::round_robin);
  EXPECT_EQ(upstream("least_conn;").method, BalanceMethod::least_conn);
  EXPECT_EQ(upstream("ip_hash;").method, BalanceMethod::ip_hash);
  EXPECT_EQ(upstream("hash $uri;").hash_key.source, "$uri");
  EXPECT_TRUE(upstream("hash $uri consistent;").consistent);
  EXPECT_EQ(upstream("random;").method, BalanceMethod::random);
  EXPECT_TRUE(upstream("random two least_conn;").random_two);
  EXPECT_EQ(error_in_http("upstream u { least_time header; server 10.0.0.1; }"),
            "directive \"least_time\" is not implemented by drishti yet in test.conf:1");
}

TEST(UpstreamGroup, OneServerCannotFailOver) {
  const auto config = analyse_text("http { upstream u { server 10.0.0.1 max_fails=3; } }");
  EXPECT_EQ(warnings_of(*config),
            "upstream \"u\" has one server: its \"max_fails\" and \"fail_timeout\" have no effect\n");
}

TEST(UpstreamGroup, UnresolvableNamesAreNoError) {
  EXPECT_EQ(error_in_http("upstream u { server no.such.host.invalid:1; server other.invalid; }"), "");
}

}  // namespace
}  // namespace drishti::conf
