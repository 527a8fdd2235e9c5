// HTTP/2 towards clients beside Debian's nginx: what is asked over one stream, and what a connection says and how it ends.
#include "tests/scenarios/differential.hpp"

namespace drishti::testing {
namespace {

const std::string listens = "server { listen 127.0.0.1:@port@ http2;\n";

TEST(DifferentialHttp2, Files) {
  const std::string date = "Sun, 06 Nov 1994 08:49:37 GMT";
  const std::string tag = "\"2ebd0ba1-25\"";
  compare_http2(listens + R"(root @www@; index index.html; default_type text/x-default;
      types { text/html html; text/plain txt; text/css css; }
      error_page 404 /errors/404.html; error_page 403 = /moved;
      location /moved { return 302 /elsewhere; }
      location /errors/ { internal; }
      location /aged/ { alias @www@/; expires 1h; add_header X-Own one; etag off; }
      location /no/ { alias @www@/noindex/; } })",
      {h2_send("GET", "/"), h2_send("GET", "/a.txt"), h2_send("HEAD", "/a.txt"), h2_send("GET", "/empty.txt"),
       h2_send("GET", "/with%20space.txt"), h2_send("GET", "/dir"), h2_send("GET", "/dir/"), h2_send("GET", "/dir?a=1"),
       h2_send("HEAD", "/dir"), h2_send("GET", "/missing"), h2_send("HEAD", "/missing"), h2_send("GET", "/errors/404.html"),
       h2_send("GET", "/no/"), h2_send("GET", "/aged/a.txt"), h2_send("GET", "/noextension"), h2_send("GET", "/style.css"),
       h2_send("GET", "/a.txt", {{"if-modified-since", date}}), h2_send("HEAD", "/a.txt", {{"if-modified-since", date}}),
       h2_send("GET", "/a.txt", {{"if-none-match", tag}}), h2_send("GET", "/a.txt", {{"if-none-match", "*"}}),
       h2_send("GET", "/a.txt", {{"if-match", "\"other\""}}), h2_send("GET", "/a.txt", {{"if-unmodified-since", "Sun, 06 Nov 1993 08:49:37 GMT"}}),
       h2_send("GET", "/a.txt", {{"range", "bytes=2-5"}}), h2_send("GET", "/a.txt", {{"range", "bytes=-3"}}),
       h2_send("HEAD", "/a.txt", {{"range", "bytes=2-5"}}), h2_send("GET", "/a.txt", {{"range", "bytes=99-"}}),
       h2_send("GET", "/a.txt", {{"range", "bytes=0-0,4-5"}}), h2_send("GET", "/a.txt", {{"range", "bytes=2-5"}, {"if-range", date}}),
       h2_send("GET", "/a.txt", {{"range", "bytes=2-5"}, {"if-range", "\"other\""}}), h2_send("POST", "/a.txt"),
       h2_post("/a.txt", "body")});
}

