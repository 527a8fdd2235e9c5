// Conditional requests answered from the cache and sent by it. RFC 9110 13, RFC 9111 4.3.

#include "cache/validation.hpp"

#include <gtest/gtest.h>

#include "tests/cache/fields.hpp"

namespace drishti::cache {
namespace {

using http::Precondition;
using testing::fields;
using testing::Lines;
using testing::text_of;

constexpr const char* monday = "Mon, 07 Nov 1994 08:49:37 GMT";
constexpr const char* sunday = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* saturday = "Sat, 05 Nov 1994 08:49:37 GMT";

int answer(const Lines& request, const Lines& stored = {{"ETag", "\"a\""}, {"Last-Modified", sunday}, {"Date", monday}},
           int status = 200) {
  switch (check_preconditions(fields(request), status, fields(stored))) {
    case Precondition::proceed: return 200;
    case Precondition::not_modified: return 304;
    case Precondition::failed: return 412;
  }
  return 0;
}

TEST(StoredPreconditions, IfNoneMatchIsWeakAndGoesBeforeIfModifiedSince) {
  EXPECT_EQ(answer({}), 200);
  EXPECT_EQ(answer({{"If-None-Match", "\"a\""}}), 304);
  EXPECT_EQ(answer({{"If-None-Match", "W/\"a\""}}), 304);
  EXPECT_EQ(answer({{"If-None-Match", "\"b\", \"a\""}}), 304);
  EXPECT_EQ(answer({{"If-None-Match", "\"b\""}, {"If-None-Match", "\"a\""}}), 304);
  EXPECT_EQ(answer({{"If-None-Match", "*"}}), 304);
  EXPECT_EQ(answer({{"If-None-Match", "\"b\""}}), 200);
  EXPECT_EQ(answer({{"If-None-Match", "\"b\""}, {"If-Modified-Since", monday}}), 200);
  EXPECT_EQ(answer({{"If-None-Match", "\"a\""}, {"If-Modified-Since", saturday}}), 304);
}

TEST(StoredPreconditions, IfModifiedSinceByLastModifiedElseDate) {
  EXPECT_EQ(answer({{"If-Modified-Since", sunday}}), 304);
  EXPECT_EQ(answer({{"If-Modified-Since", monday}}), 304);
  EXPECT_EQ(answer({{"If-Modified-Since", saturday}}), 200);
  EXPECT_EQ(answer({{"If-Modified-Since", "yesterday"}}), 200);
  EXPECT_EQ(answer({{"If-Modified-Since", monday}, {"If-Modified-Since", monday}}), 200);
  EXPECT_EQ(answer({{"If-Modified-Since", monday}}, {{"Date", sunday}}), 304);
  EXPECT_EQ(answer({{"If-Modified-Since", saturday}}, {{"Date", sunday}}), 200);
  EXPECT_EQ(answer({{"If-Modified-Since", monday}}, {}), 200);
}

TEST(StoredPreconditions, IfMatchIsStrongAndGoesBeforeAll) {
  EXPECT_EQ(answer({{"If-Match", "\"a\""}}), 200);
  EXPECT_EQ(answer({{"If-Match", "*"}}), 200);
  EXPECT_EQ(answer({{"If-Match", "W/\"a\""}}), 412);
  EXPECT_EQ(answer({{"If-Match", "\"b\""}}), 412);
  EXPECT_EQ(answer({{"If-Match", "\"b\""}, {"If-None-Match", "\"a\""}}), 412);
  EXPECT_EQ(answer({{"If-Match", "\"a\""}, {"If-None-Match", "\"a\""}}), 304);
  EXPECT_EQ(answer({{"If-Match", "\"a\""}, {"If-Unmodified-Since", saturday}}), 200);
  EXPECT_EQ(answer({{"If-Match", "W/\"a\""}}, {{"ETag", "W/\"a\""}}), 412);
}

TEST(StoredPreconditions, IfUnmodifiedSinceNeedsBothDates) {
  EXPECT_EQ(answer({{"If-Unmodified-Since", saturday}}), 412);
  EXPECT_EQ(answer({{"If-Unmodified-Since", sunday}}), 200);
  EXPECT_EQ(answer({{"If-Unmodified-Since", "never"}}), 200);
  EXPECT_EQ(answer({{"If-Unmodified-Since", saturday}}, {{"Date", monday}}), 200);
}

TEST(StoredPreconditions, AreOfA200Alone) {
  EXPECT_EQ(answer({{"If-None-Match", "*"}}, {{"ETag", "\"a\""}}, 404), 200);
  EXPECT_EQ(answer({{"If-Match", "\"b\""}}, {{"ETag", "\"a\""}}, 301), 200);
}

TEST(StoredPreconditions, IfRangeNeedsAStrongValidator) {
  const auto holds = [](std::string_view value, const Lines& stored) {
    const http::FieldList head = fields(stored);
    return http::if_range_holds(fields({{"If-Range", value}}), validators_of(head));
  };
  EXPECT_TRUE(holds("\"a\"", {{"ETag", "\"a\""}}));
  EXPECT_FALSE(holds("W/\"a\"", {{"ETag", "W/\"a\""}}));
  EXPECT_FALSE(holds("\"b\"", {{"ETag", "\"a\""}}));
  EXPECT_TRUE(holds(sunday, {{"Last-Modified", sunday}, {"Date", monday}}));
  EXPECT_FALSE(holds(monday, {{"Last-Modified", sunday}, {"Date", monday}}));
  EXPECT_FALSE(holds(sunday, {{"Last-Modified", sunday}, {"Date", sunday}})) << "two states may share that second";
  EXPECT_FALSE(holds(sunday, {{"Last-Modified", sunday}}));
  EXPECT_FALSE(holds("junk", {}));
  EXPECT_TRUE(http::if_range_holds({}, {}));
}

TEST(NotModified, CarriesNothingOfTheContent) {
  const auto stored = fields({{"Content-Type", "a/b"}, {"Content-Encoding", "gzip"}, {"Content-Language", "de"},
                              {"Content-Length", "5"}, {"Accept-Ranges", "bytes"}, {"Content-MD5", "x"},
                              {"Content-Location", "/x"}, {"Cache-Control", "a"}, {"Date", "d"}, {"ETag", "e"},
                              {"Expires", "x"}, {"Vary", "v"}, {"Content-Security-Policy", "p"}});
  std::string kept;
  for (const http::Field& field : stored) {
    if (belongs_in_not_modified(field)) kept.append(field.name).append(" ");
  }
  EXPECT_EQ(kept, "Content-Location Cache-Control Date ETag Expires Vary Content-Security-Policy ");
}

std::string conditions(const Lines& stored) {
  http::FieldList request;
  const http::FieldList head = fields(stored);
  const bool has_any = add_validating_fields(head, request);
  EXPECT_EQ(has_any, request.size() > 0);
  return text_of(request);
}

TEST(Validation, SendsTheStoredValidators) {
  EXPECT_EQ(conditions({{"ETag", "W/\"a\""}, {"Last-Modified", sunday}}),
            std::string("If-None-Match: W/\"a\"|If-Modified-Since: ") + sunday);
  EXPECT_EQ(conditions({{"ETag", "broken"}}), "");
  EXPECT_EQ(conditions({{"Last-Modified", "broken"}}), "");
  EXPECT_EQ(conditions({{"Date", sunday}}), "");
}

TEST(Validation, C12A304MustSpeakOfTheStoredResponse) {
  struct {
    Lines not_modified, stored;
    bool expected;
  } const cases[] = {
      {{{"ETag", "\"a\""}}, {{"ETag", "\"a\""}}, true},
      {{{"ETag", "\"b\""}}, {{"ETag", "\"a\""}}, false},
      {{{"ETag", "\"a\""}}, {{"ETag", "W/\"a\""}}, true},
      {{{"ETag", "W/\"a\""}}, {{"ETag", "\"a\""}}, true},
      {{{"ETag", "\"a\""}}, {{"Last-Modified", sunday}}, false},
      {{{"ETag", "\"a\""}, {"Last-Modified", sunday}}, {{"Last-Modified", sunday}}, false},
      {{{"ETag", "W/\"a\""}, {"Last-Modified", sunday}}, {{"Last-Modified", sunday}}, true},
      {{{"ETag", "W/\"a\""}}, {{"Last-Modified", sunday}}, false},
      {{{"Last-Modified", sunday}}, {{"Last-Modified", sunday}}, true},
      {{{"Last-Modified", monday}}, {{"Last-Modified", sunday}}, false},
      {{{"ETag", "\"a\""}, {"Last-Modified", monday}}, {{"ETag", "\"a\""}, {"Last-Modified", sunday}}, true},
      {{{"Last-Modified", sunday}}, {{"ETag", "\"a\""}}, false},
      {{}, {{"ETag", "\"a\""}}, true},
      {{}, {{"Last-Modified", sunday}}, true},
      {{}, {}, false},
  };
  for (const auto& c : cases) {
    const http::FieldList not_modified = fields(c.not_modified), stored = fields(c.stored);
    EXPECT_EQ(validates(not_modified, stored), c.expected) << text_of(not_modified) << " / " << text_of(stored);
  }
}

TEST(Validation, The304ReplacesWhatIsNotOfTheBody) {
  const auto stored = fields({{"Content-Type", "a/b"},
                              {"Content-Encoding", "gzip"},
                              {"Cache-Control", "max-age=1"},
                              {"Link", "<1>"},
                              {"link", "<2>"},
                              {"X-Kept", "old"},
                              {"X-Hop", "stored"},
                              {"Date", sunday}});
  const auto not_modified = fields({{"cache-control", "max-age=9"},
                                    {"Content-Type", "c/d"},
                                    {"Content-Encoding", "br"},
                                    {"Content-Length", "0"},
                                    {"Content-Range", "x"},
                                    {"Link", "<3>"},
                                    {"X-New", "1"},
                                    {"Connection", "X-Hop"},
                                    {"X-Hop", "2"},
                                    {"Date", monday}});
  http::FieldList merged;
  merge_not_modified(stored, not_modified, merged);
  EXPECT_EQ(text_of(merged), std::string("Content-Encoding: gzip|X-Kept: old|X-Hop: stored|cache-control: max-age=9|"
                                         "Content-Type: c/d|Link: <3>|X-New: 1|Date: ") + monday);
}

TEST(Validation, TheStoredDateGoesEvenWhenThe304HasNone) {
  http::FieldList merged;
  merge_not_modified(fields({{"Date", sunday}, {"Age", "9"}, {"ETag", "\"a\""}}), fields({}), merged);
  EXPECT_EQ(text_of(merged), "ETag: \"a\"");
}

}  // namespace
}  // namespace drishti::cache
