// What of a response a `match` looks at.
#include "upstream/health_match.hpp"

#include <gtest/gtest.h>

namespace drishti::upstream {
namespace {

using conf::HealthMatch;
using HeaderTest = HealthMatch::Header::Test;

http::ResponseHead head_of(int status, std::initializer_list<http::Field> fields = {}) {
  http::ResponseHead head;
  head.status = status;
  for (const http::Field& field : fields) head.fields.add(field);
  return head;
}

HealthMatch with_header(HeaderTest test, const std::string& value) {
  HealthMatch match;
  HealthMatch::Header header{"x-state", test, value, {}};
  if (test == HeaderTest::match || test == HeaderTest::not_match) header.regex = conf::Regex(value, false);
  match.headers.push_back(header);
  return match;
}

TEST(HealthMatch, WithoutOneStatus200To399Passes) {
  for (const int status : {200, 204, 302, 399}) EXPECT_FALSE(find_head_mismatch(nullptr, head_of(status))) << status;
  for (const int status : {400, 404, 500, 503}) EXPECT_TRUE(find_head_mismatch(nullptr, head_of(status))) << status;
}

TEST(HealthMatch, AMatchWithoutStatusLooksAtNone) {
  EXPECT_FALSE(find_head_mismatch(std::make_unique<HealthMatch>().get(), head_of(500)));
}

TEST(HealthMatch, AllStatusLinesHaveToHold) {
  HealthMatch match;
  match.statuses = {{false, {{200, 299}, {401, 401}}}, {true, {{204, 204}}}};
  EXPECT_FALSE(find_head_mismatch(&match, head_of(200)));
  EXPECT_FALSE(find_head_mismatch(&match, head_of(401)));
  EXPECT_TRUE(find_head_mismatch(&match, head_of(204)));
  EXPECT_TRUE(find_head_mismatch(&match, head_of(302)));
  EXPECT_EQ(find_head_mismatch(&match, head_of(302))->reason, "status 302");
}

TEST(HealthMatch, HeaderTests) {
  const struct {
    HeaderTest test;
    const char* value;
    bool up, down, both, none;  // X-State: up; down; up and down; no such field
  } cases[] = {{HeaderTest::exists, "", true, true, true, false},      {HeaderTest::missing, "", false, false, false, true},
               {HeaderTest::equal, "UP", true, false, true, false},    {HeaderTest::not_equal, "up", false, true, false, true},
               {HeaderTest::match, "^u", true, false, true, false},    {HeaderTest::not_match, "^u", false, true, false, true}};
  const http::Field up{"X-State", "up"}, down{"x-state", "down"};
  for (const auto& c : cases) {
    const HealthMatch match = with_header(c.test, c.value);
    const int id = static_cast<int>(c.test);
    EXPECT_EQ(!find_head_mismatch(&match, head_of(200, {up})), c.up) << id;
    EXPECT_EQ(!find_head_mismatch(&match, head_of(200, {down})), c.down) << id;
    EXPECT_EQ(!find_head_mismatch(&match, head_of(200, {up, down})), c.both) << id;
    EXPECT_EQ(!find_head_mismatch(&match, head_of(200)), c.none) << id;
  }
}

TEST(HealthMatch, BodyTests) {
  HealthMatch match;
  match.bodies.push_back({false, conf::Regex("ok", false)});
  match.bodies.push_back({true, conf::Regex("fail", true)});
  EXPECT_FALSE(find_body_mismatch(match, "all ok"));
  EXPECT_TRUE(find_body_mismatch(match, "all fine"));
  EXPECT_TRUE(find_body_mismatch(match, "ok but FAILing"));
}

}  // namespace
}  // namespace drishti::upstream
