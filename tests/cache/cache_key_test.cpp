#include "cache/cache_key.hpp"

#include <gtest/gtest.h>

#include <set>

namespace drishti::cache {
namespace {

std::string parts(std::initializer_list<std::string_view> list) {
  std::string text;
  for (const std::string_view part : list) append_key_part(text, part);
  return text;
}

TEST(CacheKey, HashesAsEveryOtherProxyDoes) {
  EXPECT_EQ(hash_key(""), (KeyHash{0x99aa06d3014798d8, 0x6001c324468d497f}));  // XXH3-128 of nothing, from its definition
  EXPECT_EQ(hash_key("abc"), hash_key(std::string("ab") + "c"));
}

TEST(CacheKey, ChangesWithEveryBitOfTheText) {
  std::string text = "4:http22:www.example.org:80/a?b";
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string other = text;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << bit % 8));
    const KeyHash hash = hash_key(other);
    EXPECT_TRUE(seen.emplace(hash.high, hash.low).second);
    EXPECT_FALSE(hash == hash_key(text));
  }
}

TEST(CacheKey, PutsTheLengthBeforeEachPart) {
  EXPECT_EQ(parts({"hello", "", "x:y"}), "5:hello0:3:x:y");
}

TEST(CacheKey, IsOneTextForOneListOfPartsOnly) {
  const std::set<std::string> texts{parts({"ab", "c"}),  parts({"a", "bc"}),   parts({"abc"}),  parts({"abc", ""}),
                                    parts({"", "abc"}),  parts({"1:a", "b"}), parts({"1:a1:b"}), parts({"a", "b"}),
                                    parts({"2:ab1:c"})};
  EXPECT_EQ(texts.size(), 9U);
}

TEST(CacheKey, OfAVariantDiffersByPrimaryTokenAndVariant) {
  const std::set<std::string> texts{variant_key("p", 1, "gzip"), variant_key("p", 2, "gzip"), variant_key("p", 1, "br"),
                                    variant_key("q", 1, "gzip"), variant_key("p", 11, "gzip"), variant_key("p1", 1, "gzip"),
                                    variant_key("p", 1, ""),     "p"};
  EXPECT_EQ(texts.size(), 8U);
  EXPECT_EQ(variant_key("key", 7, "gzip"), "3:key7:4:gzip");
}

TEST(CacheKey, OfAVariantHoldsThePrimaryKeyAsItIs) {
  EXPECT_NE(variant_key("4:http", 18446744073709551615ULL, "x").find("4:http"), std::string::npos);
  EXPECT_NE(variant_key("4:http", 18446744073709551615ULL, "x").find("18446744073709551615"), std::string::npos);
}

}  // namespace
}  // namespace drishti::cache
