#include "cache/stored_response.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/cache/responses.hpp"

namespace drishti::cache {
namespace {

using http::FieldId;
using testing::blocks_of;
using testing::body_of;
using testing::fields_of;

struct StoredResponseTest : ::testing::Test, testing::SampleResponse {
  StoredResponseTest() {
    tags = {"news", "", "item-42"};
    parts.tags = tags;
    parts.status = 200;
    parts.reason = "Fine";
    parts.token = 77;
  }
};

TEST_F(StoredResponseTest, KeepsEveryPart) {
  const StoredResponsePtr response = StoredResponse::make(parts, blocks_of({"hello ", "", "world"}));
  EXPECT_EQ(response->key(), parts.key);
  EXPECT_EQ(response->url(), parts.url);
  EXPECT_EQ(response->status(), 200);
  EXPECT_EQ(response->reason(), "Fine");
  EXPECT_FALSE(response->is_vary_marker());
  EXPECT_EQ(response->vary(), "");
  EXPECT_EQ(response->tags(), tags);
  EXPECT_EQ(response->token(), 77U);
  EXPECT_EQ(response->ban_number(), 99U);
  EXPECT_EQ(response->freshness().response_at, 1700000000123);
  EXPECT_EQ(response->freshness().stale_while_revalidate, 10000);
  EXPECT_TRUE(response->freshness().must_revalidate);
  EXPECT_EQ(response->body_size(), 11U);
  EXPECT_EQ(response->piece_count(), 1U);
  EXPECT_EQ(response->piece(0), "hello world");
}

TEST_F(StoredResponseTest, GivesBackTheFieldsInOrderWithTheirIds) {
  const StoredResponsePtr response = StoredResponse::make(parts, {});
  http::FieldList got;
  got.add({"Via", "x", FieldId::via});
  response->add_fields_to(got);
  ASSERT_EQ(got.size(), 1 + fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    EXPECT_EQ(got[i + 1].name, fields[i].name);
    EXPECT_EQ(got[i + 1].value, fields[i].value);
    EXPECT_EQ(got[i + 1].id, fields[i].id);
  }
  EXPECT_TRUE(got.repeated(FieldId::set_cookie));
}

TEST_F(StoredResponseTest, FindsTheFirstFieldOfAnId) {
  const StoredResponsePtr response = StoredResponse::make(parts, {});
  EXPECT_EQ(response->field(FieldId::set_cookie), "a=1");
  EXPECT_EQ(response->field(FieldId::etag), "\"x\"");
  EXPECT_EQ(response->field(FieldId::vary), "");
}

TEST_F(StoredResponseTest, OwnsItsText) {
  std::string key(parts.key), value = "text/plain";
  http::FieldList own;
  own.add({"Content-Type", value, FieldId::content_type});
  parts.key = key;
  parts.fields = &own;
  const StoredResponsePtr response = StoredResponse::make_from_text(parts, "body");
  const std::string before = key;
  key.assign(key.size(), '#');
  std::memset(value.data(), '#', value.size());
  EXPECT_EQ(response->key(), before);
  EXPECT_EQ(response->field(FieldId::content_type), "text/plain");
}

TEST_F(StoredResponseTest, KeepsAUrlThatIsPartOfTheKeyOnce) {
  const std::size_t within = StoredResponse::make(parts, {})->memory();
  const std::string url = std::string(parts.url) + std::string(160, 'x');
  parts.url = url;
  const StoredResponsePtr apart = StoredResponse::make(parts, {});
  EXPECT_EQ(apart->url(), url);
  EXPECT_EQ(apart->reason(), "Fine");
  EXPECT_GE(apart->memory(), within + url.size() - 16);
  parts.url = {};
  EXPECT_EQ(StoredResponse::make(parts, {})->url(), "");
  EXPECT_EQ(StoredResponse::make(parts, {})->memory(), within);
}

TEST_F(StoredResponseTest, IsAVaryMarkerWithStatusZero) {
  ResponseParts marker;
  marker.key = "k";
  marker.vary = "accept-encoding, accept-language";
  const StoredResponsePtr response = StoredResponse::make(marker, {});
  EXPECT_TRUE(response->is_vary_marker());
  EXPECT_EQ(response->vary(), marker.vary);
  EXPECT_EQ(response->reason(), "");
  EXPECT_EQ(response->piece_count(), 0U);
  http::FieldList none;
  response->add_fields_to(none);
  EXPECT_EQ(none.size(), 0U);
}

TEST_F(StoredResponseTest, KnowsItsTagsExactly) {
  const StoredResponsePtr response = StoredResponse::make(parts, {});
  EXPECT_TRUE(response->has_tag("news"));
  EXPECT_TRUE(response->has_tag("item-42"));
  EXPECT_FALSE(response->has_tag("item-4"));
  EXPECT_FALSE(response->has_tag("item-421"));
}

TEST_F(StoredResponseTest, CopiesASmallBodyAndSharesTheBlocksOfALargeOne) {
  const std::string most(StoredResponse::most_inline, 'a');
  const auto small = blocks_of({most});
  EXPECT_NE(StoredResponse::make(parts, small)->piece(0).data(), small[0]->data());
  const auto large = blocks_of({most, std::string(9000, 'b')});
  const StoredResponsePtr response = StoredResponse::make(parts, large);
  ASSERT_EQ(response->piece_count(), 2U);
  EXPECT_EQ(response->piece(0).data(), large[0]->data());
  EXPECT_EQ(response->piece(1).data(), large[1]->data());
  EXPECT_EQ(large[0].use_count(), 2);
  EXPECT_EQ(response->body_size(), most.size() + 9000);
}

TEST_F(StoredResponseTest, LetsGoOfItsBlocks) {
  const auto large = blocks_of({std::string(100'000, 'a'), std::string(100'000, 'b')});
  StoredResponse::make(parts, large);
  EXPECT_EQ(large[0].use_count(), 1);
  EXPECT_EQ(large[1].use_count(), 1);
}

TEST_F(StoredResponseTest, JoinsALargeBodyThatCameInTinyPieces) {
  std::vector<BodyBlock> tiny;
  std::string whole;
  for (int i = 0; i < 70'000; ++i) {
    whole += static_cast<char>('a' + i % 26);
    tiny.push_back(std::make_shared<const std::string>(1, whole.back()));
  }
  const StoredResponsePtr response = StoredResponse::make(parts, tiny);
  EXPECT_EQ(response->piece_count(), 2U);
  EXPECT_EQ(body_of(*response), whole);
  EXPECT_LT(response->memory(), 72'000U);
}

TEST_F(StoredResponseTest, TakesANewHeadForItsBody) {
  ResponseParts update = parts;
  update.reason = "Validated";
  update.token = 78;
  const auto small = StoredResponse::make_from_text(parts, "body")->with_head(update);
  EXPECT_EQ(small->reason(), "Validated");
  EXPECT_EQ(small->token(), 78U);
  EXPECT_EQ(small->piece(0), "body");
  const StoredResponsePtr large = StoredResponse::make_from_text(parts, std::string(100'000, 'x'));
  const StoredResponsePtr updated = large->with_head(update);
  EXPECT_EQ(updated->piece(0).data(), large->piece(0).data());
  EXPECT_EQ(StoredResponse::make(parts, {})->with_head(update)->piece_count(), 0U);
}

TEST_F(StoredResponseTest, KnowsItsBodyInCodingsToo) {
  using http::ContentCoding;
  for (const std::size_t size : {4u, 100'000u}) {
    const StoredResponsePtr plain = StoredResponse::make_from_text(parts, std::string(size, 'x'));
    EXPECT_EQ(plain->coded(ContentCoding::gzip), nullptr);
    const StoredResponsePtr coded = plain->with_coded(ContentCoding::gzip, std::make_shared<const std::string>(5000, 'g'));
    EXPECT_EQ(testing::describe(*coded), testing::describe(*plain));
    ASSERT_NE(coded->coded(ContentCoding::gzip), nullptr);
    EXPECT_EQ(*coded->coded(ContentCoding::gzip), std::string(5000, 'g'));
    EXPECT_EQ(coded->coded(ContentCoding::brotli), nullptr);
    EXPECT_GE(coded->memory(), plain->memory() + 5000);
    EXPECT_LE(coded->memory(), plain->memory() + 5300);
    const StoredResponsePtr both = coded->with_coded(ContentCoding::brotli, std::make_shared<const std::string>("b"));
    EXPECT_EQ(both->coded(ContentCoding::gzip), coded->coded(ContentCoding::gzip)) << "shared";
    EXPECT_EQ(*both->coded(ContentCoding::brotli), "b");
    EXPECT_EQ(both->with_head(parts)->coded(ContentCoding::gzip), coded->coded(ContentCoding::gzip)) << "a new head, the same body";
  }
}

TEST_F(StoredResponseTest, IsNotMadeOverALimit) {
  const auto made = [&] { return StoredResponse::make(parts, {}) != nullptr; };
  const auto with_field = [&](std::size_t name, std::size_t value) {
    const std::string n(name, 'n'), v(value, 'v');
    const http::FieldList list = fields_of({{n, v}});
    parts.fields = &list;
    const bool result = made();
    parts.fields = &fields;
    return result;
  };
  EXPECT_TRUE(with_field(255, 65535));
  EXPECT_FALSE(with_field(256, 0));
  EXPECT_FALSE(with_field(1, 65536));
  const std::string long_tag(65536, 't');
  const std::string_view too_long[] = {long_tag};
  parts.tags = too_long;
  EXPECT_FALSE(made());
  parts.tags = {};
  EXPECT_TRUE(made());
  const std::string key(StoredResponse::most_head, 'k');
  parts.key = key;
  EXPECT_FALSE(made());
}

TEST_F(StoredResponseTest, CountsTheMemoryOfSharedBlocks) {
  const std::size_t head = StoredResponse::make(parts, {})->memory();
  const StoredResponsePtr large = StoredResponse::make_from_text(parts, std::string(1'000'000, 'x'));
  EXPECT_GE(large->memory(), head + 1'000'000);
  EXPECT_LE(large->memory(), head + 1'000'200);
}

}  // namespace
}  // namespace drishti::cache
