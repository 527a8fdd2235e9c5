#include "filters/response_headers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "context/variables.hpp"
#include "filters/error_pages.hpp"
#include "tests/support/context_builder.hpp"

namespace drishti::filters {
namespace {

using tests::TestRequest;

constexpr std::string_view date = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr ClientFraming keep_alive{.keep_alive = true};

std::string head_of(TestRequest& request, const ClientFraming& framing = keep_alive) {
  std::string out;
  apply_add_headers(request.context);
  write_response_head(framing, date, request.context, out);
  return out;
}

void add(TestRequest& request, std::string_view name, std::string_view value) {
  request.context.response.fields.add({name, value, http::field_id(name)});
}

TEST(ResponseHead, HasTheOrderOfNginx) {
  TestRequest request("location / { return 200; }");
  request.context.response.status = 200;
  add(request, "X-First", "1");
  add(request, "Content-Type", "text/plain");
  request.context.response.content_length = 3;
  EXPECT_EQ(head_of(request),
            "HTTP/1.1 200 OK\r\nServer: drishti/0.1.0\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Content-Type: text/plain\r\nContent-Length: 3\r\nX-First: 1\r\n\r\n");
}

TEST(ResponseHead, SaysHowTheConnectionGoesOn) {
  struct {
    ClientFraming framing;
    const char* server;
    const char* expected;
  } cases[] = {
      {{.keep_alive = true}, "", "Content-Length: 3\r\n\r\n"},
      {{.keep_alive = false}, "", "Content-Length: 3\r\nConnection: close\r\n\r\n"},
      {{.keep_alive = true, .http10_keep_alive = true}, "", "Content-Length: 3\r\nConnection: keep-alive\r\n\r\n"},
      {{.chunked = true, .keep_alive = true}, "", "Transfer-Encoding: chunked\r\n\r\n"},
      {{.keep_alive = true}, "keepalive_timeout 60s 20s;",
       "Content-Length: 3\r\nConnection: keep-alive\r\nKeep-Alive: timeout=20\r\n\r\n"},
      {{.keep_alive = false}, "keepalive_timeout 60s 20s;", "Content-Length: 3\r\nConnection: close\r\n\r\n"},
  };
  for (const auto& c : cases) {
    TestRequest request("server_tokens off; location / { return 200; } " + std::string(c.server));
    request.context.response.status = 200;
    request.context.response.content_length = 3;
    EXPECT_EQ(head_of(request, c.framing),
              "HTTP/1.1 200 OK\r\nServer: drishti\r\nDate: " + std::string(date) + "\r\n" + c.expected);
  }
}

TEST(ResponseHead, OfA101SwitchesAndHasNoLength) {
  TestRequest request("");
  request.context.response.status = 101;
  request.context.response.content_length = 0;
  add(request, "Upgrade", "websocket");
  EXPECT_EQ(head_of(request, {.upgrade = true}),
            "HTTP/1.1 101 Switching Protocols\r\nServer: drishti/0.1.0\r\nDate: " + std::string(date) +
                "\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
}

TEST(ResponseHead, OfA204HasNeitherTypeNorLength) {
  TestRequest request("");
  request.context.response.status = 204;
  request.context.response.content_length = 0;
  add(request, "Content-Type", "text/plain");
  EXPECT_THAT(head_of(request), testing::Not(testing::HasSubstr("Content-")));
}

TEST(ResponseHead, KeepsTheUpstreamsReasonServerAndDate) {
  TestRequest request("");
  request.context.response.status = 200;
  request.context.response.reason = "Fine";
  request.context.response.upstream_server = "up";
  request.context.response.upstream_date = "then";
  EXPECT_EQ(head_of(request), "HTTP/1.1 200 Fine\r\nServer: up\r\nDate: then\r\n\r\n");
}

TEST(ResponseHead, FieldsCannotChangeTheFraming) {
  TestRequest request(
      "location / { return 200; add_header Content-Length 99; add_header Transfer-Encoding chunked; "
      "add_header Connection close; add_header Keep-Alive x; }");
  request.context.response.status = 200;
  request.context.response.content_length = 3;
  EXPECT_EQ(head_of(request), "HTTP/1.1 200 OK\r\nServer: drishti/0.1.0\r\nDate: " + std::string(date) +
                                  "\r\nContent-Length: 3\r\n\r\n");
}

TEST(ResponseHead, TellsVariablesWhatItWrote) {
  TestRequest request("set $probe \"$sent_http_connection $sent_http_transfer_encoding\";");
  request.context.response.status = 200;
  head_of(request, {.chunked = true});
  const auto& set = std::get<conf::SetOp>(request.context.server->root->rewrite[0].op);
  EXPECT_EQ(context::evaluate(set.value, request.context), "close chunked");
}

TEST(AddHeader, AppliesToNginxsStatusesUnlessAlways) {
  TestRequest request("location / { add_header X-Some 1; add_header X-All 2 always; return 200; }");
  const int with_all[] = {200, 201, 204, 206, 301, 302, 303, 304, 307, 308};
  for (const int status : {200, 201, 202, 204, 206, 300, 301, 302, 303, 304, 305, 307, 308, 400, 404, 500, 502}) {
    request.get("/");
    request.context.response.status = status;
    apply_add_headers(request.context);
    const bool expected = std::find(std::begin(with_all), std::end(with_all), status) != std::end(with_all);
    EXPECT_EQ(request.context.response.fields.find("X-Some") != nullptr, expected) << status;
    EXPECT_NE(request.context.response.fields.find("X-All"), nullptr) << status;
  }
}

TEST(AddHeader, OfTheUsersFileYieldsASecondContentType) {
  TestRequest request("location / { return 200 \"healthy\\n\"; add_header Content-Type text/plain; }");
  local_response(200, {}, "healthy\n", request.context);
  EXPECT_THAT(head_of(request), testing::EndsWith("Content-Type: text/plain\r\nContent-Length: 8\r\n"
                                                  "Content-Type: text/plain\r\n\r\n"));
}

TEST(AddHeader, EmptyValuesAddNothing) {
  TestRequest request("location / { add_header X-Arg $arg_x; return 200; }");
  request.context.response.status = 200;
  apply_add_headers(request.context);
  EXPECT_EQ(request.context.response.fields.size(), 0u);
}

TEST(AddHeader, ReplacesEtagAndLastModified) {
  TestRequest request("location / { add_header ETag '\"new\"'; add_header Last-Modified ''; return 200; }");
  request.context.response.status = 200;
  add(request, "ETag", "\"old\"");
  add(request, "Last-Modified", "then");
  EXPECT_EQ(head_of(request), "HTTP/1.1 200 OK\r\nServer: drishti/0.1.0\r\nDate: " + std::string(date) +
                                  "\r\nETag: \"new\"\r\n\r\n");
}

// Threat P10.
TEST(AddHeader, WithALineEndIsLeftOut) {
  TestRequest request("location / { add_header X-Path $uri; return 200; }");
  request.context.uri = "/a\r\nX-Evil: 1";
  request.context.response.status = 200;
  add(request, "X-Own", "a\nb");
  EXPECT_EQ(head_of(request), "HTTP/1.1 200 OK\r\nServer: drishti/0.1.0\r\nDate: " + std::string(date) + "\r\n\r\n");
}

}  // namespace
}  // namespace drishti::filters
