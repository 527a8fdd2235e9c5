// Cache-Control as written in the wild: RFC 9111 5.2, and its targeted form, RFC 9213.

#include "cache/cache_control.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/cache/fields.hpp"
#include "tests/support/allocation_counter.hpp"

namespace drishti::cache {
namespace {

using testing::fields;

/// What was understood, in a fixed order: `max-age=5 no-store no-cache[2]`.
std::string describe(const CacheControl& control) {
  std::string text;
  const auto number = [&](const char* name, std::int64_t value) {
    if (value != CacheControl::not_said) text += std::string(name) + "=" + std::to_string(value) + " ";
  };
  const auto flag = [&](const char* name, bool value) { text += value ? std::string(name) + " " : ""; };
  const auto list = [&](const char* name, const FieldNames& names) {
    if (names.size() > 0) text += std::string(name) + "[" + std::to_string(names.size()) + "] ";
  };
  number("max-age", control.max_age), number("s-maxage", control.s_maxage);
  number("swr", control.stale_while_revalidate), number("sie", control.stale_if_error);
  number("max-stale", control.max_stale), number("min-fresh", control.min_fresh);
  flag("no-store", control.no_store), flag("no-cache", control.no_cache), flag("private", control.is_private);
  flag("public", control.is_public), flag("must-revalidate", control.must_revalidate);
  flag("proxy-revalidate", control.proxy_revalidate), flag("must-understand", control.must_understand);
  flag("only-if-cached", control.only_if_cached), flag("no-transform", control.no_transform);
  flag("immutable", control.immutable);
  list("no-cache", control.no_cache_fields), list("private", control.private_fields);
  if (!text.empty()) text.pop_back();
  return text;
}

std::string read(std::string_view value) {
  CacheControl control;
  read_cache_control(value, control);
  return describe(control);
}

struct Reading {
  std::string_view value, meaning;
};

TEST(CacheControl, ReadsEveryDirectiveInAnyCase) {
  const Reading cases[] = {
      {"max-age=60", "max-age=60"},
      {"S-MaxAge=60, MAX-AGE=5", "max-age=5 s-maxage=60"},
      {"public,max-age=31536000,immutable", "max-age=31536000 public immutable"},
      {"no-store", "no-store"},
      {"private, No-Cache", "no-cache private"},
      {"must-revalidate, proxy-revalidate, must-understand", "must-revalidate proxy-revalidate must-understand"},
      {"stale-while-revalidate=30, stale-if-error=600", "swr=30 sie=600"},
      {"only-if-cached, max-stale, min-fresh=3", "max-stale=2147483648 min-fresh=3 only-if-cached"},
      {"max-stale=7, no-transform", "max-stale=7 no-transform"},
      {" , ,\tmax-age=1 ,, ", "max-age=1"},
      {"", ""},
      {",", ""},
  };
  for (const Reading& c : cases) EXPECT_EQ(read(c.value), c.meaning) << c.value;
}

TEST(CacheControl, AcceptsTokenAndQuotedStringForms) {
  const Reading cases[] = {
      {"max-age=\"60\"", "max-age=60"},
      {"no-cache=\"Set-Cookie\"", "no-cache[1]"},
      {"no-cache=Set-Cookie", "no-cache[1]"},
      {"private=\"a , b,c\"", "private[3]"},
      {"private=\"a, A\"", "private[1]"},
      {"no-cache=\"a\", no-cache=\"b\"", "no-cache[2]"},
      {"no-cache=\"a\", no-cache", "no-cache no-cache[1]"},
      {"x=\"no-store, max-age=9\", max-age=1", "max-age=1"},
      {"x=\"\\\", no-store\", max-age=1", "max-age=1"},
  };
  for (const Reading& c : cases) EXPECT_EQ(read(c.value), c.meaning) << c.value;
}

TEST(CacheControl, TakesTheMostRestrictiveOfTwo) {
  const Reading cases[] = {
      {"max-age=60, max-age=5", "max-age=5"},
      {"max-age=5, max-age=60", "max-age=5"},
      {"s-maxage=5, s-maxage=x", "s-maxage=0"},
      {"min-fresh=5, min-fresh=60", "min-fresh=60"},
      {"max-stale, max-stale=5", "max-stale=5"},
      {"stale-while-revalidate=9, stale-while-revalidate=2", "swr=2"},
      {"public, private", "private public"},
  };
  for (const Reading& c : cases) EXPECT_EQ(read(c.value), c.meaning) << c.value;
}

TEST(CacheControl, C03WhatIsMalformedRestricts) {
  const Reading cases[] = {
      {"max-age", "max-age=0"},
      {"max-age=", "max-age=0"},
      {"max-age=-1", "max-age=0"},
      {"max-age=1.5", "max-age=0"},
      {"max-age=1 2", "max-age=0"},
      {"max-age =60", "max-age=0"},
      {"max-age= 60", "max-age=0"},
      {"max-age=\"60\"x", "max-age=0"},
      {"max-age=\"6\\0\"", "max-age=0"},
      {"min-fresh=x", "min-fresh=2147483648"},
      {"no-store=1", "no-store"},
      {"no-store =", "no-store"},
      {"must-revalidate=no", "must-revalidate"},
      {"public=1", ""},
      {"immutable=x, must-understand=\"\"", ""},
      {"no-cache=\"\"", "no-cache"},
      {"no-cache=\" , \"", "no-cache"},
      {"private=\"a b\"", "private"},
      {"private=\"a,b,c,d,e,f,g,h,i\"", "private private[8]"},
      {"max-age=60, x=\"no-store", "max-age=60 no-store"},
      {"private=\"a, max-age=60", "no-store private private[1]"},
      {"x\", no-store, y\"", "no-store"},
      {"no_store, nostore, no-store2, no store", ""},
  };
  for (const Reading& c : cases) EXPECT_EQ(read(c.value), c.meaning) << c.value;
}

TEST(CacheControl, TooLargeANumberIsTwoToTheThirtyFirst) {
  for (const char* digits : {"2147483648", "2147483649", "4294967297", "9223372036854775808", "99999999999999999999999"}) {
    EXPECT_EQ(parse_delta_seconds(digits), std::int64_t{1} << 31) << digits;
  }
  EXPECT_EQ(parse_delta_seconds("2147483647"), 2147483647);
  EXPECT_EQ(parse_delta_seconds("007"), 7);
  for (const char* other : {"", "+1", "-1", " 1", "1 ", "0x1", "1e3", "1,2"}) {
    EXPECT_EQ(parse_delta_seconds(other), CacheControl::not_said) << other;
  }
}

TEST(CacheControl, JoinsAllLinesOfAMessage) {
  const auto list = fields({{"Cache-Control", "max-age=60"}, {"X", "no-store"}, {"cache-control", "private=\"a\""}});
  EXPECT_EQ(describe(cache_control_of(list)), "max-age=60 private[1]");
  EXPECT_TRUE(cache_control_of(list).private_fields.contains("A"));
}

TEST(CacheControl, PragmaCountsInARequestWithoutCacheControl) {
  EXPECT_EQ(describe(request_cache_control(fields({{"Pragma", "x, No-Cache"}}))), "no-cache");
  EXPECT_EQ(describe(request_cache_control(fields({{"Pragma", "no-cache"}, {"Cache-Control", "max-age=5"}}))), "max-age=5");
  EXPECT_EQ(describe(request_cache_control(fields({{"Pragma", "cache"}}))), "");
  EXPECT_TRUE(request_cache_control(fields({{"Cache-Control", "no-cache=\"a\""}})).no_cache);
}

TEST(CacheControl, AllocatesNothing) {
  const auto list = fields({{"Cache-Control", "public, s-maxage=60, no-cache=\"Set-Cookie, Age\""}});
  const std::size_t before = tests::allocation_count();
  const CacheControl control = cache_control_of(list);
  EXPECT_EQ(tests::allocation_count(), before);
  EXPECT_EQ(describe(control), "s-maxage=60 public no-cache[2]");
}

std::string targeted(std::string_view value) {
  CacheControl control;
  const bool found = read_targeted(fields({{"CDN-Cache-Control", value}}), "cdn-cache-control", control);
  return found ? describe(control) : "ignored " + describe(control);
}

TEST(TargetedCacheControl, IsADictionary) {
  const Reading cases[] = {
      {"max-age=60", "max-age=60"},
      {"max-age=60;x=1, no-store", "max-age=60 no-store"},
      {"max-age=5,max-age=60", "max-age=60"},
      {"no-store, no-store=?0, max-age=1", "max-age=1"},
      {"no-store=1", "no-store"},
      {"private=\"a, b\"", "private[2]"},
      {"private=?1", "private"},
      {"private=(a b)", "private"},
      {"max-age=-5", "max-age=0"},
      {"max-age=999999999999999", "max-age=2147483648"},
      {"foo, x=:YQ==:, y=(1 \"z\" t;q=1);w, z=1.5, t=tok/en:1, max-age=7", "max-age=7"},
      {"  max-age=7  ,\tpublic  ", "max-age=7 public"},
  };
  for (const Reading& c : cases) EXPECT_EQ(targeted(c.value), c.meaning) << c.value;
}

TEST(TargetedCacheControl, CountsAsAbsentWhenItDoesNotParse) {
  for (const char* value : {"", "  ", "max-age=\"60\"", "max-age=60, &&&", "max-age=60,", "Max-Age=60", "max-age =60",
                            "max-age= 60", "max-age=1.5", "max-age=60.", "max-age=1234567890123456", "x=\"a", "x=(a",
                            "x=(a\"b\")", "x=?2", "x=:a", "a b", "max-age", "public=1", "x=\"\\a\"", "x=-", "1=a"}) {
    EXPECT_EQ(targeted(value), "ignored ") << value;
  }
}

TEST(TargetedCacheControl, JoinsItsLinesAndFailsAsAWhole) {
  CacheControl control;
  EXPECT_TRUE(read_targeted(fields({{"CDN-Cache-Control", "max-age=5"}, {"cdn-cache-control", "public"}}),
                            "CDN-Cache-Control", control));
  EXPECT_EQ(describe(control), "max-age=5 public");
  CacheControl untouched;
  EXPECT_FALSE(read_targeted(fields({{"CDN-Cache-Control", "max-age=5"}, {"CDN-Cache-Control", "="}}),
                             "CDN-Cache-Control", untouched));
  EXPECT_EQ(describe(untouched), "");
  EXPECT_FALSE(read_targeted(fields({{"CDN-Cache-Control", "max-age=5"}}), "", untouched));
}

}  // namespace
}  // namespace drishti::cache
