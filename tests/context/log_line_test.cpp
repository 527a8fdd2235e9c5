#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "context/variables.hpp"
#include "tests/support/context_builder.hpp"

namespace drishti::context {
namespace {

using tests::TestRequest;

std::string line(TestRequest& request) {
  std::string out;
  append_log_line(*request.context.location->core.access_logs->front().format, request.context, out);
  return out;
}

TEST(LogLine, CombinedIsNginxByteForByte) {
  setenv("TZ", "UTC", 1);
  tzset();
  TestRequest request("location / { access_log /dev/null combined; }");
  request.get("/a?b", "User-Agent: curl/8 \"x\"\r\n");
  request.context.response.status = 200;
  request.context.body_bytes_sent = 1234;
  EXPECT_EQ(line(request),
            "192.0.2.1 - - [06/Nov/1994:08:49:37 +0000] \"GET /a?b HTTP/1.1\" 200 1234 \"-\" \"curl/8 \\x22x\\x22\"");
}

struct EscapeCase {
  const char* escape;
  const char* expected;
};

TEST(LogLine, EscapesAsTheFormatSays) {
  const EscapeCase cases[] = {
      {"default", "\\x22\\x5C\\x09\\xC3\\xA9|-"},
      {"json", "\\\"\\\\\\t\xC3\xA9|"},
      {"none", "\"\\\t\xC3\xA9|"},
  };
  for (const EscapeCase& c : cases) {
    TestRequest request("location / { access_log /dev/null f; }",
                        "log_format f escape=" + std::string(c.escape) + " \"$http_x_in|$http_missing\";");
    request.context.head.fields.add({"X-In", "\"\\\t\xC3\xA9", http::FieldId::other});
    EXPECT_EQ(line(request), c.expected) << c.escape;
  }
}

// Values are looked at sixteen and eight bytes at a time: none of them may slip through, wherever it stands.
TEST(LogLine, FindsASpecialByteAtEveryPlace) {
  for (const char special : {'"', '\\', '\x1f', '\x7f', '\xff', '\0'}) {
    for (std::size_t at = 0; at < 30; ++at) {
      TestRequest request("location / { access_log /dev/null f; }", "log_format f $http_x_in;");
      std::string value(30, '!');
      value[at] = special;
      request.context.head.fields.add({"X-In", value, http::FieldId::other});
      const std::string logged = line(request);
      EXPECT_EQ(logged.size(), 33u) << "byte " << int{special} << " at " << at;
      EXPECT_EQ(logged.substr(at, 2), "\\x") << "byte " << int{special} << " at " << at;
    }
  }
}

TEST(LogLine, JsonEscapesEveryControlByte) {
  TestRequest request("location / { access_log /dev/null f; }", "log_format f escape=json $http_x_in;");
  request.context.head.fields.add({"X-In", std::string_view("\0\1\b\f\n\r\x1f\x7f", 8), http::FieldId::other});
  EXPECT_EQ(line(request), "\\u0000\\u0001\\b\\f\\n\\r\\u001F\x7f");
}

TEST(LogLine, AFoundButEmptyValueIsNotADash) {
  TestRequest request("location / { access_log /dev/null f; }", "log_format f \"[$arg_a][$arg_b]\";");
  request.get("/?a=");
  EXPECT_EQ(line(request), "[][-]");
}

TEST(LogLine, WritesTheSpecialFormsOfLogs) {
  TestRequest request("location / { access_log /dev/null f; }",
                      "log_format f \"$pipe $msec $request_time $status $bytes_sent $request_length\";");
  request.context.pipelined = true;
  request.context.response.status = 99;
  request.context.bytes_sent = 5;
  request.context.request_length = 77;
  EXPECT_EQ(line(request), "p 784111777.123 0.042 099 5 77");
}

}  // namespace
}  // namespace drishti::context