TEST(DifferentialHttp2, AnswersOfItsOwn) {
  compare_http2(listens + R"(
      add_header X-Always one always; server_tokens off;
      location /text { return 200 text; }
      location /400 { return 400; } location /401 { return 401; } location /403 { return 403; } location /500 { return 500; } location /503 { return 503; }
      location /to { return 301 /there?$args; }
      location /abs { return 302 https://other.test/$arg_x; }
      location /none { return 204; }
      location /typed { default_type application/json; return 200 '{}'; }
      location /variables { return 200 '$server_protocol|$http2|$scheme|$host|$http_host|$request_method|$request_uri|$args|$http_cookie|$request|$content_length|$content_type'; }
      location /limited { client_max_body_size 10; proxy_pass http://@echo@; } })",
      {h2_send("GET", "/text"), h2_send("HEAD", "/text"), h2_send("POST", "/text"), h2_post("/text", "unread"),
       h2_send("GET", "/to?a=b"), h2_send("GET", "/abs?x=y"), h2_send("GET", "/none"), h2_send("HEAD", "/none"), h2_send("GET", "/typed"),
       h2_send("GET", "/400"), h2_send("GET", "/401"), h2_send("GET", "/403"), h2_send("GET", "/500"),
       h2_send("GET", "/503"), h2_send("HEAD", "/503"),
       h2_send("GET", "/variables?a=1", {{"cookie", "a=1"}, {"cookie", "b=2"}}), h2_send("GET", "/variables", {{"content-type", "x/y"}}),
       h2_post("/variables", "abcde", {{"content-length", "5"}}), h2_send("DELETE", "/variables"), h2_send("OPTIONS", "/variables"),
       h2_post("/limited", "abcdefghijk"), h2_post("/limited", "abcdefghijk", {{"content-length", "11"}}), h2_post("/limited", "abcdefghij")});
}

TEST(DifferentialHttp2, WhatAnUpstreamGets) {
  const std::string large(20'000, 'x');
  compare_http2("log_format h2 '$request|$status|$server_protocol|$http2|$body_bytes_sent|$content_length|$http_host|$connection_requests';\n" + listens + R"(client_body_buffer_size 8k; large_client_header_buffers 4 8k;
      access_log @dir@/h2.log h2;
      location / { proxy_pass http://@echo@; proxy_set_header X-Protocol $server_protocol; }
      location /streamed { proxy_pass http://@echo@; proxy_request_buffering off; } })",
      {h2_send("GET", "/"), h2_send("HEAD", "/"), h2_send("GET", "/a%20b?c=d%2f"), h2_send("GET", "//a/../b/./c"),
       h2_send("GET", "/", {{"cookie", "a=1"}, {"cookie", "b=2"}, {"x-own", "1"}, {"x-own", "2"}}),
       h2_send("GET", "/", {{"te", "trailers"}}), h2_send("GET", "/", {{"accept-encoding", "gzip"}, {"user-agent", "x"}}),
       h2_send("GET", "/", {{"x_underscore", "1"}}), h2_send("GET", "/", {{"x-large", std::string(7000, 'x')}}),
       h2_send("POST", "/"), h2_post("/", "body"), h2_post("/", "body", {{"content-length", "4"}}), h2_post("/", ""),
       h2_post("/", "", {{"content-length", "0"}}), h2_post("/", large), h2_post("/", large, {{"content-length", "20000"}}),
       h2_post("/streamed", "body", {{"content-length", "4"}}), h2_post("/streamed", large, {{"content-length", "20000"}}),
       h2_send("PUT", "/"), h2_send("DELETE", "/"), h2_send("PATCH", "/")},
      "h2.log");
}

TEST(DifferentialHttp2, WhatAnUpstreamAnswers) {
  const auto answered = [](const std::string& fields, const std::string& body = "body") {
    return h2_answered("/", "HTTP/1.1 " + fields + "\r\n\r\n" + body);
  };
  compare_http2(listens + R"(location / { proxy_pass http://@echo@; proxy_redirect http://upstream.test/ /mapped/; }
      location /intercepted { proxy_pass http://@echo@; proxy_intercept_errors on; error_page 500 502 = /page; }
      location /page { return 200 page; }
      location /hidden { proxy_pass http://@echo@; proxy_hide_header X-Own; proxy_pass_header Date; } })",
      {answered("200 OK\r\nContent-Length: 4"), answered("200 OK\r\nConnection: close"),
       answered("200 OK\r\nTransfer-Encoding: chunked", "4\r\nbody\r\n0\r\n\r\n"),
       answered("204 No Content", ""), answered("304 Not Modified\r\nETag: \"x\"", ""), answered("404 Not Here\r\nContent-Length: 4"),
       answered("500 Oops\r\nContent-Length: 4"), answered("302 Found\r\nLocation: http://upstream.test/x\r\nContent-Length: 0", ""),
       answered("200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 4"),
       answered("200 OK\r\nX-UPPER: Value\r\nContent-Length: 4"), answered("200 OK\r\nX-Empty:\r\nContent-Length: 4"),
       answered("200 OK\r\nKeep-Alive: timeout=5\r\nConnection: keep-alive\r\nContent-Length: 4"),
       answered("200 OK\r\nServer: theirs\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 4"),
       h2_answered("/intercepted", "HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\nbody"),
       h2_answered("/hidden", "HTTP/1.1 200 OK\r\nX-Own: 1\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 4\r\n\r\nbody"),
       answered("200 OK\r\nContent-Length: 9")});
}

using Field = std::pair<std::string, std::string>;
const Field get{":method", "GET"}, http{":scheme", "http"}, root{":path", "/"}, name{":authority", "a.test"};

/// A GET of / with one field more.
Http2Exchange with(const std::string& field, const std::string& value) { return {{get, http, root, name, {field, value}}}; }

Http2Exchange malformed(Http2Exchange exchange) {
  return deviates(std::move(exchange), "RFC 9113 8.1.1: a malformed request is a stream error", "[reset 1]");
}
Http2Exchange answered_400(Http2Exchange exchange) {
  return deviates(std::move(exchange), "a field that HTTP/1 refuses is answered as there, not reset", "HTTP/2 400");
}

const std::string echoes = listens + "large_client_header_buffers 4 1k;\n"
                                      "location / { return 200 '$host|$request'; }\nlocation /up { proxy_pass http://@echo@; } }";

TEST(DifferentialHttp2, PseudoFieldsAgainstTheRules) {
  compare_http2(echoes,
      {{{get, http, root, {"host", "h.test"}}}, {{get, http, root, name, {"host", "other.test"}}},
       malformed({{get, http, root}}), malformed({{http, root, name}}), malformed({{get, root, name}}), malformed({{get, http, name}}),
       malformed({{get, http, {":path", ""}, name}}), malformed({{get, http, {":path", "nothing"}, name}}),
       malformed({{get, http, {":path", "*"}, name}}), malformed({{get, get, http, root, name}}),
       malformed({{get, http, root, name, {"x", "1"}, get}}), malformed({{get, http, root, name, {":unknown", "1"}}}),
       malformed({{{":method", ""}, http, root, name}}), malformed({{{":method", "GE T"}, http, root, name}}),
       malformed({{get, http, root, {":authority", ""}}}), malformed({{get, http, root, {":authority", "a b"}}}),
       deviates(Http2Exchange{{get, http, root, name, {"host", "a.test"}}}, "Host may be there if it says the same (RFC 9113 8.3.1)", "HTTP/2 200"),
       deviates(Http2Exchange{{get, {":scheme", "gopher"}, root, name}}, "another scheme than http and https", "HTTP/2 400"),
       deviates(Http2Exchange{{{":method", "OPTIONS"}, http, {":path", "*"}, name}}, "as over HTTP/1", "OPTIONS *"),
       deviates(Http2Exchange{{{":method", "get"}, http, root, name}}, "a method in lower case, as over HTTP/1", "get /"),
       deviates(Http2Exchange{{{":method", "CONNECT"}, name}}, "as over HTTP/1", "HTTP/2 405"),
       deviates(Http2Exchange{{get, http, {":path", "/" + std::string(3000, 'x')}, name}}, "only the stream is answered", "HTTP/2 414")});
}

TEST(DifferentialHttp2, FieldsAgainstTheRules) {
  compare_http2(echoes,
      {malformed(with("connection", "close")), malformed(with("transfer-encoding", "chunked")), malformed(with("te", "gzip")),
       malformed(with("content-length", "5")), malformed(with("content-length", "x")), answered_400(with("x", "a\nb")),
       answered_400(with("x", std::string("a\0b", 3))), answered_400(with("x y", "1")), answered_400(with("", "1")),
       with("X-Upper", "1"), malformed(h2_post("/up", "12345", {{"content-length", "4"}})), malformed(h2_post("/up", "12345", {{"content-length", "6"}})),
       deviates(with("x", std::string(3000, 'x')), "only the stream is answered", "HTTP/2 400")});
}

TEST(DifferentialHttp2, AConnectionEndsAfterItsRequests) {
  if (!Duel::possible()) GTEST_SKIP() << "nginx is not installed";
  Duel duel("http2_max_concurrent_streams 7; keepalive_requests 3;\n" + listens + "return 200 x; }");
  for (ProxyUnderTest* side : {&duel.nginx(), &duel.ours()}) {
    Http2Client client(side->port());
    EXPECT_TRUE(client.ping());
    EXPECT_EQ(client.setting(3), 7U) << "SETTINGS_MAX_CONCURRENT_STREAMS";
    for (int i = 0; i < 3; ++i) EXPECT_EQ(client.wait(client.request("/")).status, 200);
    EXPECT_EQ(client.wait_for_goaway(), std::optional<std::uint32_t>(h2::no_error));
    EXPECT_TRUE(client.wait_for_close());
    EXPECT_EQ(client.goaway_last_stream(), 5U);
  }
}

/// docs/DIFFERENCES.md: who keeps to what was announced sees no difference.
TEST(DifferentialHttp2, AStreamBeyondWhatWasAnnouncedIsRefused) {
  if (!Duel::possible()) GTEST_SKIP() << "nginx is not installed";
  Duel duel("http2_max_concurrent_streams 2;\n" + listens + "location / { proxy_pass http://@echo@; } }");
  const auto beyond = [](Http2Client& client) {
    EXPECT_TRUE(client.ping());
    for (int i = 0; i < 2; ++i) client.request("/", {}, "POST", false);
    return client.request("/");
  };
  Http2Client theirs(duel.nginx().port()), ours(duel.ours().port());
  EXPECT_EQ(theirs.wait(beyond(theirs)).reset, std::optional<std::uint32_t>(h2::refused_stream));
  beyond(ours);
  EXPECT_EQ(ours.wait_for_goaway(), std::optional<std::uint32_t>(h2::protocol_error));
}

}  // namespace
}  // namespace drishti::testing
