// What is stored, for how long, and without which fields. RFC 9111 3 and 4.2; nginx 1.22 for its own directives.

#include "cache/store_policy.hpp"

#include <gtest/gtest.h>

#include "tests/cache/fields.hpp"

namespace drishti::cache {
namespace {

using testing::fields;
using testing::Lines;

constexpr std::int64_t arrival = 784111777'000;  // Sun, 06 Nov 1994 08:49:37 GMT
constexpr const char* now_date = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* hour_ago = "Sun, 06 Nov 1994 07:49:37 GMT";
constexpr const char* in_an_hour = "Sun, 06 Nov 1994 09:49:37 GMT";
constexpr std::int64_t hour = 3600'000;

struct Trial {
  int status = 200;
  Lines request = {};
  http::Method method = http::Method::get;
  std::int64_t delay = 0;
};

StoreDecision store(const Lines& response, const StoreRules& rules = {}, const Trial& trial = {}) {
  const http::FieldList request = fields(trial.request);
  http::ResponseHead head;
  head.status = trial.status;
  head.fields = fields(response);
  return decide_store({trial.method, &request, &head, arrival - trial.delay, arrival}, rules);
}

/// The lifetime in seconds, or the word of the refusal.
std::string word_of(const StoreDecision& decision) {
  if (!decision.stored()) return std::string(text_of(decision.refusal));
  return std::to_string(decision.freshness.lifetime / 1000);
}
std::string outcome(const Lines& response, const StoreRules& rules = {}, const Trial& trial = {}) {
  return word_of(store(response, rules, trial));
}

StoreRules valid_for(int status, std::int64_t seconds) {
  StoreRules rules;
  rules.valid = {{status, seconds * 1000}};
  return rules;
}

TEST(StorePolicy, LifetimeIsSMaxageThenMaxAgeThenExpires) {
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=60, s-maxage=5"}, {"Expires", in_an_hour}}), "5");
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=60"}, {"Expires", in_an_hour}}), "60");
  EXPECT_EQ(outcome({{"Expires", in_an_hour}, {"Date", now_date}}), "3600");
  EXPECT_EQ(outcome({{"Expires", in_an_hour}}), "3600");
  const StoreDecision an_hour_old = store({{"Expires", in_an_hour}, {"Date", hour_ago}});
  EXPECT_EQ(word_of(an_hour_old), "7200");
  EXPECT_EQ(an_hour_old.keep, hour + 999);
}

TEST(StorePolicy, C03AnInvalidExpiresIsInThePast) {
  for (const char* value : {"0", "-1", "", "tomorrow", "Sun, 06 Nov 1994 09:49:37", hour_ago, now_date}) {
    EXPECT_EQ(outcome({{"Expires", value}}, valid_for(ValidTime::any, 60)), "no-lifetime") << value;
  }
  EXPECT_EQ(outcome({{"Expires", in_an_hour}, {"Expires", "0"}}), "no-lifetime");
}

TEST(StorePolicy, NothingSaidIsNotStored) {
  EXPECT_EQ(outcome({}), "no-lifetime");
  EXPECT_EQ(outcome({{"Last-Modified", hour_ago}, {"ETag", "\"a\""}}), "no-lifetime");
  EXPECT_EQ(outcome({{"Cache-Control", "public"}}), "no-lifetime");
}

TEST(StorePolicy, HeuristicFreshnessOnlyWhenAsked) {
  StoreRules rules;
  rules.heuristic = true;
  EXPECT_EQ(outcome({{"Last-Modified", hour_ago}, {"Date", now_date}}, rules), "360");
  EXPECT_EQ(outcome({{"Last-Modified", "Sun, 06 Nov 1904 08:49:37 GMT"}}, rules), "86400");
  EXPECT_EQ(outcome({{"Last-Modified", in_an_hour}}, rules), "no-lifetime");
  EXPECT_EQ(outcome({{"Last-Modified", hour_ago}}, rules, {.status = 302}), "no-lifetime");
  EXPECT_EQ(outcome({}, rules), "no-lifetime");
}

TEST(StorePolicy, C03PrivateNoStoreAndNoCache) {
  EXPECT_EQ(outcome({{"Cache-Control", "private, max-age=60"}}), "private");
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=60"}, {"Cache-Control", "no-store"}}), "no-store");
  EXPECT_EQ(outcome({{"Cache-Control", "no-cache, max-age=60"}}), "no-lifetime");
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=0"}}), "no-lifetime");
  EXPECT_EQ(outcome({{"Cache-Control", "s-maxage=0, max-age=60"}}), "no-lifetime");
  EXPECT_EQ(outcome({{"Cache-Control", "private=\"x\", max-age=60"}}), "60");
  EXPECT_EQ(outcome({{"Cache-Control", "private"}}, valid_for(200, 60)), "private");
}

TEST(StorePolicy, WhatMustBeValidatedIsStoredToBeValidated) {
  StoreRules rules;
  rules.revalidate = true;
  const StoreDecision decision = store({{"Cache-Control", "no-cache"}, {"ETag", "\"a\""}}, rules);
  EXPECT_TRUE(decision.stored());
  EXPECT_TRUE(decision.freshness.always_validate);
  EXPECT_EQ(decision.keep, rules.keep_stale);
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=0"}, {"Last-Modified", hour_ago}}, rules), "0");
  EXPECT_EQ(outcome({{"Cache-Control", "no-cache"}, {"ETag", "bad"}}, rules), "no-lifetime");
}

TEST(StorePolicy, MustUnderstandPutsNoStoreAside) {
  EXPECT_EQ(outcome({{"Cache-Control", "must-understand, no-store, max-age=60"}}), "60");
  EXPECT_EQ(outcome({{"Cache-Control", "must-understand, no-store, max-age=60"}}, {}, {.status = 299}), "must-understand");
  EXPECT_EQ(outcome({{"Cache-Control", "must-understand, private, max-age=60"}}), "private");
}

TEST(StorePolicy, C09ErrorsNeedProxyCacheValid) {
  for (const int status : {200, 203, 204, 300, 301, 302, 303, 307, 308, 404, 405, 410, 414, 501}) {
    EXPECT_EQ(outcome({{"Cache-Control", "max-age=60"}}, {}, {.status = status}), "60") << status;
  }
  for (const int status : {201, 202, 205, 226, 299, 305, 400, 401, 403, 413, 416, 429, 431, 500, 502, 503, 504}) {
    EXPECT_EQ(outcome({{"Cache-Control", "max-age=60"}}, {}, {.status = status}), "status") << status;
    EXPECT_EQ(outcome({{"Cache-Control", "max-age=60"}}, valid_for(status, 5), {.status = status}), "60") << status;
  }
}

TEST(StorePolicy, C11PartialAnswersAreNeverStored) {
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=60"}}, valid_for(ValidTime::any, 60), {.status = 206}), "partial");
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=60"}}, valid_for(ValidTime::any, 60), {.status = 304}), "status");
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=60"}}, valid_for(ValidTime::any, 60), {.status = 103}), "status");
}

TEST(StorePolicy, C10OnlyAGetIsStoredAndAPostWhenAsked) {
  const Lines response = {{"Cache-Control", "max-age=60"}};
  EXPECT_EQ(outcome(response, {}, {.method = http::Method::head}), "method");
  EXPECT_EQ(outcome(response, {}, {.method = http::Method::post}), "method");
  StoreRules rules;
  rules.post = true;
  EXPECT_EQ(outcome(response, rules, {.method = http::Method::post}), "60");
  EXPECT_EQ(outcome(response, rules, {.method = http::Method::put}), "method");
}

TEST(StorePolicy, C02AuthorizationNeedsALeave) {
  const Trial trial{.request = {{"Authorization", "Basic YTpi"}}};
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=60"}}, {}, trial), "authorization");
  EXPECT_EQ(outcome({}, valid_for(200, 60), trial), "authorization");
  EXPECT_EQ(outcome({{"X-Accel-Expires", "60"}}, {}, trial), "authorization");
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=60, proxy-revalidate"}}, {}, trial), "authorization");
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=60, public"}}, {}, trial), "60");
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=60, must-revalidate"}}, {}, trial), "60");
  EXPECT_EQ(outcome({{"Cache-Control", "s-maxage=60"}}, {}, trial), "60");
  StoreRules keyed;
  keyed.key_has_authorization = true;
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=60"}}, keyed, trial), "60");
}

TEST(StorePolicy, C01SetCookieUnlessIgnoredOrNamed) {
  EXPECT_EQ(outcome({{"Cache-Control", "public, max-age=60"}, {"Set-Cookie", "a=b"}}), "set-cookie");
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=60, no-cache=\"set-cookie\""}, {"Set-Cookie", "a=b"}}), "60");
  StoreRules rules;
  rules.ignore.set_cookie = true;
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=60"}, {"Set-Cookie", "a=b"}}, rules), "60");
}

