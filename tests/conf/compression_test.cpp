// The directives of gzip, brotli, zstd and gunzip, and what comes out of them.

#include <gtest/gtest.h>

#include "tests/conf/analyser_support.hpp"

namespace drishti::conf {
namespace {

CompressionSettings settings_of(const std::string& text) {
  return only_location(*analyse_text("http { server { location / { " + text + " } } }"))->compression;
}

TEST(CompressionDirectives, LevelsThatCostMoreThanTheySaveAreCapped) {
  const auto level = [](const std::string& text) {
    const CompressionSettings settings = settings_of(text);
    return std::to_string(*settings.gzip.level) + "," + std::to_string(*settings.brotli.level) + "," + std::to_string(*settings.zstd.level);
  };
  EXPECT_EQ(level(""), "1,6,1");
  EXPECT_EQ(level("gzip_comp_level 9; brotli_comp_level 11; zstd_comp_level 22;"), "6,6,6");
  EXPECT_EQ(level("gzip_comp_level 5; brotli_comp_level 0; zstd_comp_level 3;"), "5,0,3");
  EXPECT_EQ(notices_of(*analyse_text("http { gzip_comp_level 9; server { } }")),
            "\"gzip_comp_level\" above 6 costs more than it saves while clients wait: 6 is used\n");
}

TEST(CompressionDirectives, ComplainInNginxsWords) {
  EXPECT_EQ(error_in_location("brotli_comp_level 12;"), "value must be between 0 and 11 in test.conf:1");
  EXPECT_EQ(error_in_location("zstd_comp_level 0;"), "value must be between 1 and 22 in test.conf:1");
  EXPECT_EQ(error_in_location("brotli_window 3k;"),
            "\"brotli_window\" must be 1k, 2k, 4k, 8k, 16k, 32k, 64k, 128k, 256k, 512k, 1m, 2m, 4m, 8m or 16m in test.conf:1");
  EXPECT_EQ(error_in_location("brotli_static sometimes;"), "invalid value \"sometimes\" in test.conf:1");
  EXPECT_EQ(error_in_http("zstd_dict_file x;"), "directive \"zstd_dict_file\" is not implemented by drishti yet in test.conf:1");
  EXPECT_EQ(error_in_http("gzip_level 1;"), "unknown directive \"gzip_level\" in test.conf:1");
}

TEST(CompressionDirectives, TypesAreComparedWithoutCaseAndTextHtmlIsAlwaysThere) {
  const CompressionSettings settings = settings_of("gzip_types Application/JSON text/css;");
  const MediaTypes& types = **settings.gzip.types;
  EXPECT_TRUE(types.contains("text/html") && types.contains("APPLICATION/json") && types.contains("text/css"));
  EXPECT_FALSE(types.contains("text/plain") || types.contains("text/cs") || types.contains(""));
  EXPECT_TRUE((*settings_of("gzip_types *;").gzip.types)->contains("x/y"));
  EXPECT_FALSE((*settings.brotli.types)->contains("text/css")) << "each coding has its own list";
}

TEST(CompressionDirectives, AreInheritedOneByOne) {
  const auto config = analyse_text("http { gzip on; gzip_types text/css; server { gunzip on; location / { gzip_min_length 7; } } }");
  const CompressionSettings& settings = only_location(*config)->compression;
  EXPECT_TRUE(*settings.gzip.on && *settings.gunzip && settings.is_on());
  EXPECT_TRUE((*settings.gzip.types)->contains("text/css"));
  EXPECT_EQ(*settings.gzip.min_length, 7u);
}

TEST(CompressionDirectives, VaryIsSaidWithTheNewerCodingsUnlessItIsWritten) {
  EXPECT_FALSE(settings_of("gzip on;").says_vary());
  EXPECT_TRUE(settings_of("gzip on; gzip_vary on;").says_vary());
  EXPECT_TRUE(settings_of("brotli on;").says_vary());
  EXPECT_TRUE(settings_of("zstd on;").says_vary());
  EXPECT_FALSE(settings_of("brotli on; gzip_vary off;").says_vary());
}

TEST(CompressionDirectives, WhatIsOffCostsARequestNothing) {
  EXPECT_FALSE(settings_of("gzip_types text/css; gzip_vary on; gzip_static on;").is_on());
  EXPECT_TRUE(settings_of("gzip_static on;").has_precompressed());
  EXPECT_FALSE(settings_of("gzip on;").has_precompressed());
  for (const char* text : {"gzip on;", "brotli on;", "zstd on;", "gunzip on;"}) EXPECT_TRUE(settings_of(text).is_on()) << text;
}

}  // namespace
}  // namespace drishti::conf
