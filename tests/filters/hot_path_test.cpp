// The request of the user's file: what the filters do for it must not touch the heap once the first requests are over.

#include <gtest/gtest.h>

#include "context/time_text.hpp"
#include "context/variables.hpp"
#include "filters/proxy_request.hpp"
#include "filters/proxy_response.hpp"
#include "filters/response_headers.hpp"
#include "tests/support/allocation_counter.hpp"
#include "tests/support/context_builder.hpp"

namespace drishti::filters {
namespace {

constexpr const char* users_location = R"(location / {
  proxy_pass http://api_servers;
  proxy_set_header Host $host;
  proxy_set_header X-Real-IP $remote_addr;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme;
  access_log /dev/null combined; })";

constexpr const char* client_head =
    "GET /api/items?page=2 HTTP/1.1\r\nHost: api.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/1\r\n"
    "Accept: application/json\r\nAccept-Encoding: gzip, deflate\r\nReferer: https://example.com/list\r\n"
    "Connection: keep-alive\r\nX-Forwarded-For: 198.51.100.7\r\nCookie: session=0123456789abcdef\r\n\r\n";

constexpr const char* upstream_head =
    "HTTP/1.1 200 OK\r\nX-Powered-By: Express\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 1024\r\n"
    "ETag: W/\"400-abc\"\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n"
    "Set-Cookie: a=1; Path=/\r\n\r\n";

/// The buffers that a connection keeps.
struct Buffers {
  std::string to_upstream, to_client, log;
};

void one_request(context::RequestContext& context, const http::ResponseHead& answer, Buffers& buffers) {
  write_upstream_head(context.head.target, {}, context, buffers.to_upstream);
  take_upstream_head(answer, context);
  apply_add_headers(context);
  buffers.to_client.clear();
  write_response_head({.keep_alive = true}, context::time_text(context.clock->wall_ms()).date, context, buffers.to_client);
  buffers.log.clear();
  context::append_log_line(*context.location->core.access_logs->front().format, context, buffers.log);
}

TEST(HotPath, AllocatesNothingInSteadyState) {
  tests::TestRequest request(users_location, "upstream api_servers { server 127.0.0.1:1; }");
  const std::string raw = upstream_head;
  http::ResponseParser parser;
  http::ResponseHead answer;
  parser.start({}, http::Method::get, answer);
  ASSERT_EQ(parser.parse(raw), http::ParseState::done);
  Buffers buffers;
  request.send(client_head);
  one_request(request.context, answer, buffers);
  request.send(client_head);
  const std::size_t before = tests::allocation_count();
  one_request(request.context, answer, buffers);
  EXPECT_EQ(tests::allocation_count() - before, 0u);
  EXPECT_GT(before, 0u);  // the counter counts
  EXPECT_NE(buffers.to_upstream.find("X-Forwarded-For: 198.51.100.7, 192.0.2.1\r\n"), std::string::npos);
}

}  // namespace
}  // namespace drishti::filters
