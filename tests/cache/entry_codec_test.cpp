#include "cache/entry_codec.hpp"

#include <gtest/gtest.h>
#include <xxhash.h>

#include "tests/cache/responses.hpp"

namespace drishti::cache {
namespace {

using testing::blocks_of;
using testing::body_of;
using testing::describe;
using testing::fields_of;

struct EntryCodec : ::testing::Test, testing::SampleResponse {
  EntryLimits limits;

  std::string encoded(BodyPlace place = BodyPlace::inside, std::string_view body = "hello") const {
    return encode_entry(*StoredResponse::make_from_text(parts, body), place);
  }
  DecodeError error_of(std::string_view bytes) const {
    DecodeError error;
    const StoredResponsePtr response = decode_response(bytes, parts.key, limits, error);
    EXPECT_EQ(response == nullptr, error != DecodeError::none);
    return error;
  }
  /// With a right checksum at its end, as somebody would write it who means harm.
  static std::string sealed(std::string bytes) {
    bytes.resize(bytes.size() - 8);
    std::uint64_t sum = XXH3_64bits(bytes.data(), bytes.size());
    for (int i = 0; i < 8; ++i, sum >>= 8) bytes += static_cast<char>(sum & 0xff);
    return bytes;
  }
  DecodeError error_with(std::size_t offset, std::string_view replacement) const {
    std::string bytes = encoded();
    bytes.replace(offset, replacement.size(), replacement);
    return error_of(sealed(bytes));
  }
  DecodeError error_with(std::string_view from, std::string_view to) const {
    EXPECT_EQ(from.size(), to.size());  // else it would be the sizes that are wrong
    std::string bytes = encoded();
    bytes.replace(bytes.rfind(from), from.size(), to);
    return error_of(sealed(bytes));
  }
};

TEST_F(EntryCodec, GivesBackWhatItWasGiven) {
  const StoredResponsePtr response = StoredResponse::make_from_text(parts, "hello");
  DecodeError error;
  const StoredResponsePtr again = decode_response(encode_entry(*response, BodyPlace::inside), parts.key, limits, error);
  ASSERT_EQ(error, DecodeError::none);
  EXPECT_EQ(describe(*again), describe(*response));
  EXPECT_EQ(encode_entry(*again, BodyPlace::inside), encode_entry(*response, BodyPlace::inside));
}

TEST_F(EntryCodec, GivesBackAVaryMarker) {
  ResponseParts marker;
  marker.key = "k";
  marker.vary = "accept-encoding, x-own";
  marker.token = 5;
  const StoredResponsePtr response = StoredResponse::make(marker, {});
  DecodeError error;
  const StoredResponsePtr again = decode_response(encode_entry(*response, BodyPlace::inside), "k", limits, error);
  ASSERT_EQ(error, DecodeError::none);
  EXPECT_TRUE(again->is_vary_marker());
  EXPECT_EQ(describe(*again), describe(*response));
}

TEST_F(EntryCodec, KeepsALargeBodyInside) {
  const std::string body(200'000, 'b');
  DecodeError error;
  const StoredResponsePtr again = decode_response(encoded(BodyPlace::inside, body), parts.key, limits, error);
  ASSERT_EQ(error, DecodeError::none);
  EXPECT_EQ(body_of(*again), body);
}

struct EntryBlocks : EntryCodec {
  std::string body = std::string(70'000, 'a') + std::string(30'000, 'b');
  StoredResponsePtr response;
  std::string head;
  std::vector<BodyBlock> blocks;
  DecodedEntry entry;

  void SetUp() override {
    EntryCodec::SetUp();
    response = StoredResponse::make(parts, blocks_of({body.substr(0, 33'333), body.substr(33'333)}));
    head = encode_entry(*response, BodyPlace::blocks, 16'384);
    ASSERT_EQ(decode_entry(head, parts.key, limits, entry), DecodeError::none);
    for (std::uint32_t i = 0; i < entry.block_count(); ++i)
      blocks.push_back(std::make_shared<const std::string>(cut_body(*response, 16'384, i)));
  }
  DecodeError error_of_make() const {
    DecodeError error;
    const StoredResponsePtr made = entry.make(blocks, error);
    EXPECT_EQ(made == nullptr, error != DecodeError::none);
    return error;
  }
};

TEST_F(EntryBlocks, KeepTheBodyElsewhere) {
  EXPECT_LT(head.size(), 500U);
  EXPECT_EQ(entry.place(), BodyPlace::blocks);
  EXPECT_EQ(entry.block_count(), 7U);
  EXPECT_EQ(entry.size_of_block(6), 100'000U - 6 * 16'384);
  EXPECT_EQ(cut_body(*response, 16'384, 7), "");
  DecodeError error;
  const StoredResponsePtr made = entry.make(blocks, error);
  ASSERT_EQ(error, DecodeError::none);
  EXPECT_EQ(describe(*made), describe(*response));
}

TEST_F(EntryBlocks, AreRefusedWhenOneIsMissingOrNull) {
  blocks[3] = nullptr;
  EXPECT_EQ(error_of_make(), DecodeError::bad_block);
  blocks.erase(blocks.begin() + 3);
  EXPECT_EQ(error_of_make(), DecodeError::bad_block);
}

TEST_F(EntryBlocks, AreRefusedWhenOneIsOfAnotherSize) {
  blocks[6] = std::make_shared<const std::string>(*blocks[6] + "x");
  EXPECT_EQ(error_of_make(), DecodeError::bad_block);
}

TEST_F(EntryBlocks, AreRefusedWhenOneIsOfAnotherFill) {
  std::string other = *blocks[2];
  other[100] = 'z';
  blocks[2] = std::make_shared<const std::string>(other);
  EXPECT_EQ(error_of_make(), DecodeError::bad_block);
}

TEST_F(EntryBlocks, DoNotMakeAResponseWithoutThem) {
  EXPECT_EQ(error_of(head), DecodeError::bad_block);
}

TEST_F(EntryCodec, RefusesAnEntryThatIsCutAnywhere) {
  const std::string bytes = encoded();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::string cut = bytes.substr(0, size);  // on the heap: the address sanitizer sees a read behind it
    ASSERT_NE(error_of(cut), DecodeError::none) << size;
  }
}

TEST_F(EntryCodec, RefusesAnEntryThatIsCutAnywhereAlsoWithAChecksum) {
  const std::string bytes = encoded();
  for (std::size_t size = 18; size < bytes.size(); ++size)
    ASSERT_NE(error_of(sealed(bytes.substr(0, size))), DecodeError::none) << size;
}

// Found by the property test: s-maxage was forgotten on the way through Redis, and with it that no client may take it stale.
TEST_F(EntryCodec, KeepsEverythingThatDecidesAboutFreshness) {
  for (const auto member : {&Freshness::must_revalidate, &Freshness::always_validate, &Freshness::has_validator,
                            &Freshness::shared_lifetime, &Freshness::immutable}) {
    parts.freshness = {.response_at = 1, .initial_age = 2, .lifetime = 3, .stale_while_revalidate = 4, .stale_if_error = 5};
    parts.freshness.*member = true;
    DecodeError error;
    const StoredResponsePtr response = decode_response(encoded(), parts.key, limits, error);
    ASSERT_NE(response, nullptr);
    EXPECT_EQ(response->freshness(), parts.freshness);
  }
}

TEST_F(EntryCodec, RefusesTheFlipOfAnyBit) {
  const std::string bytes = encoded();
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string other = bytes;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << bit % 8));
    ASSERT_NE(error_of(other), DecodeError::none) << bit;
  }
}

TEST_F(EntryCodec, SaysWhatIsWrong) {
  const std::string bytes = encoded();
  EXPECT_EQ(error_of(""), DecodeError::truncated);
  EXPECT_EQ(error_of("{\"json\": true}"), DecodeError::magic);
  EXPECT_EQ(error_of(bytes + "x"), DecodeError::checksum);
  EXPECT_EQ(error_of(sealed(bytes + "x")), DecodeError::trailing_bytes);
  EXPECT_EQ(error_with(8, "\x01"), DecodeError::version);
  EXPECT_EQ(error_with(10, "\x20"), DecodeError::flags);
  EXPECT_EQ(error_with(11, "\x03"), DecodeError::place);
  EXPECT_EQ(error_with(11, std::string(1, '\0')), DecodeError::body_size);
  EXPECT_EQ(error_with(12, std::string("\x64\0", 2)), DecodeError::status);    // 100
  EXPECT_EQ(error_with(12, std::string("\x58\x02", 2)), DecodeError::status);  // 600
  EXPECT_EQ(error_with(12, std::string("\0\0", 2)), DecodeError::status);      // a marker with fields
  EXPECT_EQ(error_with(14, "\xff\xff"), DecodeError::limit);                   // fields
  EXPECT_EQ(error_with(16, "\xff\xff"), DecodeError::limit);                   // tags
  EXPECT_EQ(error_with(18, "\x01"), DecodeError::body_size);                   // a block, although it stands inside
  EXPECT_EQ(error_with(26, "\xff\xff\xff\xff\xff\xff\xff\xff"), DecodeError::limit);  // body
  EXPECT_EQ(error_with(58, "\xff\xff\xff\xff\xff\xff\xff\x7f"), DecodeError::time);
  EXPECT_EQ(error_with(98, "\xff\xff\xff\xff"), DecodeError::truncated);       // size of the key
}

TEST_F(EntryCodec, IsAMissForAnotherKey) {
  DecodeError error;
  EXPECT_EQ(decode_response(encoded(), "other", limits, error), nullptr);
  EXPECT_EQ(error, DecodeError::other_key);
}

TEST_F(EntryCodec, HoldsFieldsToWhatAResponseHeadAllows) {
  EXPECT_EQ(error_with("Content-Type", "Content Type"), DecodeError::bad_field);
  EXPECT_EQ(error_with("Content-Type", "Content-Typ:"), DecodeError::bad_field);
  EXPECT_EQ(error_with("Content-Type", "Content-Ty\xc3\xbf"), DecodeError::bad_field);
  EXPECT_EQ(error_with("text/html", "text\r\nX:y"), DecodeError::bad_field);
  EXPECT_EQ(error_with("text/html", "text/htm\n"), DecodeError::bad_field);
  EXPECT_EQ(error_with("text/html", std::string("text\0html", 9)), DecodeError::bad_field);
  EXPECT_EQ(error_with("text/html", " ext/html"), DecodeError::bad_field);
  EXPECT_EQ(error_with("text/html", "text\thtml"), DecodeError::none);
  EXPECT_EQ(error_with("text/html", "text/\xff\xffml"), DecodeError::none);
  EXPECT_EQ(error_with("Not Found", "Not\r\nX:yz"), DecodeError::bad_text);
  EXPECT_EQ(error_with("item-42", "item\n42"), DecodeError::bad_text);
}

TEST_F(EntryCodec, RefusesFramingFields) {
  for (const char* name : {"Content-Length", "Transfer-Encoding", "connection", "Keep-Alive", "Upgrade", "TE",
                           "Proxy-Connection"}) {
    const http::FieldList framing = fields_of({{"ETag", "\"x\""}, {name, "5"}});
    parts.fields = &framing;
    EXPECT_EQ(error_of(encoded()), DecodeError::framing_field) << name;
  }
}

TEST_F(EntryCodec, RefusesMoreThanTheLimits) {
  const auto limited = [&](auto set) {
    limits = {};
    set();
    return error_of(encoded());
  };
  EXPECT_EQ(limited([&] { limits.key = parts.key.size() - 1; }), DecodeError::limit);
  EXPECT_EQ(limited([&] { limits.line = 8; }), DecodeError::limit);
  EXPECT_EQ(limited([&] { limits.tags = 1; }), DecodeError::limit);
  EXPECT_EQ(limited([&] { limits.fields = 3; }), DecodeError::limit);
  EXPECT_EQ(limited([&] { limits.head = 100; }), DecodeError::limit);
  EXPECT_EQ(limited([&] { limits.body = 4; }), DecodeError::limit);
  EXPECT_EQ(limited([&] { limits.body = 5; }), DecodeError::none);
}

TEST_F(EntryCodec, RefusesBlocksThatContradictTheSize) {
  const auto with_blocks = [&](std::string_view count, std::string_view size) {
    std::string bytes = encode_entry(*StoredResponse::make_from_text(parts, std::string(10'000, 'x')), BodyPlace::blocks, 4096);
    bytes.replace(18, 4, count);
    bytes.replace(22, 4, size);
    return error_of(sealed(bytes));
  };
  const std::string_view three("\3\0\0\0", 4), four("\4\0\0\0", 4), none("\0\0\0\0", 4);
  EXPECT_EQ(with_blocks(three, std::string_view("\0\x10\0\0", 4)), DecodeError::bad_block);  // sound, but they are not here
  EXPECT_EQ(with_blocks(four, std::string_view("\0\x10\0\0", 4)), DecodeError::body_size);
  EXPECT_EQ(with_blocks(none, none), DecodeError::body_size);
  EXPECT_EQ(with_blocks(three, none), DecodeError::body_size);
  EXPECT_EQ(with_blocks("\xff\xff\xff\xff", std::string_view("\1\0\0\0", 4)), DecodeError::limit);
}

TEST_F(EntryCodec, HasATextForEveryError) {
  for (int i = 0; i <= static_cast<int>(DecodeError::bad_block); ++i)
    EXPECT_FALSE(decode_error_text(static_cast<DecodeError>(i)).empty()) << i;
}

}  // namespace
}  // namespace drishti::cache
