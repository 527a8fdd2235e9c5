// What a response head of an upstream may not look like, and where its body ends. Ids as in the threat catalogue.

#include <gtest/gtest.h>

#include "tests/support/http_heads.hpp"

namespace drishti::http::testing {
namespace {

struct Case {
  const char* name;
  std::string input;
  Reject expected = Reject::none;
};

std::string ok(std::string_view lines) { return "HTTP/1.1 200 OK\r\n" + std::string(lines) + "\r\n"; }
std::string status(std::string_view line) { return std::string(line) + "\r\n\r\n"; }

using namespace std::string_literals;

const Case cases[] = {
    {"R02 length and chunked", ok("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), Reject::length_and_chunked},
    {"R03 lengths that differ", ok("Content-Length: 5\r\nContent-Length: 6\r\n"), Reject::duplicate_content_length},
    {"R03 negative length", ok("Content-Length: -1\r\n"), Reject::bad_content_length},
    {"R03 length overflow", ok("Content-Length: 18446744073709551617\r\n"), Reject::bad_content_length},
    {"R04 unknown coding", ok("Transfer-Encoding: x\r\n"), Reject::unknown_transfer_encoding},
    {"R04 chunked not last", ok("Transfer-Encoding: chunked, gzip\r\n"), Reject::unknown_transfer_encoding},
    {"R04 chunked twice", ok("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
     Reject::unknown_transfer_encoding},
    {"R04 chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
     Reject::transfer_encoding_in_http10},
    {"R05 NUL in a value", ok("X: a\0b\r\n"s), Reject::bad_field_value},
    {"R05 bare CR in a value", ok("Location: a\rb\r\n"), Reject::bare_cr},
    {"R05 bare LF in a value", ok("Location: a\nSet-Cookie: b\r\n"), Reject::bare_lf},
    {"R05 NUL in the reason", "HTTP/1.1 200 O\0K\r\n\r\n"s, Reject::bad_status_line},
    {"R05 bare CR in the reason", "HTTP/1.1 200 O\rK\r\n\r\n", Reject::bare_cr},
    {"R05 folded value", ok("X: a\r\n b\r\n"), Reject::obsolete_fold},
    {"R05 space before the colon", ok("X : a\r\n"), Reject::bad_field_name},
    {"R05 no colon", ok("X\r\n"), Reject::missing_colon},
    {"R06 head over the limit", ok("X: " + std::string(33000, 'x') + "\r\n"), Reject::head_too_large},
    {"R06 a line of 20 KiB", ok("Set-Cookie: " + std::string(20000, 'x') + "\r\n")},
    {"R09 two digits", status("HTTP/1.1 99"), Reject::bad_status_line},
    {"R09 four digits", status("HTTP/1.1 1000 X"), Reject::bad_status_line},
    {"R09 letters", status("HTTP/1.1 abc"), Reject::bad_status_line},
    {"R09 099", status("HTTP/1.1 099 X"), Reject::bad_status_line},
    {"R09 600", status("HTTP/1.1 600 X"), Reject::bad_status_line},
    {"R09 no reason, with space", status("HTTP/1.1 200 ")},
    {"R09 no reason, no space", status("HTTP/1.1 200")},
    {"R09 tab for the space", status("HTTP/1.1\t200 OK"), Reject::bad_status_line},
    {"R09 HTTP/2.0", status("HTTP/2.0 200 OK"), Reject::bad_status_line},
    {"R09 ICY", status("ICY 200 OK"), Reject::bad_status_line},
    {"R10 HTTP/0.9 body", "<html>hello</html>", Reject::bad_status_line},
    {"R10 SSH banner", "SSH-2.0-x\r\n", Reject::bad_status_line},
    {"R10 TLS alert", "\x15\x03\x01\x00\x02\x02\x46"s, Reject::bad_status_line},
    {"R10 empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n", Reject::bad_status_line},
};

TEST(ResponseRules, RefuseWhatHasNoSingleMeaning) {
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    const Outcome whole = parse_response(test.input);
    EXPECT_EQ(reject_name(whole.reject), reject_name(test.expected));
    EXPECT_EQ(whole.state, test.expected == Reject::none ? ParseState::done : ParseState::rejected);
    const auto bytewise = parse_split<ResponseParser, ResponseHead>(test.input, [] { return 1; });
    EXPECT_EQ(bytewise.reject, whole.reject);
    EXPECT_EQ(bytewise.text, whole.text);
  }
}

struct Parsed {
  explicit Parsed(std::string text, Method method = Method::get) : input(std::move(text)) {
    parser.start({}, method, head);
    state = parser.parse(input);
  }
  std::string input;
  ResponseHead head;
  ResponseParser parser;
  ParseState state;
};

TEST(ResponseRules, R01SomeResponsesHaveNoBodyWhateverTheySay) {
  EXPECT_EQ(Parsed(ok("Content-Length: 5\r\n"), Method::head).head.body.kind, BodyKind::none);
  EXPECT_EQ(Parsed(ok("Transfer-Encoding: chunked\r\n"), Method::head).head.body.kind, BodyKind::none);
  for (const char* line : {"HTTP/1.1 100 C", "HTTP/1.1 103 E", "HTTP/1.1 204 N", "HTTP/1.1 304 N"}) {
    SCOPED_TRACE(line);
    const Parsed parsed(std::string(line) + "\r\nContent-Length: 5\r\n\r\nabcde");
    EXPECT_EQ(parsed.state, ParseState::done);
    EXPECT_EQ(parsed.head.body.kind, BodyKind::none);
    EXPECT_EQ(parsed.parser.head_size(), parsed.input.size() - 5);
  }
}

TEST(ResponseRules, WithoutFramingTheBodyEndsWithTheConnection) {
  const Parsed parsed(ok("Connection: keep-alive\r\n"));
  EXPECT_EQ(parsed.head.body.kind, BodyKind::until_close);
  EXPECT_FALSE(parsed.head.keep_alive);
}

TEST(ResponseRules, R22ConnectionDecidesAboutReuse) {
  EXPECT_TRUE(Parsed(ok("Content-Length: 0\r\n")).head.keep_alive);
  EXPECT_FALSE(Parsed(ok("Content-Length: 0\r\nConnection: Close\r\n")).head.keep_alive);
  EXPECT_FALSE(Parsed("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").head.keep_alive);
  EXPECT_TRUE(Parsed("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n").head.keep_alive);
  EXPECT_FALSE(Parsed("HTTP/1.1 101 S\r\n\r\n").head.keep_alive);
}

TEST(ResponseRules, U19KeepAliveTellsTheTimeout) {
  const auto timeout_of = [](std::string value) {
    return Parsed(ok("Content-Length: 0\r\nKeep-Alive: " + value + "\r\n")).head.keep_alive_timeout_seconds;
  };
  EXPECT_EQ(timeout_of("timeout=5, max=100"), 5u);
  EXPECT_EQ(timeout_of("max=100,Timeout=7"), 7u);
  EXPECT_EQ(timeout_of("timeout=x"), 0u);
  EXPECT_EQ(timeout_of("timeout=99999999999"), UINT32_MAX);
  EXPECT_EQ(timeout_of(""), 0u);
}

TEST(ResponseRules, AnyTokenIsAFieldName) { EXPECT_EQ(Parsed(ok("X_Y: 1\r\nX.Y: 2\r\n")).head.fields.size(), 2u); }

TEST(ResponseRules, AFieldCountLimitHolds) {
  HeadLimits limits;
  limits.fields = 3;
  EXPECT_EQ(parse_response(ok("A: 1\r\nB: 2\r\nC: 3\r\n"), Method::get, limits).state, ParseState::done);
  EXPECT_EQ(parse_response(ok("A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n"), Method::get, limits).reject,
            Reject::too_many_fields);
}

}  // namespace
}  // namespace drishti::http::testing