TEST(StorePolicy, VaryStarIsNotStoredUnlessIgnored) {
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=60"}, {"Vary", "*"}}), "vary");
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=60"}, {"Vary", "Accept"}, {"Vary", "Cookie, *"}}), "vary");
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=60"}, {"Vary", "Accept"}}), "60");
  StoreRules rules;
  rules.ignore.vary = true;
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=60"}, {"Vary", "*"}}, rules), "60");
}

TEST(StorePolicy, TheClientMayForbidStoring) {
  const Trial trial{.request = {{"Cache-Control", "no-store"}}};
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=60"}}, {}, trial), "request-no-store");
  StoreRules rules;
  rules.honour_request_directives = false;
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=60"}}, rules, trial), "60");
}

TEST(StorePolicy, XAccelExpiresGoesBeforeCacheControlAsInNginx) {
  EXPECT_EQ(outcome({{"X-Accel-Expires", "5"}, {"Cache-Control", "max-age=60"}}), "5");
  EXPECT_EQ(outcome({{"Cache-Control", "no-store, private"}, {"X-Accel-Expires", "5"}}), "5");
  EXPECT_EQ(outcome({{"X-Accel-Expires", "@784111787"}}), "10");
  EXPECT_EQ(outcome({{"X-Accel-Expires", "@784111700"}}), "x-accel-expires");
  EXPECT_EQ(outcome({{"X-Accel-Expires", "0"}, {"Cache-Control", "max-age=60"}}), "x-accel-expires");
  EXPECT_EQ(outcome({{"X-Accel-Expires", "soon"}, {"Cache-Control", "max-age=60"}}), "60");
  EXPECT_EQ(outcome({{"X-Accel-Expires", "-1"}, {"Cache-Control", "max-age=60"}}), "60");
  EXPECT_EQ(outcome({{"X-Accel-Expires", "5"}}, {}, {.status = 500}), "5");
  StoreRules rules;
  rules.ignore.accel_expires = true;
  EXPECT_EQ(outcome({{"X-Accel-Expires", "5"}, {"Cache-Control", "max-age=60"}}, rules), "60");
  const StoreDecision decision = store({{"X-Accel-Expires", "5"}, {"Cache-Control", "no-cache, stale-if-error=9"}});
  EXPECT_FALSE(decision.freshness.always_validate);
  EXPECT_EQ(decision.freshness.stale_if_error, 9000);
}

