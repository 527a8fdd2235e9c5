// Which requests get the same variant. RFC 9111 4.1, threat C04.

#include "cache/vary.hpp"

#include <gtest/gtest.h>

#include "tests/cache/fields.hpp"

namespace drishti::cache {
namespace {

using testing::fields;
using testing::Lines;

std::string names(const Lines& lines) {
  std::string text;
  switch (vary_names(fields(lines), text)) {
    case VaryKind::none: return text.empty() ? "none" : "?";
    case VaryKind::unusable: return text.empty() ? "unusable" : "?";
    case VaryKind::fields: return text;
  }
  return "?";
}

TEST(Vary, NamesAreLowerCaseSortedAndOnce) {
  EXPECT_EQ(names({}), "none");
  EXPECT_EQ(names({{"Vary", ""}}), "none");
  EXPECT_EQ(names({{"Vary", " , "}}), "none");
  EXPECT_EQ(names({{"Vary", "Accept-Encoding"}}), "accept-encoding");
  EXPECT_EQ(names({{"Vary", "Origin, accept-encoding"}, {"vary", "Accept, ORIGIN"}}), "accept, accept-encoding, origin");
}

TEST(Vary, StarAndMalformedAndTooManyMatchNothing) {
  EXPECT_EQ(names({{"Vary", "*"}}), "unusable");
  EXPECT_EQ(names({{"Vary", "*, *"}}), "unusable");
  EXPECT_EQ(names({{"Vary", "Accept"}, {"Vary", "a, *"}}), "unusable");
  EXPECT_EQ(names({{"Vary", "Accept Encoding"}}), "unusable");
  EXPECT_EQ(names({{"Vary", "\"Accept\""}}), "unusable");
  EXPECT_EQ(names({{"Vary", std::string(600, 'a')}}), "unusable");
  EXPECT_EQ(names({{"Vary", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p"}}), "a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p");
  EXPECT_EQ(names({{"Vary", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q"}}), "unusable");
}

std::string variant(std::string_view vary, const Lines& request) {
  std::string text;
  EXPECT_TRUE(append_variant(vary, fields(request), text));
  EXPECT_FALSE(text.empty());
  return text;
}

std::string coding(std::string_view value) { return variant("accept-encoding", {{"Accept-Encoding", value}}); }

TEST(Variant, AcceptEncodingIsASetOfCodings) {
  EXPECT_EQ(coding("gzip, br"), coding("BR;q=0.3 ,gzip;q=1.0"));
  EXPECT_EQ(coding("gzip, gzip"), coding("gzip"));
  EXPECT_EQ(variant("accept-encoding", {{"Accept-Encoding", "br"}, {"Accept-Encoding", "gzip"}}), coding("gzip, br"));
  EXPECT_EQ(coding("gzip;q=0.000, br"), coding("br, GZIP;Q=0"));
}

TEST(Variant, AcceptEncodingKeepsApartWhatCouldGetAnotherAnswer) {
  const std::string_view different[] = {"", "gzip", "br", "gzip, br", "gzip, unknown", "*", "*;q=0", "identity;q=0",
                                        "gzip;q=0", "gzip;q=0, *", "gzip;q=2", "gzip;q=x", "gzip;level=1", "gzip;q=0.0001",
                                        "+gzip", "gzip+br"};
  for (const auto& a : different) {
    for (const auto& b : different) EXPECT_EQ(coding(a) == coding(b), &a == &b) << a << " / " << b;
  }
  EXPECT_NE(coding(""), variant("accept-encoding", {}));
}

TEST(Variant, ListsAreComparedWithoutWhitespace) {
  const auto language = [](std::string_view value) { return variant("accept-language", {{"Accept-Language", value}}); };
  EXPECT_EQ(language("de, en;q=0.5"), language("DE,\ten;q=0.5 ,"));
  EXPECT_NE(language("de, en"), language("en, de"));
  EXPECT_EQ(variant("accept-language", {{"Accept-Language", "de"}, {"Accept-Language", "en"}}), language("de, en"));
  const auto accept = [](std::string_view value) { return variant("accept", {{"Accept", value}}); };
  EXPECT_EQ(accept("a/b , c/d"), accept("a/b,c/d"));
  EXPECT_NE(accept("a/b;x=Y"), accept("a/b;x=y"));
}

TEST(Variant, OtherFieldsAreComparedByteByByte) {
  const auto cookie = [](std::string_view value) { return variant("cookie", {{"Cookie", value}}); };
  EXPECT_NE(cookie("a=1; b=2"), cookie("a=1;b=2"));
  EXPECT_NE(cookie("a=B"), cookie("a=b"));
  EXPECT_NE(variant("x", {{"X", "1"}, {"X", "2"}}), variant("x", {{"X", "1, 2"}}));
  EXPECT_EQ(variant("x", {{"x", "1"}}), variant("x", {{"X", "1"}, {"Y", "2"}}));
}

TEST(Variant, NoFieldImitatesAnother) {
  const Lines requests[] = {{},
                            {{"A", ""}},
                            {{"B", ""}},
                            {{"A", "1"}},
                            {{"B", "1"}},
                            {{"A", "1"}, {"B", "1"}},
                            {{"A", "1"}, {"A", "1"}},
                            {{"A", "1.=1:1"}},
                            {{"A", "-"}},
                            {{"A", "11"}},
                            {{"A", "1"}, {"A", ""}},
                            {{"A", ""}, {"A", "1"}}};
  for (const Lines& a : requests) {
    for (const Lines& b : requests) EXPECT_EQ(variant("a, b", a) == variant("a, b", b), &a == &b);
  }
}

TEST(Variant, IsBoundedAndLeavesNothingBehind) {
  const std::string huge(longest_variant, 'x');
  std::string out = "key";
  EXPECT_FALSE(append_variant("a, b", fields({{"A", "1"}, {"B", huge}}), out));
  EXPECT_EQ(out, "key");
}

}  // namespace
}  // namespace drishti::cache
