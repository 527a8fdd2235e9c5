#include "context/variables.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <set>

#include "context/request_id.hpp"
#include "context/time_text.hpp"
#include "tests/support/context_builder.hpp"

namespace drishti::context {
namespace {

using tests::TestRequest;

/// Evaluates TEXT as the value of a `set` in the server.
std::string value_of(TestRequest& request, std::size_t op = 0) {
  const auto& set = std::get<conf::SetOp>(request.context.server->root->rewrite[op].op);
  return std::string(evaluate(set.value, request.context));
}

std::string with(const std::string& text, const std::string& target, const std::string& fields = {}) {
  TestRequest request("set $probe \"" + text + "\";");
  request.get(target, fields);
  return value_of(request);
}

struct Case {
  const char* text;
  const char* target;
  const char* fields;
  const char* expected;
};

TEST(Variables, HaveTheMeaningsOfNginx) {
  const Case cases[] = {
      {"$uri|$request_uri|$document_uri", "/a%20b/../c?x=1", "", "/c|/a%20b/../c?x=1|/c"},
      {"$args|$query_string|$is_args", "/?a=1&b", "", "a=1&b|a=1&b|?"},
      {"[$args$is_args]", "/", "", "[]"},
      {"$arg_id|$arg_ID|$arg_none|$arg_empty", "/?id=7&x=2&empty=", "", "7|7||"},
      {"$request_method $server_protocol $scheme$https", "/", "", "GET HTTP/1.1 http"},
      {"$request", "/x?y", "", "GET /x?y HTTP/1.1"},
      {"$host|$http_host|$server_name", "/", "", "example.com|example.com|example.com"},
      {"$remote_addr:$remote_port", "/", "", "192.0.2.1:40000"},
      {"$server_addr:$server_port", "/", "", "127.0.0.1:80"},
      {"$connection $connection_requests $connection_time", "/", "", "7 3 2.500"},
      {"$request_time $msec", "/", "", "0.042 784111777.123"},
      {"$http_user_agent|$http_x_request_id|$http_missing", "/", "User-Agent: curl\r\nX-Request-ID: 5\r\n", "curl|5|"},
      {"$http_x_list", "/", "X-List: a\r\nx-list: b\r\n", "a, b"},
      {"$http_cookie", "/", "Cookie: a=1\r\nCookie: b=2\r\n", "a=1; b=2"},
      {"$cookie_b|$cookie_none", "/", "Cookie: a=1; b=2\r\n", "2|"},
      {"$content_type|$content_length", "/", "Content-Type: text/x\r\n", "text/x|"},
      {"$proxy_add_x_forwarded_for", "/", "", "192.0.2.1"},
      {"$proxy_add_x_forwarded_for", "/", "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2, 3.3.3.3\r\n",
       "1.1.1.1, 2.2.2.2, 3.3.3.3, 192.0.2.1"},
      {"$remote_user", "/", "Authorization: Basic dXNlcjpwYXNz\r\n", "user"},
      {"$remote_user", "/", "Authorization: basic   dTo=\r\n", "u"},
      {"$remote_user", "/", "Authorization: Basic !!!!\r\n", ""},
      {"$remote_user", "/", "Authorization: Bearer dXNlcjpwYXNz\r\n", ""},
      {"$status|$request_completion|$pipe", "/", "", "000||."},
      {"$body_bytes_sent $bytes_sent $request_length", "/", "", "0 0 0"},
      {"$limit_rate", "/", "", "0"},
      {"${host}_$nginx_version", "/", "", "example.com_1.29.7"},
      {"$upstream_addr|$upstream_status|$upstream_http_x", "/", "", "||"},
      {"$upstream_cache_status|$sent_trailer_x", "/", "", "|"},
  };
  for (const Case& c : cases) EXPECT_EQ(with(c.text, c.target, c.fields), c.expected) << c.text << " for " << c.target;
}

TEST(Variables, NameTheMachineAndTheProcess) {
  char name[256] = {};
  ASSERT_EQ(gethostname(name, sizeof name - 1), 0);
  EXPECT_EQ(with("$hostname", "/"), name);
  EXPECT_EQ(with("$pid", "/"), std::to_string(getpid()));
}

TEST(Variables, BinaryRemoteAddressIsFourBytes) { EXPECT_EQ(with("$binary_remote_addr", "/"), std::string("\xc0\0\2\1", 4)); }

TEST(Variables, SchemeFollowsTheConnection) {
  TestRequest request("set $probe \"$scheme $https\";");
  request.connection.tls = true;
  EXPECT_EQ(value_of(request), "https on");
}

TEST(Variables, ServerPortIsEmptyOnAUnixSocket) {
  TestRequest request("set $probe \"[$server_port][$remote_port]\";");
  request.connection.local = request.connection.remote = *SocketAddress::from_unix("/run/x.sock");
  EXPECT_EQ(value_of(request), "[][]");
}

TEST(Variables, TcpInfoIsNotFoundWithoutASocket) { EXPECT_EQ(with("[$tcpinfo_rtt]", "/"), "[]"); }

TEST(Variables, DocumentRootIsAbsoluteAndTheFileLiesUnderIt) {
  TestRequest request(R"(
    location /a/ { root html; set $probe "$document_root $request_filename"; }
    location /b/ { alias /data/files/; set $probe "$document_root $request_filename"; }
    location ~ ^/c/(.*)$ { alias /data/$1; set $probe "$document_root $request_filename"; }
    location /d/ { root /$host; set $probe "$document_root $request_filename"; })");
  const std::pair<const char*, const char*> cases[] = {
      {"/a/x.txt", "/srv/prefix/html /srv/prefix/html/a/x.txt"},
      {"/b/x.txt", "/data/files/ /data/files/x.txt"},
      {"/d/x", "/example.com /example.com/d/x"},
  };
  for (const auto& [target, expected] : cases) {
    request.get(target);
    const auto& set = std::get<conf::SetOp>(request.context.location->rewrite[0].op);
    EXPECT_EQ(evaluate(set.value, request.context), expected);
  }
}

TEST(Variables, AliasInARegexLocationNamesTheWholeFile) {
  TestRequest request("location ~ ^/c/(.*)$ { alias /data/$1; set $probe $request_filename; }");
  request.get("/c/x.txt").in("^/c/(.*)$");
  conf::Regex::Captures captures;
  ASSERT_EQ(request.context.location->regex.regex.match(request.context.uri, captures), conf::Regex::Outcome::match);
  remember_captures(request.context.location->regex, request.context.uri, captures, request.context);
  const auto& set = std::get<conf::SetOp>(request.context.location->rewrite[0].op);
  EXPECT_EQ(evaluate(set.value, request.context), "/data/x.txt");
}

TEST(Variables, UpstreamListsSeparateAttemptsAndRedirects) {
  TestRequest request(
      "set $probe \"$upstream_addr|$upstream_status|$upstream_response_time|$upstream_connect_time|"
      "$upstream_bytes_received|$upstream_response_length\";");
  Attempt refused{.address = "10.0.0.1:80"};
  Attempt answered{.address = "10.0.0.2:80", .status = 502, .connect_ms = 1, .response_ms = 1500, .bytes_received = 9};
  Attempt redirected{.address = "unix:/s", .status = 200, .response_ms = 7, .response_length = 3, .after_redirect = true};
  request.context.attempts = {refused};
  EXPECT_EQ(value_of(request), "10.0.0.1:80|-|-|-|0|0");
  request.context.attempts = {refused, answered, redirected};
  EXPECT_EQ(value_of(request),
            "10.0.0.1:80, 10.0.0.2:80 : unix:/s|-, 502 : 200|-, 1.500 : 0.007|-, 0.001 : -|0, 9 : 0|0, 0 : 3");
}

TEST(Variables, ReadTheResponseOfTheUpstreamAndTheOneSent) {
  TestRequest request("set $probe \"$upstream_http_x_a|$upstream_cookie_sid|$sent_http_x_b|$sent_http_content_length\";");
  http::ResponseHead head;
  head.fields.add({"X-A", "1", http::FieldId::other});
  head.fields.add({"Set-Cookie", "sid=77; Path=/", http::FieldId::set_cookie});
  request.context.upstream_head = &head;
  request.context.response.fields.add({"X-B", "2", http::FieldId::other});
  request.context.response.content_length = 12;
  EXPECT_EQ(value_of(request), "1|77|2|12");
}

TEST(Variables, RequestIdIsTheSameWithinARequestAndNewInTheNext) {
  TestRequest request("set $probe $request_id;");
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    request.get("/");
    const std::string id = value_of(request);
    EXPECT_EQ(id, value_of(request));
    EXPECT_EQ(id.size(), 32u);
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), id.npos);
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 100u);
}

