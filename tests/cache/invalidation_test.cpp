// What a successful unsafe request makes invalid. RFC 9111 4.4, threat C23.

#include "cache/invalidation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cache/fields.hpp"

namespace drishti::cache {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using http::Method;
using testing::fields;
using testing::Lines;

const TargetUri target{.scheme = "https", .host = "Example.com", .port = "", .target = "/a/b?q=1"};

std::vector<std::string> dropped(const Lines& response, int status = 200, Method method = Method::post) {
  http::ResponseHead head;
  head.status = status;
  head.fields = fields(response);
  return invalidated_targets(method, target, head);
}

TEST(Invalidation, IsOfTheTargetAfterAnUnsafeMethodThatDidNotFail) {
  for (const int status : {200, 201, 204, 302, 303}) EXPECT_THAT(dropped({}, status), ElementsAre("/a/b?q=1")) << status;
  for (const int status : {101, 400, 404, 412, 500, 503}) EXPECT_THAT(dropped({}, status), IsEmpty()) << status;
  for (const auto method : {Method::put, Method::delete_, Method::patch, Method::other, Method::mkcol}) {
    EXPECT_THAT(dropped({}, 204, method), ElementsAre("/a/b?q=1"));
  }
  for (const auto method : {Method::get, Method::head, Method::options, Method::trace, Method::propfind}) {
    EXPECT_THAT(dropped({}, 200, method), IsEmpty());
  }
}

TEST(Invalidation, ResolvesLocationAgainstTheTarget) {
  const std::pair<std::string_view, std::string> cases[] = {
      {"/x", "/x"},
      {"/x?y=1#z", "/x?y=1"},
      {"c", "/a/c"},
      {"../c", "/c"},
      {"../../../c", "/c"},
      {"./c/./d/..", "/a/c/"},
      {"?n=2", "/a/b?n=2"},
      {"https://example.com/x/../y", "/y"},
      {"HTTPS://EXAMPLE.COM:443/x", "/x"},
      {"https://example.com", "/"},
      {"https://example.com?z", "/?z"},
      {"//example.com/x", "/x"},
      {"c:d", ""},
      {"./c:d", "/a/c:d"},
  };
  for (const auto& [location, expected] : cases) {
    const auto found = dropped({{"Location", location}});
    if (expected.empty())
      EXPECT_THAT(found, ElementsAre("/a/b?q=1")) << location;
    else
      EXPECT_THAT(found, ElementsAre("/a/b?q=1", expected)) << location;
  }
}

TEST(Invalidation, IsNeverOfAnotherOrigin) {
  for (const std::string_view location :
       {"http://example.com/x", "https://example.com:8443/x", "https://other.com/x", "//other.com/x",
        "https://example.com.other.com/x", "https://example.com@other.com/x", "https:/x", "https:x", "mailto:a@b",
        "https://user@example.com/x", "//", "https://"}) {
    EXPECT_THAT(dropped({{"Location", location}}), ElementsAre("/a/b?q=1")) << location;
  }
}

TEST(Invalidation, NamesEachTargetOnce) {
  EXPECT_THAT(dropped({{"Location", "/x"}, {"Content-Location", "/y"}}), ElementsAre("/a/b?q=1", "/x", "/y"));
  EXPECT_THAT(dropped({{"Location", "/x"}, {"Content-Location", "https://example.com/x"}}),
              ElementsAre("/a/b?q=1", "/x"));
  EXPECT_THAT(dropped({{"Location", ""}, {"Content-Location", "b?q=1"}}), ElementsAre("/a/b?q=1"));
}

TEST(Invalidation, IgnoresAReferenceThatIsTooLong) {
  const std::string huge = "/" + std::string(9000, 'x');
  EXPECT_THAT(dropped({{"Location", huge}}), ElementsAre("/a/b?q=1"));
}

}  // namespace
}  // namespace drishti::cache
