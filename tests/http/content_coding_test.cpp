// RFC 9110 12.5.3.

#include "http/content_coding.hpp"

#include <gtest/gtest.h>

#include <string>

namespace drishti::http {
namespace {

/// What is chosen when all codings are offered, as Content-Encoding has it.
std::string chosen(std::string_view value) {
  const AcceptEncoding accept(value);
  ContentCoding best = ContentCoding::identity;
  for (const ContentCoding coding : compressing_codings) {
    const bool is_better = best == ContentCoding::identity || accept.weight(coding) > accept.weight(best);
    if (is_better && accept.prefers(coding)) best = coding;
  }
  return std::string(coding_name(best));
}

struct Case {
  const char* value;
  const char* coding;
};

TEST(AcceptEncoding, TheHeaviestIsChosenAndAmongEqualsBrotliZstdGzip) {
  constexpr Case cases[] = {
      {"", "identity"},
      {"gzip", "gzip"},
      {"GZip", "gzip"},
      {"x-gzip", "gzip"},
      {"gzip, br", "br"},
      {"gzip, deflate, br, zstd", "br"},
      {"gzip, zstd", "zstd"},
      {"gzip;q=1.0, br;q=0.9", "gzip"},
      {"gzip;q=0.001", "gzip"},
      {"br;q=0.5, zstd;q=0.8, gzip;q=0.7", "zstd"},
      {"gzip ; q=0.5", "gzip"},
      {"gzip;Q=0.5", "gzip"},
      {"deflate", "identity"},
      {"gzippp", "identity"},
      {"*", "br"},
      {"*;q=0.5, gzip", "gzip"},
      {"*, br;q=0", "zstd"},
      {"gzip, *;q=0", "gzip"},
      {"*;q=0", "identity"},
  };
  for (const Case& c : cases) EXPECT_EQ(chosen(c.value), c.coding) << c.value;
}

TEST(AcceptEncoding, IdentityMayBePreferred) {
  EXPECT_EQ(chosen("identity, gzip;q=0.5"), "identity");
  EXPECT_EQ(chosen("identity;q=0.5, gzip;q=0.5"), "gzip");
  EXPECT_EQ(chosen("identity;q=0, gzip;q=0.1"), "gzip");
  EXPECT_EQ(chosen("identity;q=0"), "identity") << "there is nothing else that could be sent";
}

TEST(AcceptEncoding, WhatIsMalformedIsNotAcceptable) {
  for (const char* value : {"gzip;q=0", "gzip;q=0.000", "gzip;q=NaN", "gzip;q=", "gzip;q", "gzip;", "gzip;q=1.5", "gzip;q=2",
                            "gzip;q=0.1234", "gzip;q=.5", "gzip;q=-1", "gzip;q=1e0", "gzip;level=1", "gzip;q=0.5;x", "gzip;q =1",
                            "\"gzip\"", "gzip br", "gzip\tbr"})
    EXPECT_EQ(chosen(value), "identity") << value;
}

TEST(AcceptEncoding, OfACodingThatIsNamedTwiceTheLowestWeightCounts) {
  EXPECT_EQ(chosen("gzip, gzip;q=0"), "identity");
  EXPECT_EQ(chosen("gzip;q=0, x-gzip"), "identity");
}

TEST(AcceptEncoding, AListOfTooManyElementsAcceptsNothing) {
  std::string value = "gzip, br";
  for (int i = 0; i < 10'000; ++i) value += ", c" + std::to_string(i);
  EXPECT_EQ(chosen(value), "identity");
  std::string commas(100'000, ',');
  EXPECT_EQ(chosen(commas + "gzip"), "gzip") << "empty elements are none";
}

TEST(AcceptEncoding, SeveralFieldsAreOneList) {
  FieldList fields;
  fields.add({"Accept-Encoding", "deflate", FieldId::accept_encoding});
  fields.add({"Accept-Encoding", "gzip;q=0.3", FieldId::accept_encoding});
  EXPECT_EQ(AcceptEncoding(fields).weight(ContentCoding::gzip), 300);
  EXPECT_FALSE(AcceptEncoding(FieldList{}).accepts(ContentCoding::gzip));
}

}  // namespace
}  // namespace drishti::http
