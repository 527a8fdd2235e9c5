#include "filters/expires.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "filters/response_headers.hpp"
#include "tests/support/context_builder.hpp"

namespace drishti::filters {
namespace {

using http::FieldId;
using tests::TestRequest;

/// `Expires | Cache-Control` of a response at Sun, 06 Nov 1994 08:49:37 GMT.
std::string kept(TestRequest& request) {
  apply_add_headers(request.context);
  const http::FieldList& fields = request.context.response.fields;
  std::string all;
  for (const FieldId id : {FieldId::expires, FieldId::cache_control}) {
    for (const http::Field& field : fields)
      if (field.id == id && !field.name.empty()) all.append(field.value).append(id == FieldId::expires ? " | " : "");
  }
  return all;
}

std::string kept(const std::string& directives, int status = 200, const std::string& modified = {}) {
  TestRequest request("location / { return 200; " + directives + " }");
  request.context.response.status = status;
  request.context.response.fields.add({"Expires", "0", FieldId::expires});
  request.context.response.fields.add({"Cache-Control", "private", FieldId::cache_control});
  if (!modified.empty()) request.context.response.fields.add({"Last-Modified", modified, FieldId::last_modified});
  return kept(request);
}

TEST(Expires, WritesBothFieldsOverWhatIsThere) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "0 | private"},
      {"expires off;", "0 | private"},
      {"expires epoch;", "Thu, 01 Jan 1970 00:00:01 GMT | no-cache"},
      {"expires max;", "Thu, 31 Dec 2037 23:55:55 GMT | max-age=315360000"},
      {"expires 1h;", "Sun, 06 Nov 1994 09:49:37 GMT | max-age=3600"},
      {"expires +1d;", "Mon, 07 Nov 1994 08:49:37 GMT | max-age=86400"},
      {"expires 0;", "Sun, 06 Nov 1994 08:49:37 GMT | max-age=0"},
      {"expires -1;", "Sun, 06 Nov 1994 08:49:36 GMT | no-cache"},
      {"expires modified 1h;", "Sun, 06 Nov 1994 09:49:37 GMT | max-age=3600"},
  };
  for (const auto& [directives, expected] : cases) EXPECT_EQ(kept(directives), expected) << directives;
}

TEST(Expires, CountsFromLastModifiedWhenItIsAsked) {
  const std::string hour_ago = "Sun, 06 Nov 1994 07:49:37 GMT";
  EXPECT_EQ(kept("expires modified 2h;", 200, hour_ago), "Sun, 06 Nov 1994 09:49:37 GMT | max-age=3600");
  EXPECT_EQ(kept("expires modified 1m;", 200, hour_ago), "Sun, 06 Nov 1994 07:50:37 GMT | no-cache") << "over already";
  EXPECT_EQ(kept("expires 2h;", 200, hour_ago), "Sun, 06 Nov 1994 10:49:37 GMT | max-age=7200");
}

TEST(Expires, AtATimeOfTheDayIsTheNextOne) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  EXPECT_EQ(kept("expires @10h30m;"), "Sun, 06 Nov 1994 10:30:00 GMT | max-age=6023");
  EXPECT_EQ(kept("expires @8h;"), "Mon, 07 Nov 1994 08:00:00 GMT | max-age=83423");
  EXPECT_EQ(kept("expires @0;"), "Mon, 07 Nov 1994 00:00:00 GMT | max-age=54623");
}

TEST(Expires, AppliesToTheStatusesOfAddHeader) {
  for (const int status : {200, 201, 204, 206, 301, 302, 303, 304, 307, 308}) EXPECT_NE(kept("expires 1h;", status), "0 | private");
  for (const int status : {400, 404, 500, 502}) EXPECT_EQ(kept("expires 1h;", status), "0 | private") << status;
}

TEST(Expires, AVariableDecidesPerRequest) {
  TestRequest request("location / { return 200; expires $arg_time; }");
  const std::pair<const char*, const char*> cases[] = {
      {"1h", "Sun, 06 Nov 1994 09:49:37 GMT | max-age=3600"}, {"epoch", "Thu, 01 Jan 1970 00:00:01 GMT | no-cache"},
      {"off", ""}, {"", ""}, {"soon", ""}, {"-5", "Sun, 06 Nov 1994 08:49:32 GMT | no-cache"}};
  for (const auto& [value, expected] : cases) {
    request.get("/?time=" + std::string(value));
    request.context.response.status = 200;
    EXPECT_EQ(kept(request), expected) << value;
  }
}

}  // namespace
}  // namespace drishti::filters
