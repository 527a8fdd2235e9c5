// The everyday shapes of heads and bodies; the hostile ones are in request_rules_test.cpp and response_rules_test.cpp.

#include <gtest/gtest.h>

#include "http/body_decoder.hpp"
#include "http/date.hpp"
#include "http/head_parser.hpp"
#include "http/uri.hpp"

namespace drishti::http {
namespace {

TEST(RequestParser, ReadsABrowsersGet) {
  constexpr std::string_view text =
      "GET /a/b?c=d HTTP/1.1\r\nHost: Example.org:8080\r\nUser-Agent:  x y \t\r\nX-Unknown: 1\r\n\r\nrest";
  RequestHead head;
  RequestParser parser;
  parser.start({}, head);
  ASSERT_EQ(parser.parse(text), ParseState::done);
  EXPECT_EQ(parser.head_size(), text.size() - 4);
  EXPECT_EQ(head.method, Method::get);
  EXPECT_EQ(head.request_line, "GET /a/b?c=d HTTP/1.1");
  EXPECT_EQ(head.target, "/a/b?c=d");
  EXPECT_EQ(head.host, "Example.org");
  EXPECT_EQ(head.host_port, "8080");
  EXPECT_EQ(head.fields.get(FieldId::user_agent), "x y");
  EXPECT_EQ(head.fields.find("x-unknown")->value, "1");
  EXPECT_EQ(head.body.kind, BodyKind::none);
  EXPECT_TRUE(head.keep_alive);
}

TEST(RequestParser, ReadsAPostWithALength) {
  RequestHead head;
  RequestParser parser;
  parser.start({}, head);
  ASSERT_EQ(parser.parse("POST / HTTP/1.0\r\nContent-Length: 010\r\nConnection: foo, Keep-Alive\r\n\r\n"),
            ParseState::done);
  EXPECT_EQ(head.version, 10);
  EXPECT_EQ(head.body.kind, BodyKind::length);
  EXPECT_EQ(head.body.length, 10u);
  EXPECT_TRUE(head.keep_alive);
}

TEST(ResponseParser, ReadsAChunkedAnswer) {
  ResponseHead head;
  ResponseParser parser;
  parser.start({}, Method::get, head);
  ASSERT_EQ(parser.parse("HTTP/1.1 200 OK fine\r\nTransfer-Encoding: Chunked\r\nKeep-Alive: max=3, timeout=5\r\n\r\n"),
            ParseState::done);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.reason, "OK fine");
  EXPECT_EQ(head.body.kind, BodyKind::chunked);
  EXPECT_EQ(head.keep_alive_timeout_seconds, 5u);
  EXPECT_TRUE(head.keep_alive);
}

TEST(BodyDecoder, YieldsTheDataOfChunks) {
  std::string_view input = "5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\nnext";
  BodyDecoder decoder;
  decoder.start({BodyKind::chunked, 0});
  std::string data;
  while (!input.empty()) {
    const BodyDecoder::Step step = decoder.decode(input);
    if (step.consumed == 0) break;
    data += step.data;
    input.remove_prefix(step.consumed);
  }
  EXPECT_TRUE(decoder.done());
  EXPECT_EQ(data, "hello world");
  EXPECT_EQ(input, "next");
}

TEST(Target, IsNormalisedOnce) {
  char scratch[64];
  NormalizedTarget out;
  ASSERT_EQ(normalize_target("/a/./b/../%63//d?x=%2e", true, scratch, out), UriError::none);
  EXPECT_EQ(out.path, "/a/c/d");
  EXPECT_EQ(out.args, "x=%2e");
  EXPECT_FALSE(out.is_plain);
}

TEST(HttpDate, IsReadAndWritten) {
  EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
}

}  // namespace
}  // namespace drishti::http
