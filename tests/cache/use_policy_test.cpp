// What happens to a stored response: RFC 9111 4, 4.2.4, 5.2.1, RFC 5861, RFC 8246, and proxy_cache_use_stale.

#include "cache/use_policy.hpp"

#include <gtest/gtest.h>

#include <string>

namespace drishti::cache {
namespace {

constexpr std::int64_t stored_at = 1'000'000;

/// Fresh for 100 s; AGE in seconds is what it has at the time asked about.
Freshness for_100_seconds() {
  Freshness freshness;
  freshness.response_at = stored_at;
  freshness.lifetime = 100'000;
  return freshness;
}

CacheControl request(std::string_view value) {
  CacheControl control;
  read_cache_control(value, control);
  return control;
}

std::string name(Use use) {
  switch (use) {
    case Use::fresh: return "fresh";
    case Use::stale: return "stale";
    case Use::stale_and_update: return "stale+update";
    case Use::validate: return "validate";
    case Use::fetch: return "fetch";
    case Use::gateway_timeout: return "504";
  }
  return "?";
}

std::string use(const Freshness& freshness, std::int64_t age, std::string_view client = "", const UseRules& rules = {}) {
  return name(decide_use(&freshness, request(client), rules, stored_at + age * 1000));
}

bool may_stand_in(const Freshness& freshness, StaleReason reason, std::int64_t age, std::string_view client = "",
                  const UseRules& rules = {}) {
  return may_use_stale(freshness, request(client), rules, reason, stored_at + age * 1000);
}

TEST(UsePolicy, IsFreshUntilItsLifetimeIsOver) {
  Freshness freshness = for_100_seconds();
  EXPECT_EQ(use(freshness, 0), "fresh");
  EXPECT_EQ(use(freshness, 99), "fresh");
  EXPECT_EQ(use(freshness, 100), "validate");
  freshness.initial_age = 50'000;
  EXPECT_EQ(use(freshness, 49), "fresh");
  EXPECT_EQ(use(freshness, 50), "validate");
  EXPECT_EQ(use(freshness, -1000), "fresh") << "C19: a clock that jumped back makes nothing younger than it came";
  freshness.always_validate = true;
  EXPECT_EQ(use(freshness, 0), "validate");
}

TEST(UsePolicy, AMissAsksTheOriginUnlessTheClientForbids) {
  EXPECT_EQ(name(decide_use(nullptr, request(""), {}, 0)), "fetch");
  EXPECT_EQ(name(decide_use(nullptr, request("only-if-cached"), {}, 0)), "504");
}

TEST(UsePolicy, HonoursTheDirectivesOfTheClient) {
  struct {
    std::string_view client;
    std::int64_t age;
    std::string_view expected;
  } const cases[] = {
      {"no-cache", 0, "validate"},      {"max-age=0", 0, "validate"},
      {"max-age=10", 10, "fresh"},      {"max-age=10", 11, "validate"},
      {"min-fresh=10", 90, "fresh"},    {"min-fresh=10", 91, "validate"},
      {"max-stale", 100000, "stale"},   {"max-stale=10", 110, "stale"},
      {"max-stale=10", 111, "validate"}, {"max-stale=10, max-age=105", 110, "validate"},
      {"max-stale, min-fresh=1", 110, "validate"},
      {"only-if-cached", 50, "fresh"},  {"only-if-cached", 100, "504"},
      {"only-if-cached, no-cache", 50, "504"}, {"only-if-cached, max-stale", 150, "stale"},
      {"no-store", 50, "fresh"},        {"no-transform", 50, "fresh"},
  };
  for (const auto& c : cases) EXPECT_EQ(use(for_100_seconds(), c.age, c.client), c.expected) << c.client << c.age;
}

TEST(UsePolicy, IsDeafToTheClientWhenToldSo) {
  const UseRules deaf{.honour_request_directives = false, .use_stale = {}, .background_update = {}};
  EXPECT_EQ(use(for_100_seconds(), 50, "no-cache, max-age=0, min-fresh=90", deaf), "fresh");
  EXPECT_EQ(use(for_100_seconds(), 150, "max-stale, only-if-cached", deaf), "validate");
  EXPECT_EQ(name(decide_use(nullptr, request("only-if-cached"), deaf, 0)), "fetch");
}

TEST(UsePolicy, AReloadOfTheImmutableStaysHere) {
  Freshness freshness = for_100_seconds();
  freshness.immutable = true;
  EXPECT_EQ(use(freshness, 50, "max-age=0"), "fresh");
  EXPECT_EQ(use(freshness, 50, "no-cache"), "validate");
  EXPECT_EQ(use(freshness, 100, "max-age=0, max-stale"), "validate");
}

TEST(UsePolicy, ServesStaleWhileItRevalidates) {
  Freshness freshness = for_100_seconds();
  freshness.stale_while_revalidate = 30'000;
  EXPECT_EQ(use(freshness, 130), "stale+update");
  EXPECT_EQ(use(freshness, 131), "validate");
  EXPECT_EQ(use(freshness, 110, "no-cache"), "validate");
  freshness.shared_lifetime = true;
  EXPECT_EQ(use(freshness, 130), "stale+update") << "the same origin said s-maxage and stale-while-revalidate";
  const UseRules in_front{.honour_request_directives = true, .use_stale = {}, .background_update = false};
  EXPECT_EQ(use(freshness, 130, "", in_front), "validate");
  EXPECT_TRUE(may_stand_in(freshness, StaleReason::updating, 130, "", in_front));
  EXPECT_FALSE(may_stand_in(freshness, StaleReason::updating, 131, "", in_front));
}

// Found by the property test: whoever asks while another request fetches got what is stored, even if he wanted newer.
TEST(UsePolicy, WhoWantsNewerWaitsForTheUpdate) {
  Freshness freshness = for_100_seconds();
  freshness.stale_while_revalidate = 30'000;
  UseRules rules;
  rules.use_stale.add(StaleReason::updating);
  for (const UseRules& each : {UseRules{}, rules}) {
    EXPECT_TRUE(may_stand_in(freshness, StaleReason::updating, 110, "", each));
    EXPECT_TRUE(may_stand_in(freshness, StaleReason::updating, 110, "max-age=110", each));
    for (const std::string_view client : {"no-cache", "max-age=0", "max-age=109", "min-fresh=1"})
      EXPECT_FALSE(may_stand_in(freshness, StaleReason::updating, 110, client, each)) << client;
  }
  rules.honour_request_directives = false;
  EXPECT_TRUE(may_stand_in(freshness, StaleReason::updating, 110, "no-cache", rules));
  freshness.stale_if_error = 30'000;
  EXPECT_TRUE(may_stand_in(freshness, StaleReason::error, 110, "no-cache")) << "there is no newer";
}

TEST(UsePolicy, BackgroundUpdateOfNginxNeedsTheWordUpdating) {
  UseRules rules;
  rules.background_update = true;
  EXPECT_EQ(use(for_100_seconds(), 5000, "", rules), "validate");
  rules.use_stale.add(StaleReason::updating);
  EXPECT_EQ(use(for_100_seconds(), 5000, "", rules), "stale+update");
  rules.background_update = {};
  EXPECT_EQ(use(for_100_seconds(), 5000, "", rules), "validate");
}

TEST(UsePolicy, MustRevalidateForbidsWhateverAnybodyAllows) {
  UseRules rules;
  rules.background_update = true;
  for (unsigned i = 0; i <= static_cast<unsigned>(StaleReason::http_429); ++i) rules.use_stale.add(StaleReason{
      static_cast<std::uint8_t>(i)});
  for (const bool no_cache : {false, true}) {
    Freshness freshness = for_100_seconds();
    freshness.stale_while_revalidate = freshness.stale_if_error = 1'000'000;
    freshness.must_revalidate = !no_cache;
    freshness.always_validate = no_cache;
    EXPECT_EQ(use(freshness, 101, "max-stale", rules), "validate");
    EXPECT_FALSE(may_stand_in(freshness, StaleReason::error, 101, "stale-if-error=999", rules));
    EXPECT_FALSE(may_stand_in(freshness, StaleReason::updating, 101, "", rules));
  }
}

TEST(UsePolicy, SMaxageForbidsTheClientButNotTheConfiguration) {
  Freshness freshness = for_100_seconds();
  freshness.shared_lifetime = true;
  EXPECT_EQ(use(freshness, 101, "max-stale"), "validate");
  EXPECT_FALSE(may_stand_in(freshness, StaleReason::error, 101, "stale-if-error=999"));
  UseRules rules;
  rules.use_stale.add(StaleReason::error);
  EXPECT_TRUE(may_stand_in(freshness, StaleReason::error, 101, "", rules));
}

TEST(UseStale, GoesByTheWordsWritten) {
  for (unsigned i = 0; i <= static_cast<unsigned>(StaleReason::http_429); ++i) {
    const auto reason = static_cast<StaleReason>(i);
    UseRules rules;
    EXPECT_FALSE(may_stand_in(for_100_seconds(), reason, 500, "", rules));
    rules.use_stale.add(reason);
    for (unsigned k = 0; k <= static_cast<unsigned>(StaleReason::http_429); ++k) {
      EXPECT_EQ(may_stand_in(for_100_seconds(), static_cast<StaleReason>(k), 500, "", rules), i == k);
    }
  }
}

TEST(UseStale, StaleIfErrorIsForFailuresOnly) {
  Freshness freshness = for_100_seconds();
  freshness.stale_if_error = 30'000;
  for (const auto reason : {StaleReason::error, StaleReason::timeout, StaleReason::invalid_header, StaleReason::http_500,
                            StaleReason::http_502, StaleReason::http_503, StaleReason::http_504}) {
    EXPECT_TRUE(may_stand_in(freshness, reason, 130));
    EXPECT_FALSE(may_stand_in(freshness, reason, 131));
    EXPECT_TRUE(may_stand_in(for_100_seconds(), reason, 130, "stale-if-error=30"));
    EXPECT_FALSE(may_stand_in(for_100_seconds(), reason, 131, "stale-if-error=30"));
  }
  for (const auto reason : {StaleReason::updating, StaleReason::http_403, StaleReason::http_404, StaleReason::http_429}) {
    EXPECT_FALSE(may_stand_in(freshness, reason, 110, "stale-if-error=30"));
  }
}

TEST(UseStale, KnowsTheReasonOfAStatus) {
  for (const int status : {500, 502, 503, 504, 403, 404, 429}) EXPECT_TRUE(stale_reason_of(status)) << status;
  for (const int status : {200, 304, 400, 401, 410, 501, 505}) EXPECT_FALSE(stale_reason_of(status)) << status;
}

}  // namespace
}  // namespace drishti::cache