TEST(Variables, StatusIsTheOneOfErrorPageUntilTheAnswerHasItsOwn) {
  TestRequest request("set $probe $status;");
  request.context.error_status = 404;
  EXPECT_EQ(value_of(request), "404");
  request.context.response.status = 500;
  EXPECT_EQ(value_of(request), "500");
}

TEST(Variables, SetChangesItsSlotTheArgumentsOrTheRate) {
  TestRequest request("set $own 5; set $args \"a=$own\"; set $limit_rate 10k; set $probe \"$own $args $limit_rate\";");
  for (int i = 0; i < 3; ++i) {
    const auto& set = std::get<conf::SetOp>(request.context.server->root->rewrite[static_cast<std::size_t>(i)].op);
    set_variable(set.variable, evaluate(set.value, request.context), request.context);
  }
  EXPECT_EQ(value_of(request, 3), "5 a=5 10240");
  EXPECT_FALSE(request.context.raw_target_valid);
}

TEST(Variables, AVariableNotYetSetIsEmpty) {
  TestRequest request("set $probe \"[$later]\"; set $later 1;");
  EXPECT_EQ(value_of(request), "[]");
}

TEST(Variables, ResetForgetsEverythingOfTheLastRequest) {
  TestRequest request("set $own 5; set $probe \"[$own][$1]\";");
  set_variable(std::get<conf::SetOp>(request.context.server->root->rewrite[0].op).variable, "x", request.context);
  EXPECT_EQ(value_of(request, 1), "[x][]");
  request.get("/");
  EXPECT_EQ(value_of(request, 1), "[][]");
}