TEST(StorePolicy, ProxyCacheValidIsForResponsesThatSayNothing) {
  StoreRules rules;
  rules.valid = {{200, 60'000}, {404, 0}, {ValidTime::any, 5'000}};
  EXPECT_EQ(outcome({}, rules), "60");
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=7"}}, rules), "7");
  EXPECT_EQ(outcome({}, rules, {.status = 404}), "no-lifetime");
  EXPECT_EQ(outcome({}, rules, {.status = 503}), "5");
  rules.ignore.cache_control = rules.ignore.expires = true;
  EXPECT_EQ(outcome({{"Cache-Control", "no-store, private"}, {"Expires", "0"}}, rules), "60");
  EXPECT_EQ(outcome({{"CDN-Cache-Control", "no-store"}}, rules), "60");
}

TEST(StorePolicy, NginxTimesStartAtArrivalHoweverOldTheResponseIs) {
  const StoreDecision decision = store({{"Age", "100"}}, valid_for(200, 60));
  EXPECT_TRUE(decision.freshness.is_fresh(arrival + 59'999));
  EXPECT_FALSE(decision.freshness.is_fresh(arrival + 60'000));
  EXPECT_EQ(decision.freshness.age(arrival), 100'000);
}

TEST(StorePolicy, TheTargetedFieldTakesTheWord) {
  EXPECT_EQ(outcome({{"CDN-Cache-Control", "max-age=600"}, {"Cache-Control", "no-store"}, {"Expires", "0"}}), "600");
  EXPECT_EQ(outcome({{"CDN-Cache-Control", "no-store"}, {"Cache-Control", "max-age=60"}}), "no-store");
  EXPECT_EQ(outcome({{"CDN-Cache-Control", "max-age=x y"}, {"Cache-Control", "max-age=60"}}), "60");
  StoreRules rules;
  rules.targeted = "";
  EXPECT_EQ(outcome({{"CDN-Cache-Control", "max-age=600"}, {"Cache-Control", "max-age=60"}}, rules), "60");
}

TEST(StorePolicy, TheTargetedFieldPutsExpiresAside) {
  EXPECT_EQ(outcome({{"CDN-Cache-Control", "public"}, {"Expires", in_an_hour}}), "no-lifetime");
}

TEST(Freshness, CountsTheAgeOfAllHops) {
  struct {
    Lines lines;
    std::int64_t delay, age;
  } const cases[] = {
      {{{"Age", "10"}}, 0, 10'000},
      {{{"Age", "10"}}, 500, 10'500},
      {{{"Age", "10, 20"}}, 0, 10'000},
      {{{"Age", "10"}, {"Age", "20"}}, 0, 10'000},
      {{{"Age", "abc"}}, 0, 0},
      {{{"Age", "-5"}}, 0, 0},
      {{{"Age", "99999999999"}}, 0, 2147483648'000},
      {{{"Date", hour_ago}}, 0, hour - 999},
      {{{"Date", hour_ago}, {"Age", "7200"}}, 0, 2 * hour},
      {{{"Date", hour_ago}, {"Age", "5"}}, 0, hour - 999},
      {{{"Date", now_date}}, 0, 0},
      {{{"Date", in_an_hour}}, 0, 0},
      {{{"Date", "garbage"}}, 20, 20},
      {{{"Date", hour_ago}, {"Date", hour_ago}}, 0, 0},
  };
  StoreRules rules = valid_for(200, 60);
  for (const auto& c : cases) {
    const StoreDecision decision = store(c.lines, rules, {.delay = c.delay});
    EXPECT_EQ(decision.freshness.initial_age, c.age);
  }
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=60"}, {"Age", "60"}}), "no-lifetime");
}

TEST(StorePolicy, SaysHowLongItIsOfUse) {
  EXPECT_EQ(store({{"Cache-Control", "max-age=60"}, {"Age", "10"}}).keep, 50'000);
  EXPECT_EQ(store({{"Cache-Control", "max-age=60, stale-while-revalidate=30, stale-if-error=90"}}).keep, 150'000);
  EXPECT_EQ(store({{"Cache-Control", "max-age=60, stale-if-error=90, must-revalidate"}}).keep, 60'000);
  StoreRules rules;
  rules.use_stale = true;
  EXPECT_EQ(store({{"Cache-Control", "max-age=60"}}, rules).keep, 60'000 + rules.keep_stale);
  EXPECT_EQ(store({{"Cache-Control", "max-age=60, must-revalidate"}}, rules).keep, 60'000);
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=60, stale-while-revalidate=30"}, {"Age", "80"}}), "60");
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=60, stale-while-revalidate=30"}, {"Age", "90"}}), "no-lifetime");
}

TEST(StorePolicy, RemembersWhatTheResponseForbids) {
  const Freshness freshness =
      store({{"Cache-Control", "s-maxage=60, proxy-revalidate, immutable"}, {"ETag", "W/\"a\""}}).freshness;
  EXPECT_TRUE(freshness.must_revalidate && freshness.shared_lifetime && freshness.immutable && freshness.has_validator);
  EXPECT_EQ(freshness.stale_while_revalidate, -1);
  const Freshness plain = store({{"Cache-Control", "max-age=60"}}).freshness;
  EXPECT_FALSE(plain.must_revalidate || plain.shared_lifetime || plain.immutable || plain.has_validator);
}

std::string update(const Lines& merged, const Trial& trial, std::int64_t expected_age) {
  const http::FieldList request = fields(trial.request), head = fields(merged);
  http::ResponseHead not_modified;
  not_modified.status = 304;
  not_modified.fields = fields({{"Age", "3"}});
  const auto decision = decide_update({trial.method, &request, &not_modified, arrival, arrival}, trial.status, head, {});
  EXPECT_EQ(decision.freshness.initial_age, expected_age);
  if (!decision.stored()) return std::string(text_of(decision.refusal)) + (removes_stored(decision.refusal) ? "!" : "");
  return std::to_string(decision.freshness.lifetime / 1000);
}

TEST(StoreUpdate, GoesByTheMergedHeadAndTheStoredStatus) {
  EXPECT_EQ(update({{"Cache-Control", "max-age=60"}}, {}, 3000), "60");
  EXPECT_EQ(update({{"Cache-Control", "max-age=60"}, {"Set-Cookie", "a=b"}}, {}, 3000), "60");
  EXPECT_EQ(update({{"Cache-Control", "no-store"}}, {}, 0), "no-store!");
  EXPECT_EQ(update({{"Cache-Control", "max-age=60"}}, {.request = {{"Authorization", "x"}}}, 0), "authorization");
  EXPECT_EQ(update({{"Cache-Control", "max-age=60"}}, {.request = {{"Cache-Control", "no-store"}}}, 0),
            "request-no-store");
}

TEST(StorableFields, LeavesOutWhatIsForOneHopOrOneClient) {
  const auto response = fields({{"Connection", "keep-alive, X-Hop, Set-Cookie, ETag"},
                                {"Keep-Alive", "timeout=5"},
                                {"Transfer-Encoding", "chunked"},
                                {"Trailer", "x"},
                                {"Upgrade", "h2c"},
                                {"Content-Length", "5"},
                                {"Age", "7"},
                                {"X-Hop", "1"},
                                {"Set-Cookie", "a=b"},
                                {"Set-Cookie2", "a=b"},
                                {"Proxy-Authenticate", "Basic"},
                                {"Proxy-Authentication-Info", "x"},
                                {"proxy-connection", "close"},
                                {"ETag", "\"a\""},
                                {"Cache-Control", "max-age=5, no-cache=\"X-User\", private=\"x-group\""},
                                {"x-user", "1"},
                                {"X-Group", "2"},
                                {"X-Accel-Expires", "5"},
                                {"Content-Type", "text/plain"}});
  http::FieldList kept;
  add_storable_fields(response, {}, kept);
  EXPECT_EQ(testing::text_of(kept),
            "ETag: \"a\"|Cache-Control: max-age=5, no-cache=\"X-User\", private=\"x-group\"|X-Accel-Expires: 5|"
            "Content-Type: text/plain");
}

}  // namespace
}  // namespace drishti::cache
