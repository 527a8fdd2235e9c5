// What a request head may not look like. The ids are those of the threat catalogue.

#include <gtest/gtest.h>

#include "tests/support/http_heads.hpp"

namespace drishti::http::testing {
namespace {

struct Case {
  const char* name;
  std::string input;
  Reject expected = Reject::none;
};

std::string operator*(int times, std::string_view text) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

/// A POST with these field lines.
std::string post(std::string_view lines) { return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n"; }
std::string get(std::string_view target) { return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n"; }
std::string with_host(std::string_view host) { return "GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n"; }
std::string with_version(std::string_view version) { return "GET / " + std::string(version) + "\r\nHost: a\r\n\r\n"; }

using namespace std::string_literals;

const Case framing_cases[] = {
    {"S01 length, then chunked", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
     Reject::length_and_chunked},
    {"S01 chunked, then length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
     Reject::length_and_chunked},
    {"S01 zero length with chunked", post("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"),
     Reject::length_and_chunked},
    {"S01 unknown coding with a length", post("Transfer-Encoding: x\r\nContent-Length: 5\r\n"),
     Reject::length_and_chunked},
    {"S02 both and Connection: close", post("Connection: close\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
     Reject::length_and_chunked},
    {"S03 xchunked", post("Transfer-Encoding: xchunked\r\n"), Reject::unknown_transfer_encoding},
    {"S03 identity", post("Transfer-Encoding: identity\r\n"), Reject::unknown_transfer_encoding},
    {"S03 gzip", post("Transfer-Encoding: gzip\r\n"), Reject::unknown_transfer_encoding},
    {"S04 chunked not last", post("Transfer-Encoding: chunked, identity\r\n"), Reject::bad_transfer_encoding},
    {"S04 chunked, gzip", post("Transfer-Encoding: chunked, gzip\r\n"), Reject::bad_transfer_encoding},
    {"S04 list without chunked", post("Transfer-Encoding: gzip, deflate\r\n"), Reject::bad_transfer_encoding},
    {"S05 gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n"), Reject::unknown_transfer_encoding},
    {"S06 two fields chunked", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
     Reject::bad_transfer_encoding},
    {"S06 identity and chunked in two fields", post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"),
     Reject::bad_transfer_encoding},
    {"S07 chunked twice", post("Transfer-Encoding: chunked, chunked\r\n"), Reject::bad_transfer_encoding},
    {"S08 comma first", post("Transfer-Encoding: ,chunked\r\n"), Reject::bad_transfer_encoding},
    {"S08 comma last", post("Transfer-Encoding: chunked,\r\n"), Reject::bad_transfer_encoding},
    {"S08 empty", post("Transfer-Encoding:\r\n"), Reject::bad_transfer_encoding},
    {"S08 parameter", post("Transfer-Encoding: chunked;a=b\r\n"), Reject::bad_transfer_encoding},
    {"S09 tabs and odd case", post("Transfer-Encoding:\t cHUNKED \t\r\n")},
    {"S09 vertical tab", post("Transfer-Encoding: \vchunked\r\n"), Reject::bad_field_value},
    {"S09 form feed", post("Transfer-Encoding: chunked\f\r\n"), Reject::bad_field_value},
    {"S09 NUL", post("Transfer-Encoding: chunked\0\r\n"s), Reject::bad_field_value},
    {"S09 0xA0",
     post("Transfer-Encoding: \xa0"
          "chunked\r\n"),
     Reject::bad_transfer_encoding},
    {"S09 0x85", post("Transfer-Encoding: chunked\x85\r\n"), Reject::bad_transfer_encoding},
    {"S09 quotes", post("Transfer-Encoding: \"chunked\"\r\n"), Reject::bad_transfer_encoding},
    {"S10 space before the colon", post("Transfer-Encoding : chunked\r\n"), Reject::bad_field_name},
    {"S10 tab before the colon", post("Transfer-Encoding\t: chunked\r\n"), Reject::bad_field_name},
    {"S12 folded coding", post("Transfer-Encoding:\r\n chunked\r\n"), Reject::obsolete_fold},
    {"S13 chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
     Reject::transfer_encoding_in_http10},
    {"S15 two lengths that differ", post("Content-Length: 5\r\nContent-Length: 6\r\n"),
     Reject::duplicate_content_length},
    {"S16 two lengths alike", post("Content-Length: 5\r\ncontent-length: 5\r\n"), Reject::duplicate_content_length},
    {"S16 list of lengths", post("Content-Length: 5, 5\r\n"), Reject::bad_content_length},
    {"S17 empty length", post("Content-Length:\r\n"), Reject::bad_content_length},
    {"S17 empty length and another", post("Content-Length: \r\nContent-Length: 5\r\n"),
     Reject::duplicate_content_length},
    {"S18 plus", post("Content-Length: +5\r\n"), Reject::bad_content_length},
    {"S18 minus", post("Content-Length: -5\r\n"), Reject::bad_content_length},
    {"S18 underscore", post("Content-Length: 5_0\r\n"), Reject::bad_content_length},
    {"S18 hexadecimal", post("Content-Length: 0x5\r\n"), Reject::bad_content_length},
    {"S18 space inside", post("Content-Length: 5 5\r\n"), Reject::bad_content_length},
    {"S18 comma behind", post("Content-Length: 5,\r\n"), Reject::bad_content_length},
    {"S18 parameter", post("Content-Length: 5;a\r\n"), Reject::bad_content_length},
    {"S18 fraction", post("Content-Length: 5.0\r\n"), Reject::bad_content_length},
    {"S18 exponent", post("Content-Length: 1e1\r\n"), Reject::bad_content_length},
    {"S19 forty leading zeros", post("Content-Length: " + 40 * "0"s + "5\r\n")},
    {"S19 a thousand leading zeros", post("Content-Length: " + 1000 * "0"s + "5\r\n"), Reject::bad_content_length},
    {"S20 2^64", post("Content-Length: 18446744073709551616\r\n"), Reject::bad_content_length},
    {"S20 2^64+5", post("Content-Length: 18446744073709551621\r\n"), Reject::bad_content_length},
    {"S20 2^63", post("Content-Length: 9223372036854775808\r\n"), Reject::bad_content_length},
    {"S20 2^63-1", post("Content-Length: 9223372036854775807\r\n")},
    {"S32 GET with a body", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"},
    {"S35 unknown expectation", post("Expect: 200-ok\r\n"), Reject::unknown_expectation},
    {"S35 twice", post("Expect: 100-continue\r\nExpect: 100-continue\r\n"), Reject::unknown_expectation},
    {"S35 obfuscated", post("Expect: y 100-continue\r\n"), Reject::unknown_expectation},
    {"S35 list", post("Expect: 100-continue, 100-continue\r\n"), Reject::unknown_expectation},
    {"S39 CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", Reject::method_not_allowed},
    {"S39 CONNECT with a path", "CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", Reject::method_not_allowed},
    {"S41 one empty line", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"S41 two empty lines", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", Reject::bad_request_line},
    {"S41 65535 empty lines", 65535 * "\r\n"s, Reject::bad_request_line},
    {"S41 empty line with bare LF", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", Reject::bare_lf},
};

const Case line_cases[] = {
    {"H01 bare LF behind the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", Reject::bare_lf},
    {"H01 bare LF behind a field", "GET / HTTP/1.1\r\nHost: a\n\r\n", Reject::bare_lf},
    {"H01 bare LF as last line", "GET / HTTP/1.1\r\nHost: a\r\n\n", Reject::bare_lf},
    {"H02 bare CR in a value", post("X: a\rb\r\n"), Reject::bare_cr},
    {"H02 CR CR LF", post("X: a\r\r\n"), Reject::bare_cr},
    {"H02 bare CR in the request line", "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", Reject::bare_cr},
    {"H03 NUL in a value", post("X: a\0b\r\n"s), Reject::bad_field_value},
    {"H03 0x01 in a value", post("X: \x01\r\n"), Reject::bad_field_value},
    {"H03 ESC in a value", post("X: \x1b[1m\r\n"), Reject::bad_field_value},
    {"H03 DEL in a value", post("X: \x7f\r\n"), Reject::bad_field_value},
    {"H03 tab in a value", post("X: a\tb\r\n")},
    {"H03 obs-text in a value", post("X: \xc3\xa4\r\n")},
    {"H04 NUL in a name", post("X\0: a\r\n"s), Reject::bad_field_name},
    {"H04 control in a name", post("X\x01Y: a\r\n"), Reject::bad_field_name},
    {"H04 space in a name", post("X Y: a\r\n"), Reject::bad_field_name},
    {"H04 0x80 in a name", post("X\x80: a\r\n"), Reject::bad_field_name},
    {"H04 separator in a name", post("X(Y): a\r\n"), Reject::bad_field_name},
    {"H04 empty name", post(": a\r\n"), Reject::bad_field_name},
    {"H05 no colon", post("nonsense\r\n"), Reject::missing_colon},
    {"H05 no colon, long line", post(100 * "nonsense"s + "\r\n"), Reject::missing_colon},
    {"H06 space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", Reject::obsolete_fold},
    {"H06 tab before the first field", "GET / HTTP/1.1\r\n\tHost: a\r\n\r\n", Reject::obsolete_fold},
    {"H07 folded value", post("X: a\r\n b\r\n"), Reject::obsolete_fold},
    {"H07 folded with a tab", post("X: a\r\n\tb\r\n"), Reject::obsolete_fold},
    {"H07 line of a space only", post(" \r\n"), Reject::obsolete_fold},
    {"H08 name of 8 KiB", post(8192 * "n"s + ": a\r\n"), Reject::field_too_large},
    {"H08 value of 64 KiB", post("X: " + 65536 * "v"s + "\r\n"), Reject::field_too_large},
    {"H08 request line of 64 KiB", get("/" + 65536 * "u"s), Reject::target_too_long},
    {"H08 method of 64 KiB", 65536 * "M"s + " / HTTP/1.1\r\n\r\n", Reject::target_too_long},
    {"H08 method of 65 bytes", 65 * "M"s + " / HTTP/1.1\r\nHost: a\r\n\r\n", Reject::bad_method},
    {"H08 line of 8190 bytes and CRLF", get("/" + 8176 * "u"s)},
    {"H08 line of 8191 bytes and CRLF", get("/" + 8177 * "u"s), Reject::target_too_long},
    {"H08 head over 32 KiB", post(40 * ("X: " + 1000 * "v"s + "\r\n")), Reject::head_too_large},
    {"H09 a hundred fields", post(99 * "X: 1\r\n"s)},
    {"H09 101 fields", post(100 * "X: 1\r\n"s), Reject::too_many_fields},
    {"H09 101 fields that would be dropped", post(100 * "X_Y: 1\r\n"s), Reject::too_many_fields},
    {"H10 name of 2^16+14 bytes", post(65536 * "n"s + "Content-Length: 5\r\n"), Reject::field_too_large},
};

const Case host_cases[] = {
    {"H11 none in 1.1", "GET / HTTP/1.1\r\n\r\n", Reject::missing_host},
    {"H11 none in 1.0", "GET / HTTP/1.0\r\n\r\n"},
    {"H11 two alike", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", Reject::multiple_hosts},
    {"H11 two that differ", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", Reject::multiple_hosts},
    {"H11 two in 1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", Reject::multiple_hosts},
    {"H11 list", with_host("a, b"), Reject::bad_host},
    {"H11 empty", with_host(""), Reject::bad_host},
    {"H11 empty in 1.0", "GET / HTTP/1.0\r\nHost:\r\n\r\n", Reject::bad_host},
    {"H11 user information", with_host("u:p@a"), Reject::bad_host},
    {"H11 path", with_host("a/b"), Reject::bad_host},
    {"H11 fragment", with_host("a#b"), Reject::bad_host},
    {"H11 query", with_host("a?b"), Reject::bad_host},
    {"H11 space", with_host("a b"), Reject::bad_host},
    {"H11 port 99999", with_host("a:99999"), Reject::bad_host},
    {"H11 port 65536", with_host("a:65536"), Reject::bad_host},
    {"H11 port 65535", with_host("a:65535")},
    {"H11 port with six digits", with_host("a:000080"), Reject::bad_host},
    {"H11 letters as port", with_host("a:b"), Reject::bad_host},
    {"H11 two ports", with_host("a:1:2"), Reject::bad_host},
    {"H11 only a port", with_host(":80"), Reject::bad_host},
    {"H11 empty port", with_host("a:")},
    {"H11 open bracket", with_host("[::1"), Reject::bad_host},
    {"H11 IPv6", with_host("[2001:db8::1]:8080")},
    {"H11 IPv6 with letters behind", with_host("[::1]x"), Reject::bad_host},
    {"H11 no IPv6 in brackets", with_host("[a.example]"), Reject::bad_host},
    {"H11 IPv6 zone", with_host("[fe80::1%25eth0]"), Reject::bad_host},
    {"H11 empty brackets", with_host("[]"), Reject::bad_host},
    {"H11 IPv6 without brackets", with_host("::1"), Reject::bad_host},
    {"H11 empty label", with_host("a..b"), Reject::bad_host},
    {"H11 dot alone", with_host("."), Reject::bad_host},
    {"H11 0x80", with_host("\x80"), Reject::bad_host},
    {"H11 escape cut short", with_host("a%4"), Reject::bad_host},
    {"P12 trailing dot", with_host("a.example.")},
    {"P12 upper case", with_host("A.EXAMPLE")},
    {"H12 target and Host differ", "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", Reject::host_mismatch},
    {"H12 ports differ", "GET http://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n", Reject::host_mismatch},
    {"H12 default port of the other scheme", "GET https://a/ HTTP/1.1\r\nHost: a:80\r\n\r\n", Reject::host_mismatch},
    {"H12 same in other case, default port written", "GET http://A/ HTTP/1.1\r\nHost: a:80\r\n\r\n"},
    {"H12 https default port written", "GET https://a:443/ HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"H12 absolute form without Host", "GET http://a/ HTTP/1.1\r\n\r\n", Reject::missing_host},
    {"H12 absolute form without Host in 1.0", "GET http://a/ HTTP/1.0\r\n\r\n"},
    {"H13 comma", get("http://a,b/"), Reject::bad_target},
    {"H13 user information", get("http://u@a/"), Reject::bad_target},
    {"H13 backslash", get("http://a\\b/"), Reject::bad_target},
    {"H13 comma in Host", with_host("a,b"), Reject::bad_host},
    {"H13 backslash in Host", with_host("a\\b"), Reject::bad_host},
    {"H13 no host", get("http:///x"), Reject::bad_target},
};

const Case target_cases[] = {
    {"H14 no slash", get("admin"), Reject::bad_target},
    {"H14 asterisk with GET", get("*"), Reject::bad_target},
    {"H14 asterisk with OPTIONS", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"H14 asterisk and more", "OPTIONS */x HTTP/1.1\r\nHost: a\r\n\r\n", Reject::bad_target},
    {"H14 authority form with GET", get("host:80"), Reject::bad_target},
    {"H14 other scheme", get("ftp://a/"), Reject::bad_target},
    {"H14 scheme without authority", get("http:/a"), Reject::bad_target},
    {"H14 two slashes first", get("//a/b")},
    {"H14 no target", "GET  HTTP/1.1\r\nHost: a\r\n\r\n", Reject::bad_target},
    {"H14 two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", Reject::bad_target},
    {"H14 space behind", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", Reject::bad_request_line},
    {"H14 space before the method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", Reject::bad_method},
    {"H15 fragment", get("/a#b"), Reject::bad_target},
    {"H16 space in the target", get("/a b"), Reject::bad_request_line},
    {"H16 tab in the target", get("/a\tb"), Reject::bad_target},
    {"H16 tab instead of space", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", Reject::bad_method},
    {"H16 0x80 in the target", get("/\x80"), Reject::bad_target},
    {"H16 DEL in the target", get("/\x7f"), Reject::bad_request_line},
    {"P05 raw NUL in the target", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s, Reject::bad_request_line},
    {"H16 other odd bytes pass", get("/\"<>\\^`{|}")},
    {"H17 HTTP/0.9", "GET /\r\n", Reject::bad_version},
    {"H17 word only", "GET\r\n", Reject::bad_request_line},
    {"H18 HTTP/1.2", with_version("HTTP/1.2")},
    {"H18 HTTP/2.0", with_version("HTTP/2.0"), Reject::version_not_supported},
    {"H18 HTTP/9.9", with_version("HTTP/9.9"), Reject::version_not_supported},
    {"H18 HTTP/0.9 written", with_version("HTTP/0.9"), Reject::bad_version},
    {"H18 HTTP/1.10", with_version("HTTP/1.10"), Reject::bad_version},
    {"H18 HTTP/01.1", with_version("HTTP/01.1"), Reject::bad_version},
    {"H18 lower case", with_version("http/1.1"), Reject::bad_version},
    {"H18 space inside", with_version("HTTP/ 1.1"), Reject::bad_request_line},
    {"H18 no minor", with_version("HTTP/1."), Reject::bad_version},
    {"H18 empty", with_version(""), Reject::bad_version},
    {"H19 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Reject::http2_preface},
    {"H20 ClientHello", "\x16\x03\x01\x02", Reject::tls_on_plain_port},
    {"H28 TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", Reject::method_not_allowed},
    {"H29 unknown method", "FOO / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"H29 lower case", "get / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"H29 colon in the method", "GE:T / HTTP/1.1\r\nHost: a\r\n\r\n", Reject::bad_method},
    {"H29 control in the method", "G\x01T / HTTP/1.1\r\nHost: a\r\n\r\n", Reject::bad_request_line},
};

template <std::size_t N>
void check(const Case (&cases)[N]) {
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    const Outcome whole = parse_request(test.input);
    EXPECT_EQ(reject_name(whole.reject), reject_name(test.expected));
    EXPECT_EQ(whole.state, test.expected == Reject::none ? ParseState::done : ParseState::rejected);
    const auto bytewise = parse_split<RequestParser, RequestHead>(test.input, [] { return 1; });
    EXPECT_EQ(bytewise.reject, whole.reject);
    EXPECT_EQ(bytewise.text, whole.text);
    EXPECT_EQ(bytewise.size, whole.size);
  }
}

TEST(RequestRules, RefuseEverySmugglingForm) { check(framing_cases); }
TEST(RequestRules, RefuseMalformedLinesAndFields) { check(line_cases); }
TEST(RequestRules, RefuseUnclearHosts) { check(host_cases); }
TEST(RequestRules, RefuseUnclearTargetsAndVersions) { check(target_cases); }

struct Parsed {
  explicit Parsed(std::string text, HeadLimits limits = {}) : input(std::move(text)) {
    parser.start(limits, head);
    state = parser.parse(input);
  }
  std::string input;
  RequestHead head;
  RequestParser parser;
  ParseState state;
};

TEST(RequestRules, S11DropNamesWithUnderscores) {
  const Parsed dropped(post("Transfer_Encoding: chunked\r\nContent_Length: 5\r\nX.Y: 1\r\nX-Z: 2\r\n"));
  ASSERT_EQ(dropped.state, ParseState::done);
  EXPECT_EQ(dropped.head.fields.size(), 2u);
  EXPECT_EQ(dropped.head.body.kind, BodyKind::none);
}

TEST(RequestRules, S11KeepNamesWithUnderscoresWhenAskedTo) {
  HeadLimits limits;
  limits.underscores = true;
  const Parsed kept(post("X_Y: 1\r\nX.Y: 1\r\nContent_Length: 5\r\n"), limits);
  ASSERT_EQ(kept.state, ParseState::done);
  EXPECT_NE(kept.head.fields.find("x_y"), nullptr);
  EXPECT_EQ(kept.head.fields.find("x.y"), nullptr);
  EXPECT_EQ(kept.head.body.kind, BodyKind::none);
}

TEST(RequestRules, IgnoreInvalidOffPassesOddTokensAsNginxDoes) {
  HeadLimits limits;
  limits.ignore_invalid = false;
  EXPECT_EQ(Parsed(post("X_Y: 1\r\nX.Y: 1\r\n"), limits).head.fields.size(), 3u);
  EXPECT_EQ(Parsed(post("X Y: 1\r\n"), limits).parser.reject(), Reject::bad_field_name);
}

TEST(RequestRules, S14AnHttp10PostWithoutFramingHasNoBody) {
  const Parsed post10("POST / HTTP/1.0\r\n\r\nbytes");
  EXPECT_EQ(post10.head.body.kind, BodyKind::none);
  EXPECT_FALSE(post10.head.keep_alive);
  EXPECT_EQ(post10.parser.head_size(), post10.input.size() - 5);
}

TEST(RequestRules, S19LeadingZerosAreDecimal) {
  EXPECT_EQ(Parsed(post("Content-Length: 010\r\n")).head.body.length, 10u);
}

TEST(RequestRules, S35ContinueIsWantedOnlyForABodyInHttp11) {
  EXPECT_TRUE(Parsed(post("Expect: 100-Continue\r\nContent-Length: 5\r\n")).head.expect_continue);
  EXPECT_TRUE(Parsed(post("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n")).head.expect_continue);
  EXPECT_FALSE(Parsed(post("Expect: 100-continue\r\nContent-Length: 0\r\n")).head.expect_continue);
  EXPECT_FALSE(Parsed(post("Expect: 100-continue\r\n")).head.expect_continue);
  const Parsed http10("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(http10.state, ParseState::done);
  EXPECT_FALSE(http10.head.expect_continue);
}

TEST(RequestRules, S36AnUpgradeNeedsBothFieldsAndNoBody) {
  EXPECT_TRUE(Parsed(post("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n")).head.wants_upgrade);
  EXPECT_FALSE(Parsed(post("Upgrade: websocket\r\n")).head.wants_upgrade);
  EXPECT_FALSE(Parsed(post("Connection: upgrade\r\n")).head.wants_upgrade);
  EXPECT_FALSE(Parsed(post("Connection: upgrade\r\nUpgrade:\r\n")).head.wants_upgrade);
  EXPECT_FALSE(Parsed(post("Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n")).head.wants_upgrade);
  EXPECT_FALSE(Parsed("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n").head.wants_upgrade);
}

TEST(RequestRules, S14AndS36NothingIsReadBehindWhatMayHideABody) {
  EXPECT_FALSE(Parsed("POST / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").head.keep_alive);
  EXPECT_TRUE(Parsed("POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n").head.keep_alive);
  EXPECT_TRUE(Parsed("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").head.keep_alive);
  EXPECT_FALSE(Parsed(post("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n")).head.keep_alive);
  EXPECT_FALSE(Parsed(post("Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n")).head.keep_alive);
  EXPECT_TRUE(Parsed(post("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n")).head.keep_alive);
}

TEST(RequestRules, S37H2cIsNoUpgrade) {
  EXPECT_FALSE(
      Parsed(post("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n")).head.wants_upgrade);
  EXPECT_FALSE(Parsed(post("Connection: Upgrade\r\nUpgrade: H2C, h2c\r\n")).head.wants_upgrade);
}

TEST(RequestRules, S42PipelinedRequestsAreTakenOneByOne) {
  const std::string two = get("/1") + get("/2");
  const Parsed first(two);
  EXPECT_EQ(first.head.target, "/1");
  EXPECT_EQ(first.parser.head_size(), two.size() / 2);
}

TEST(RequestRules, ConnectionDecidesAboutKeepAlive) {
  EXPECT_TRUE(Parsed(post("")).head.keep_alive);
  EXPECT_FALSE(Parsed(post("Connection: x, CLOSE\r\n")).head.keep_alive);
  EXPECT_FALSE(Parsed(post("Connection: keep-alive\r\nConnection: close\r\n")).head.keep_alive);
  EXPECT_FALSE(Parsed("GET / HTTP/1.0\r\n\r\n").head.keep_alive);
  EXPECT_TRUE(Parsed("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").head.keep_alive);
}

TEST(RequestRules, AbsoluteFormGivesHostAndPath) {
  const auto target_of = [](std::string target) {
    const Parsed parsed("GET " + target + " HTTP/1.1\r\nHost: a.example:81\r\n\r\n");
    return std::string(parsed.head.host) + "|" + std::string(parsed.head.host_port) + "|" +
           std::string(parsed.head.target);
  };
  EXPECT_EQ(target_of("HTTP://A.example:81/x?y"), "A.example|81|/x?y");
  EXPECT_EQ(target_of("http://a.example:81"), "a.example|81|/");
  EXPECT_EQ(target_of("http://a.example:81?q=/"), "a.example|81|/?q=/");
}

TEST(RequestRules, StartedMeansAByteOfTheRequestLine) {
  RequestHead head;
  RequestParser parser;
  parser.start({}, head);
  EXPECT_EQ(parser.parse(""), ParseState::need_more);
  EXPECT_EQ(parser.parse("\r\n"), ParseState::need_more);
  EXPECT_FALSE(parser.started());
  EXPECT_EQ(parser.parse("\r\nG"), ParseState::need_more);
  EXPECT_TRUE(parser.started());
}

TEST(RequestRules, ARefusedParserStaysRefused) {
  RequestHead head;
  RequestParser parser;
  parser.start({}, head);
  EXPECT_EQ(parser.parse("GET /\r\n"), ParseState::rejected);
  EXPECT_EQ(parser.parse("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), ParseState::rejected);
}

TEST(RejectReasons, HaveStatusNameAndText) {
  EXPECT_EQ(reject_status(Reject::unknown_transfer_encoding), 501);
  EXPECT_EQ(reject_name(Reject::bare_lf), "bare_lf");
  EXPECT_EQ(reject_text(Reject::bare_lf), "bare LF as line end");
}

}  // namespace
}  // namespace drishti::http::testing
