#include "filters/error_pages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/context_builder.hpp"

namespace drishti::filters {
namespace {

using tests::TestRequest;
using Action = ErrorPageResult::Action;

struct FindCase {
  const char* directive;
  int status;
  Action action;
  const char* target;
  int expected_status;
};

TEST(ErrorPage, SaysWhereAStatusGoesAndWhatIsAnswered) {
  const FindCase cases[] = {
      {"", 404, Action::builtin, "", 404},
      {"error_page 500 502 /50x.html;", 502, Action::relocate, "/50x.html", 502},
      {"error_page 500 502 /50x.html;", 404, Action::builtin, "", 404},
      {"error_page 404 =200 /empty.gif;", 404, Action::relocate, "/empty.gif", 200},
      {"error_page 404 = /cgi?x=1;", 404, Action::relocate, "/cgi?x=1", -1},
      {"error_page 404 = @other;", 404, Action::named, "@other", -1},
      {"error_page 403 http://example.org/;", 403, Action::redirect, "http://example.org/", 302},
      {"error_page 403 =301 http://example.org/;", 403, Action::redirect, "http://example.org/", 301},
      {"error_page 403 =404 http://example.org/;", 403, Action::redirect, "http://example.org/", 302},
      {"error_page 404 /e$uri;", 404, Action::relocate, "/e/x", 404},
  };
  for (const FindCase& c : cases) {
    TestRequest request(std::string("location / { ") + c.directive + " }");
    request.get("/x");
    const ErrorPageResult result = find_error_page(c.status, request.context);
    EXPECT_EQ(result.action, c.action) << c.directive;
    EXPECT_EQ(result.target, c.target) << c.directive;
    EXPECT_EQ(result.status, c.expected_status) << c.directive;
  }
}

TEST(ErrorPage, IsUsedOnce) {
  TestRequest request("location / { error_page 404 /a; }");
  EXPECT_EQ(find_error_page(404, request.context).action, Action::relocate);
  EXPECT_EQ(find_error_page(404, request.context).action, Action::relocate) << "asking changes nothing";
  request.context.error_page_active = true;
  EXPECT_EQ(find_error_page(404, request.context).action, Action::builtin);
}

TEST(ErrorPage, KeepsOfAFailedAnswerOnlyWhatIsToBeKeptAndNotAboutItsBody) {
  TestRequest request("");
  for (const bool keep : {false, true}) {
    request.get("/");
    context::Response& response = request.context.response;
    for (const std::string_view name : {"Content-Type", "ETag", "Last-Modified", "Accept-Ranges", "Set-Cookie"}) {
      response.fields.add({name, "v", http::field_id(name)});
    }
    response.keep_fields = keep;
    start_error(request.context);
    local_response(404, "text/html", "", request.context);
    EXPECT_EQ(response.fields.get(http::FieldId::content_type), "text/html");
    EXPECT_EQ(response.fields.has(http::FieldId::set_cookie), keep);
    for (const auto id : {http::FieldId::etag, http::FieldId::last_modified, http::FieldId::accept_ranges}) {
      EXPECT_FALSE(response.fields.has(id));
    }
  }
}

TEST(BuiltinPage, HasTheFormatOfNginxAndOurName) {
  TestRequest request("");
  EXPECT_EQ(builtin_page(502, request.context),
            "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
            "<hr><center>drishti/0.1.0</center>\r\n</body>\r\n</html>\r\n");
  EXPECT_THAT(builtin_page(302, request.context), testing::HasSubstr("<h1>302 Found</h1>"));
  EXPECT_THAT(builtin_page(494, request.context),
              testing::HasSubstr("<h1>400 Bad Request</h1></center>\r\n<center>Request Header Or Cookie Too Large"));
  EXPECT_THAT(builtin_page(401, request.context), testing::HasSubstr("<h1>401 Authorization Required</h1>"));
  TestRequest silent("server_tokens off;");
  EXPECT_THAT(builtin_page(404, silent.context), testing::HasSubstr("<center>drishti</center>"));
}

TEST(BuiltinPage, ExistsForErrorsAndRedirectsOnly) {
  TestRequest request("");
  for (const int status : {301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 408, 413, 414, 416, 429, 500, 501, 502, 503, 504}) {
    EXPECT_FALSE(builtin_page(status, request.context).empty()) << status;
  }
  for (const int status : {200, 204, 206, 304, 499, 599}) EXPECT_EQ(builtin_page(status, request.context), "") << status;
}

TEST(BuiltinPage, IsPaddedForBrowsersThatWantLongPages) {
  TestRequest request("location / { } location /off { msie_padding off; }");
  const std::size_t plain = builtin_page(404, request.context).size();
  for (const std::string agent : {"Mozilla/4.0 (compatible; MSIE 6.0)", "Mozilla/5.0 Chrome/120.0"}) {
    request.get("/", "User-Agent: " + agent + "\r\n");
    EXPECT_GT(builtin_page(404, request.context).size(), 512u) << agent;
    EXPECT_LT(builtin_page(302, request.context).size(), 300u) << agent;
    request.get("/off", "User-Agent: " + agent + "\r\n");
    EXPECT_EQ(builtin_page(404, request.context).size(), plain) << agent;
  }
}

struct LocationCase {
  const char* server;
  std::uint16_t port;
  bool tls;
  const char* target;
  const char* expected;
};

TEST(RedirectLocation, IsMadeAbsoluteAsConfigured) {
  const LocationCase cases[] = {
      {"", 80, false, "/x", "http://example.com/x"},
      {"", 8080, false, "/x", "http://example.com:8080/x"},
      {"", 443, true, "/x", "https://example.com/x"},
      {"", 80, true, "/x", "https://example.com:80/x"},
      {"port_in_redirect off;", 8080, false, "/x", "http://example.com/x"},
      {"absolute_redirect off;", 8080, false, "/x", "/x"},
      {"server_name_in_redirect on;", 80, false, "/x", "http://example.com/x"},
      {"", 80, false, "https://other/x y", "https://other/x%20y"},
      {"", 80, false, "relative", "relative"},
      {"", 80, false, "/a\r\nSet-Cookie: x", "http://example.com/a%0D%0ASet-Cookie:%20x"},
  };
  for (const LocationCase& c : cases) {
    TestRequest request(c.server);
    request.connection.local = *SocketAddress::from_ip("127.0.0.1", c.port);
    request.connection.tls = c.tls;
    EXPECT_EQ(redirect_location(c.target, request.context), c.expected) << c.server << c.target;
  }
}

TEST(RedirectLocation, WithoutHostNamesTheAddress) {
  TestRequest request("");
  request.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(redirect_location("/x", request.context), "http://127.0.0.1/x");
}

TEST(LocalResponse, TakesItsTypeFromTheUri) {
  TestRequest request("default_type a/b; types { text/html html; image/png PNG; }");
  const std::pair<const char*, const char*> cases[] = {
      {"/", "a/b"}, {"/x.html", "text/html"}, {"/x.HTML", "text/html"}, {"/x.png", "image/png"},
      {"/x.html/y", "a/b"}, {"/.html", "a/b"}, {"/x.", "a/b"}, {"/x.unknown", "a/b"},
  };
  for (const auto& [target, expected] : cases) {
    request.get(target);
    local_response(200, {}, "text", request.context);
    EXPECT_EQ(request.context.response.fields.get(http::FieldId::content_type), expected) << target;
    EXPECT_EQ(request.context.response.content_length, 4u);
  }
}

TEST(LocalResponse, LeavesNothingOfAnEarlierAnswerUnlessItIsToBeKept) {
  TestRequest request("");
  for (const bool keep : {false, true}) {
    request.get("/");
    context::Response& response = request.context.response;
    response.fields.add({"Set-Cookie", "a=1", http::FieldId::set_cookie});
    response.fields.add({"Content-Type", "kept/type", http::FieldId::content_type});
    response.reason = "Upstream Words";
    response.from_upstream = true;
    response.keep_fields = keep;
    local_response(200, "own/type", "", request.context);
    EXPECT_EQ(response.fields.has(http::FieldId::set_cookie), keep);
    EXPECT_EQ(response.fields.get(http::FieldId::content_type), keep ? "kept/type" : "own/type");
    EXPECT_EQ(response.reason, "");
    EXPECT_FALSE(response.from_upstream);
  }
}

TEST(Errors, ThatCloseTheConnectionAreNginxs) {
  for (const int status : {400, 413, 414, 494, 495, 496, 497, 500, 501}) EXPECT_TRUE(closes_connection(status));
  for (const int status : {200, 301, 401, 403, 404, 405, 408, 411, 416, 429, 502, 503, 504}) {
    EXPECT_FALSE(closes_connection(status)) << status;
  }
}

}  // namespace
}  // namespace drishti::filters
