// Cache-Status of RFC 9211 and Age of RFC 9111 5.1.

#include "cache/cache_status.hpp"

#include <gtest/gtest.h>

namespace drishti::cache {
namespace {

std::string written(const CacheStatus& status) {
  std::string text;
  append_cache_status("Drishti", status, text);
  return text;
}

TEST(CacheStatus, TellsAHitFromEveryReasonToForward) {
  EXPECT_EQ(written({}), "Drishti; hit");
  const std::pair<Forward, const char*> reasons[] = {
      {Forward::bypass, "bypass"},       {Forward::method, "method"},   {Forward::uri_miss, "uri-miss"},
      {Forward::vary_miss, "vary-miss"}, {Forward::miss, "miss"},       {Forward::request, "request"},
      {Forward::stale, "stale"},         {Forward::partial, "partial"},
  };
  for (const auto& [forward, word] : reasons) {
    CacheStatus status;
    status.forward = forward;
    EXPECT_EQ(written(status), std::string("Drishti; fwd=") + word);
  }
}

TEST(CacheStatus, HasItsParametersInOneOrder) {
  CacheStatus status;
  status.forward = Forward::stale;
  status.forward_status = 304;
  status.ttl = -5;
  status.stored = status.collapsed = true;
  status.detail = "no-store";
  EXPECT_EQ(written(status), "Drishti; fwd=stale; fwd-status=304; stored; collapsed; ttl=-5; detail=no-store");
  status.forward = Forward::none;
  EXPECT_EQ(written(status), "Drishti; hit; ttl=-5; detail=no-store") << "the rest is of forwarded requests only";
}

TEST(CacheStatus, WritesNoDetailThatIsNoToken) {
  for (const char* detail : {"", "a b", "a\r\nX: y", "1a", "a;b", "\"a\""}) {
    CacheStatus status;
    status.detail = detail;
    EXPECT_EQ(written(status), "Drishti; hit") << detail;
  }
}

TEST(CacheStatus, CountsWholeSeconds) {
  Freshness freshness;
  freshness.response_at = 1000;
  freshness.initial_age = 500;
  freshness.lifetime = 10'000;
  EXPECT_EQ(age_seconds(freshness, 1000), 0);
  EXPECT_EQ(age_seconds(freshness, 1500), 1);
  EXPECT_EQ(age_seconds(freshness, 0), 0);
  EXPECT_EQ(ttl_seconds(freshness, 1000), 9);
  EXPECT_EQ(ttl_seconds(freshness, 10'500), 0);
  EXPECT_EQ(ttl_seconds(freshness, 10'501), -1);
  EXPECT_EQ(age_seconds(freshness, std::int64_t{1} << 50), std::int64_t{1} << 31);
}

}  // namespace
}  // namespace drishti::cache