TEST(TimeText, IsTheLocalTimeWithItsZone) {
  setenv("TZ", "IST-5:30", 1);
  tzset();
  const TimeText text = time_text(784198177'999);
  EXPECT_EQ(text.date, "Mon, 07 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(text.local, "07/Nov/1994:14:19:37 +0530");
  EXPECT_EQ(text.iso8601, "1994-11-07T14:19:37+05:30");
  setenv("TZ", "EST5", 1);
  tzset();
  EXPECT_EQ(time_text(784198178'000).local, "07/Nov/1994:03:49:38 -0500");
  unsetenv("TZ");
  tzset();
}

TEST(RequestContext, LogsWithTheTailOfNginx) {
  TestRequest request("");
  request.get("/x", "Referer: http://a/\r\n");
  request.context.log_error(conf::LogLevel::error, "oops", "http://10.0.0.1:80/x");
  ASSERT_EQ(request.error_log.lines.size(), 1u);
  EXPECT_EQ(request.error_log.lines[0],
            "oops, client: 192.0.2.1, server: example.com, request: \"GET /x HTTP/1.1\", "
            "upstream: \"http://10.0.0.1:80/x\", host: \"example.com\", referrer: \"http://a/\"");
}

TEST(RequestContext, AQuoteFromTheClientCannotForgeALogEntry) {
  TestRequest request("");
  request.get("/", "Referer: x\", host: \"evil\r\n");
  request.context.log_error(conf::LogLevel::error, "oops");
  EXPECT_TRUE(request.error_log.lines[0].ends_with("referrer: \"x\\x22, host: \\x22evil\"")) << request.error_log.lines[0];
}

}  // namespace
}  // namespace drishti::context
