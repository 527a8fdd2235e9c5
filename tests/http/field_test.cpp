#include "http/field.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/authority.hpp"
#include "http/message.hpp"
#include "http/tokens.hpp"

namespace drishti::http {
namespace {

TEST(FieldIds, AreFoundInAnyCase){
#define DRISHTI_F(id, name)                                  \
  {                                                          \
    std::string upper = name;                                \
    for (char& c : upper) c = static_cast<char>(toupper(c)); \
    EXPECT_EQ(field_id(name), FieldId::id);                  \
    EXPECT_EQ(field_id(upper), FieldId::id);                 \
    EXPECT_EQ(field_name(FieldId::id), name);                \
  }
    DRISHTI_FIELDS(DRISHTI_F)
#undef DRISHTI_F
}

TEST(FieldIds, OneOtherByteIsAnotherName) {
#define DRISHTI_F(id, name)                                 \
  for (std::size_t i = 0; i < sizeof name - 1; ++i) {       \
    for (int c = 0; c < 256; ++c) {                         \
      std::string changed = name;                           \
      if (tolower(c) == changed[i]) continue;               \
      changed[i] = static_cast<char>(c);                    \
      EXPECT_NE(field_id(changed), FieldId::id) << changed; \
    }                                                       \
  }
  DRISHTI_FIELDS(DRISHTI_F)
#undef DRISHTI_F
  for (const char* name :
       {"", "x", "hos", "hostt", "content_length", "accept-encodings", "x-forwarded-for-x-forwarded-for"}) {
    EXPECT_EQ(field_id(name), FieldId::other) << name;
  }
}

TEST(FieldList, FindsByIdAndByName) {
  FieldList fields;
  fields.add({"Host", "a", FieldId::host});
  fields.add({"X-A", "1", FieldId::other});
  fields.add({"Cookie", "b", FieldId::cookie});
  fields.add({"cookie", "c", FieldId::cookie});
  EXPECT_EQ(fields.get(FieldId::cookie), "b");
  EXPECT_EQ(fields.count(FieldId::cookie), 2u);
  EXPECT_TRUE(fields.repeated(FieldId::cookie));
  EXPECT_FALSE(fields.repeated(FieldId::host));
  EXPECT_EQ(fields.find("COOKIE")->value, "b");
  EXPECT_EQ(fields.find("x-a")->value, "1");
  EXPECT_EQ(fields.find("x-b"), nullptr);
  EXPECT_EQ(fields.find(FieldId::etag), nullptr);
  EXPECT_EQ(fields.get(FieldId::etag), "");
  fields.clear();
  EXPECT_FALSE(fields.has(FieldId::host));
  EXPECT_EQ(fields.count(FieldId::cookie), 0u);
}

TEST(Methods, AreCaseSensitive) {
  EXPECT_EQ(method_of("GET"), Method::get);
  EXPECT_EQ(method_of("PROPPATCH"), Method::proppatch);
  EXPECT_EQ(method_of("get"), Method::other);
  EXPECT_EQ(method_of("GETX"), Method::other);
  EXPECT_EQ(method_of(""), Method::other);
}

TEST(ReasonPhrase, IsWhatNginxWrites) {
  EXPECT_EQ(reason_phrase(302), "Moved Temporarily");
  EXPECT_EQ(reason_phrase(413), "Request Entity Too Large");
  EXPECT_EQ(reason_phrase(599), "");
}

std::vector<std::string> tokens(std::string_view value) {
  std::vector<std::string> out;
  for_each_token(value, [&](std::string_view token) { out.emplace_back(token); });
  return out;
}

TEST(TokenList, SkipsEmptyElementsAndParameters) {
  using Tokens = std::vector<std::string>;
  EXPECT_EQ(tokens("gzip;q=0.5 ,\tbr"), (Tokens{"gzip", "br"}));
  EXPECT_EQ(tokens(",, a,"), Tokens{"a"});
  EXPECT_EQ(tokens("x=\"a,b\", c"), (Tokens{"x=\"a,b\"", "c"}));
  EXPECT_EQ(tokens("x=\"a\\\",b"), Tokens{"x=\"a\\\",b"});
  EXPECT_EQ(tokens("\\"), Tokens{"\\"});
  EXPECT_EQ(tokens("\"\\"), Tokens{"\"\\"});
  EXPECT_EQ(tokens(""), Tokens{});
}

TEST(TokenList, StopsWhenToldTo) {
  int calls = 0;
  for_each_token("a,b,c", [&](std::string_view) { return ++calls < 2; });
  EXPECT_EQ(calls, 2);
  EXPECT_TRUE(has_token("a, Close ;x", "close"));
  EXPECT_FALSE(has_token("closed", "close"));
}

TEST(MediaType, LeavesParametersOut) {
  EXPECT_EQ(media_type_of("text/html; charset=utf-8"), "text/html");
  EXPECT_EQ(media_type_of(" text/html ;x"), "text/html");
  EXPECT_EQ(media_type_of(""), "");
}

TEST(Authority, IsSplitIntoHostAndPort) {
  Authority out;
  ASSERT_TRUE(parse_authority("[2001:DB8::1]:443", out));
  EXPECT_EQ(out.host, "[2001:DB8::1]");
  EXPECT_EQ(out.port, "443");
  ASSERT_TRUE(parse_authority("a.example.:", out));
  EXPECT_EQ(out.host, "a.example.");
  EXPECT_EQ(out.port, "");
  ASSERT_TRUE(parse_authority("a%41_b*c", out));
  EXPECT_FALSE(parse_authority("", out));
  EXPECT_FALSE(parse_authority(std::string_view("[::1\0]", 6), out));
}

}  // namespace
}  // namespace drishti::http
