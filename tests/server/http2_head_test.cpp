#include "server/http2_head.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "server/websocket_key.hpp"

namespace drishti::server {
namespace {

using http::Reject;
using Fields = std::vector<std::pair<std::string, std::string>>;

struct Request {
  net::Arena arena;
  http::RequestHead head;
  Http2Head parser;
  Reject reject;

  explicit Request(const Fields& fields, bool ends = true, http::HeadLimits limits = {}) {
    parser.start(limits, head, arena);
    for (const auto& [name, value] : fields) {
      const std::string passing_name = name, passing_value = value;  // gone when the next one comes
      parser.add(passing_name, passing_value);
    }
    reject = parser.finish(ends);
  }
};

Fields get(Fields more = {}) {
  Fields all{{":method", "GET"}, {":scheme", "https"}, {":path", "/a?b"}, {":authority", "a.test:443"}};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

Fields with(Fields fields, const std::string& name, const std::string& value) {
  for (auto& field : fields)
    if (field.first == name) field.second = value;
  return fields;
}

Fields without(Fields fields, const std::string& name) {
  std::erase_if(fields, [&](const auto& field) { return field.first == name; });
  return fields;
}

TEST(Http2Head, SaysWhatTheSameRequestOfHttp1Says) {
  const Request request(get({{"user-agent", "x"}, {"x-own", "1"}}));
  ASSERT_EQ(request.reject, Reject::none);
  EXPECT_EQ(request.head.request_line, "GET /a?b HTTP/2.0");
  EXPECT_EQ(request.head.method, http::Method::get);
  EXPECT_EQ(request.head.method_text, "GET");
  EXPECT_EQ(request.head.target, "/a?b");
  EXPECT_EQ(request.head.host, "a.test");
  EXPECT_EQ(request.head.host_port, "443");
  EXPECT_EQ(request.head.version, 20);
  EXPECT_EQ(request.head.fields.get(http::FieldId::host), "a.test:443");
  EXPECT_EQ(request.head.fields.get(http::FieldId::user_agent), "x");
  EXPECT_EQ(request.head.fields.find("X-Own")->value, "1");
  EXPECT_EQ(request.head.body.kind, http::BodyKind::none);
}

struct Case {
  const char* name;
  Fields fields;
  Reject reject;
  bool ends = true;
};
void PrintTo(const Case& test, std::ostream* out) { *out << test.name; }

class Http2HeadRules : public ::testing::TestWithParam<Case> {};

TEST_P(Http2HeadRules, JudgesAsItSays) {
  EXPECT_EQ(Request(GetParam().fields, GetParam().ends).reject, GetParam().reject);
}

const Case cases[] = {
    {"connection", get({{"connection", "close"}}), Reject::connection_field},
    {"keep_alive", get({{"keep-alive", "timeout=5"}}), Reject::connection_field},
    {"proxy_connection", get({{"proxy-connection", "close"}}), Reject::connection_field},
    {"transfer_encoding", get({{"transfer-encoding", "chunked"}}), Reject::connection_field},
    {"upgrade", get({{"upgrade", "h2c"}}), Reject::connection_field},
    {"te_trailers", get({{"te", "trailers"}}), Reject::none},
    {"te_other", get({{"te", "trailers, deflate"}}), Reject::connection_field},
    {"upper_case", get({{"X-Own", "1"}}), Reject::bad_field_name},
    {"empty_name", get({{"", "1"}}), Reject::bad_field_name},
    {"space_in_name", get({{"a b", "1"}}), Reject::bad_field_name},
    {"cr_in_value", get({{"a", "b\rc"}}), Reject::bad_field_value},
    {"lf_in_value", get({{"a", "b\nc: d"}}), Reject::bad_field_value},
    {"nul_in_value", get({{"a", std::string("b\0c", 3)}}), Reject::bad_field_value},
    {"leading_space", get({{"a", " b"}}), Reject::bad_field_value},
    {"trailing_tab", get({{"a", "b\t"}}), Reject::bad_field_value},
    {"path_without_slash", with(get(), ":path", "a"), Reject::bad_target},
    {"path_with_space", with(get(), ":path", "/a b"), Reject::bad_target},
    {"path_with_fragment", with(get(), ":path", "/a#b"), Reject::bad_target},
    {"path_empty", with(get(), ":path", ""), Reject::bad_target},
    {"path_absolute", with(get(), ":path", "http://b/"), Reject::bad_target},
    {"path_with_high_byte", with(get(), ":path", "/\xff"), Reject::bad_target},
    {"asterisk_of_get", with(get(), ":path", "*"), Reject::bad_target},
    {"asterisk_of_options", with(with(get(), ":path", "*"), ":method", "OPTIONS"), Reject::none},
    {"method_with_query", with(get(), ":method", "GET?"), Reject::bad_method},
    {"method_empty", with(get(), ":method", ""), Reject::bad_method},
    {"method_trace", with(get(), ":method", "TRACE"), Reject::method_not_allowed},
    {"connect", without(without(with(get(), ":method", "CONNECT"), ":path"), ":scheme"), Reject::method_not_allowed},
    {"scheme_with_path", with(get(), ":scheme", "http://x/?"), Reject::bad_target},
    {"authority_missing", without(get(), ":authority"), Reject::missing_host},
    {"host_alone", without(get({{"host", "b.test"}}), ":authority"), Reject::none},
    {"two_hosts", get({{"host", "a.test:443"}, {"host", "a.test:443"}}), Reject::multiple_hosts},
    {"host_same", get({{"host", "A.test"}}), Reject::none},
    {"host_other", get({{"host", "b.test"}}), Reject::host_mismatch},
    {"host_other_port", get({{"host", "a.test:8443"}}), Reject::host_mismatch},
    {"authority_with_user", with(get(), ":authority", "u@a.test"), Reject::bad_host},
    {"length_not_a_number", get({{"content-length", "1x"}}), Reject::bad_content_length, false},
    {"two_lengths", get({{"content-length", "1"}, {"content-length", "1"}}), Reject::duplicate_content_length, false},
    {"length_without_body", get({{"content-length", "1"}}), Reject::bad_content_length},
    {"expectation_unknown", get({{"expect", "x"}}), Reject::unknown_expectation, false},
    {"protocol_without_connect", get({{":protocol", "websocket"}}), Reject::bad_method},
    {"protocol_unknown", with(get({{":protocol", "connect-udp"}}), ":method", "CONNECT"), Reject::unknown_protocol, false},
};
INSTANTIATE_TEST_SUITE_P(All, Http2HeadRules, ::testing::ValuesIn(cases), [](const auto& test) { return test.param.name; });

TEST(Http2Head, KeepsOneHostField) {
  const Request request(get({{"host", "a.test"}}));
  ASSERT_EQ(request.reject, Reject::none);
  EXPECT_EQ(request.head.fields.count(http::FieldId::host), 1U);
}

TEST(Http2Head, PutsCookieCrumbsTogether) {
  const Request request(get({{"cookie", "a=1"}, {"x", "y"}, {"cookie", "b=2"}, {"cookie", "c=3"}}));
  EXPECT_EQ(request.head.fields.count(http::FieldId::cookie), 1U);
  EXPECT_EQ(request.head.fields.get(http::FieldId::cookie), "a=1; b=2; c=3");
}

TEST(Http2Head, CountsCookieCrumbsAsTheFieldsThatTheyAre) {
  http::HeadLimits limits;
  limits.fields = 20;
  Fields fields = get();
  for (int i = 0; i < 17; ++i) fields.push_back({"cookie", "a"});
  EXPECT_EQ(Request(fields, true, limits).reject, Reject::too_many_fields);
}

TEST(Http2Head, LimitsTheFieldTheTargetAndTheWhole) {
  http::HeadLimits limits;
  limits.line = 100;
  limits.total = 300;
  EXPECT_EQ(Request(get({{"a", std::string(96, 'x')}}), true, limits).reject, Reject::field_too_large);
  EXPECT_EQ(Request(with(get(), ":path", "/" + std::string(100, 'x')), true, limits).reject, Reject::target_too_long);
  const std::string most(90, 'x');
  EXPECT_EQ(Request(get({{"a", most}, {"b", most}, {"c", most}}), true, limits).reject, Reject::head_too_large);
}

TEST(Http2Head, DropsOddNamesAsTheDirectivesSay) {
  http::HeadLimits limits;
  EXPECT_EQ(Request(get({{"a_b", "1"}}), true, limits).head.fields.find("a_b"), nullptr);
  limits.underscores = true;
  EXPECT_NE(Request(get({{"a_b", "1"}}), true, limits).head.fields.find("a_b"), nullptr);
}

TEST(Http2Head, ABodyOfUnknownLengthIsLikeAChunkedOne) {
  EXPECT_EQ(Request(get(), false).head.body.kind, http::BodyKind::chunked);
  const Request known(get({{"content-length", "7"}}), false);
  EXPECT_EQ(known.head.body.kind, http::BodyKind::length);
  EXPECT_EQ(known.head.body.length, 7U);
}

TEST(Http2Head, AnExtendedConnectIsTheUpgradeThatItMeans) {
  const Request request(with(get({{":protocol", "websocket"}, {"sec-websocket-version", "13"}}), ":method", "CONNECT"), false);
  ASSERT_EQ(request.reject, Reject::none);
  EXPECT_TRUE(request.parser.is_websocket());
  EXPECT_EQ(request.head.request_line, "GET /a?b HTTP/2.0");
  EXPECT_EQ(request.head.method, http::Method::get);
  EXPECT_TRUE(request.head.wants_upgrade);
  EXPECT_EQ(request.head.fields.get(http::FieldId::upgrade), "websocket");
  EXPECT_EQ(request.head.fields.find("sec-websocket-key")->value.size(), 24U);
  EXPECT_EQ(request.head.body.kind, http::BodyKind::none);
}

TEST(WebsocketKey, IsAnsweredAsTheRfcSays) {
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_NE(make_websocket_key(), make_websocket_key());
}

}  // namespace
}  // namespace drishti::server
