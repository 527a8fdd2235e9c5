// Chunked bodies and the other framings. Ids as in the threat catalogue.

#include "http/body_decoder.hpp"

#include <gtest/gtest.h>

#include "tests/support/http_heads.hpp"

namespace drishti::http::testing {
namespace {

using namespace std::string_literals;

struct Case {
  const char* name;
  std::string input;
  Reject expected = Reject::none;
  std::string data = {};
};

std::string extended(std::string_view extension) { return "5" + std::string(extension) + "\r\nhello\r\n0\r\n\r\n"; }
std::string sized(std::string_view size) { return std::string(size) + "\r\nhello\r\n0\r\n\r\n"; }
std::string trailers(std::string_view lines) { return "0\r\n" + std::string(lines) + "\r\n"; }

const Case cases[] = {
    {"S22 plain", sized("5"), Reject::none, "hello"},
    {"S22 0x prefix", sized("0x5"), Reject::bad_chunk},
    {"S22 plus", sized("+5"), Reject::bad_chunk},
    {"S22 minus", sized("-5"), Reject::bad_chunk},
    {"S22 space before", sized(" 5"), Reject::bad_chunk},
    {"S22 space behind", sized("5 "), Reject::bad_chunk},
    {"S22 tab behind", sized("5\t"), Reject::bad_chunk},
    {"S22 underscore", sized("5_0"), Reject::bad_chunk},
    {"S22 empty", sized(""), Reject::bad_chunk},
    {"S22 empty with extension", sized(";a"), Reject::bad_chunk},
    {"S22 no digit", sized("G"), Reject::bad_chunk},
    {"S22 hexadecimal in both cases", "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", Reject::none,
     "01234567890123456789"},
    {"S23 17 digits", sized("FFFFFFFFFFFFFFFF0"), Reject::bad_chunk},
    {"S23 2^64-1", sized("FFFFFFFFFFFFFFFF"), Reject::bad_chunk},
    {"S23 2^63", sized("8000000000000000"), Reject::bad_chunk},
    {"S23 1 followed by 16 zeros", sized("10000000000000000"), Reject::bad_chunk},
    {"S23 sum of two chunks over 2^63-1", "1\r\nx\r\n7fffffffffffffff\r\n", Reject::bad_chunk},
    {"S23 leading zeros", sized("0000000000000000005"), Reject::none, "hello"},
    {"S23 5000 zeros", sized(std::string(5000, '0') + "5"), Reject::chunk_overhead},
    {"S24 bare LF", "5\nhello\r\n0\r\n\r\n", Reject::bad_chunk},
    {"S24 bare CR", "5\rhello\r\n0\r\n\r\n", Reject::bad_chunk},
    {"S24 CR CR", "5\r\r;a\nhello\r\n0\r\n\r\n", Reject::bad_chunk},
    {"S25 extensions", extended(";a;b=c;d=\"e \\\" f\""), Reject::none, "hello"},
    {"S25 bare semicolon", extended(";"), Reject::bad_chunk},
    {"S25 NUL", extended(";\0a"s), Reject::bad_chunk},
    {"S25 LF inside", extended(";a\nb"), Reject::bad_chunk},
    {"S25 no token", extended(";(a)"), Reject::bad_chunk},
    {"S25 no value", extended(";a="), Reject::bad_chunk},
    {"S25 space", extended("; a"), Reject::bad_chunk},
    {"S25 space before", extended(" ;a"), Reject::bad_chunk},
    {"S25 LF in a quoted string", extended(";a=\"x\ny\""), Reject::bad_chunk},
    {"S25 control in a quoted string", extended(";a=\"\x01\""), Reject::bad_chunk},
    {"S25 CR behind a backslash", extended(";a=\"\\\r\""), Reject::bad_chunk},
    {"S25 quoted string never closed", extended(";a=\"b"), Reject::bad_chunk},
    {"S25 text behind a quoted string", extended(";a=\"b\"c"), Reject::bad_chunk},
    {"S26 line of 64 KiB", extended(";" + std::string(65536, 'a')), Reject::chunk_overhead},
    {"S26 line of 4 KiB", extended(";" + std::string(4000, 'a')), Reject::none, "hello"},
    {"S27 spill", "5\r\nhello!\r\n0\r\n\r\n", Reject::bad_chunk},
    {"S27 no CRLF behind the data", "5\r\nhello0\r\n\r\n", Reject::bad_chunk},
    {"S27 LF behind the data", "5\r\nhello\n0\r\n\r\n", Reject::bad_chunk},
    {"S28 last chunk with bare LF", "0\n\n", Reject::bad_chunk},
    {"S28 last line with bare LF", "0\r\n\n", Reject::bad_trailer},
    {"S28 last chunk of zeros", "00000\r\n\r\n"},
    {"S28 CRLF before the last chunk", "5\r\nhello\r\n\r\n0\r\n\r\n", Reject::bad_chunk},
    {"S28 last chunk with extension", "0;a=b\r\n\r\n"},
    {"S29 trailers are dropped", trailers("Content-Length: 5\r\nHost: a\r\n")},
    {"S29 trailer without colon", trailers("x\r\n"), Reject::bad_trailer},
    {"S29 trailer with space before the colon", trailers("x : y\r\n"), Reject::bad_trailer},
    {"S29 empty trailer name", trailers(": y\r\n"), Reject::bad_trailer},
    {"S29 folded trailer", trailers("x: y\r\n z\r\n"), Reject::bad_trailer},
    {"S29 NUL in a trailer", trailers("x: \0\r\n"s), Reject::bad_trailer},
    {"S30 trailers of 9 KiB", trailers("x: " + std::string(9000, 'y') + "\r\n"), Reject::bad_trailer},
    {"S31 trailer with bare LF", trailers("x: y\n"), Reject::bad_trailer},
    {"S31 bare CR in a trailer", trailers("x: \ry\r\n"), Reject::bad_trailer},
};

TEST(ChunkedBody, IsReadStrictly) {
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    const DecodedBody whole = decode_chunked(test.input + "behind");
    EXPECT_EQ(reject_name(whole.reject), reject_name(test.expected));
    EXPECT_EQ(whole.done, test.expected == Reject::none);
    if (test.expected == Reject::none) {
      EXPECT_EQ(whole.data, test.data);
      EXPECT_EQ(whole.consumed, test.input.size());
    }
    EXPECT_EQ(decode_split(test.input + "behind", {BodyKind::chunked, 0}, [] { return 1; }), whole);
  }
}

TEST(ChunkedBody, S26ExtensionsMayNotOutweighTheBody) {
  std::string input;
  for (int i = 0; i < 10; ++i) input += "1;" + std::string(4000, 'a') + "\r\nx\r\n";
  const DecodedBody body = decode_chunked(input);
  EXPECT_EQ(body.reject, Reject::chunk_overhead);
  EXPECT_EQ(body.data.size(), 4u);  // 16 KiB of extensions are free
}

TEST(ChunkedBody, ManySmallChunksAreNoAttack) {
  std::string input;
  for (int i = 0; i < 20000; ++i) input += "1\r\nx\r\n";
  const DecodedBody body = decode_chunked(input + "0\r\n\r\n");
  EXPECT_TRUE(body.done);
  EXPECT_EQ(body.data.size(), 20000u);
}

TEST(ChunkedBody, S30TakesAHundredTrailerLines) {
  std::string lines;
  for (int i = 0; i < 100; ++i) lines += "x: y\r\n";
  EXPECT_TRUE(decode_chunked(trailers(lines)).done);
  EXPECT_EQ(decode_chunked(trailers(lines + "x: y\r\n")).reject, Reject::bad_trailer);
}

TEST(ChunkedBody, DataIsAViewIntoTheInput) {
  const std::string input = "5\r\nhello\r\n0\r\n\r\n";
  BodyDecoder decoder;
  decoder.start({BodyKind::chunked, 0});
  const BodyDecoder::Step step = decoder.decode(input);
  EXPECT_EQ(step.data.data(), input.data() + 3);
  EXPECT_EQ(step.data, "hello");
  EXPECT_EQ(decoder.body_bytes(), 5u);
  EXPECT_FALSE(decoder.done());
}

TEST(LengthBody, EndsAfterItsBytes) {
  BodyDecoder decoder;
  decoder.start({BodyKind::length, 7});
  EXPECT_EQ(decoder.decode("hello").data, "hello");
  EXPECT_EQ(decoder.remaining(), 2u);
  EXPECT_FALSE(decoder.on_eof());
  const BodyDecoder::Step last = decoder.decode("!!next");
  EXPECT_EQ(last.consumed, 2u);
  EXPECT_TRUE(decoder.done());
  EXPECT_TRUE(decoder.on_eof());
  EXPECT_EQ(decoder.decode("next").consumed, 0u);
}

TEST(LengthBody, OfZeroBytesIsDoneAtOnce) {
  BodyDecoder decoder;
  decoder.start({BodyKind::length, 0});
  EXPECT_TRUE(decoder.done());
}

TEST(UntilCloseBody, EndsWithTheConnection) {
  BodyDecoder decoder;
  decoder.start({BodyKind::until_close, 0});
  EXPECT_EQ(decoder.decode("all of it").consumed, 9u);
  EXPECT_FALSE(decoder.done());
  EXPECT_TRUE(decoder.on_eof());
  EXPECT_TRUE(decoder.done());
}

TEST(ChunkedBody, R12AnEndInTheMiddleIsNotClean) {
  BodyDecoder decoder;
  decoder.start({BodyKind::chunked, 0});
  decoder.decode("5\r\nhel");
  EXPECT_FALSE(decoder.on_eof());
}

TEST(ChunkHead, IsWrittenInLowerCaseWithoutZeros) {
  const auto written = [](std::uint64_t size) {
    char out[18];
    return std::string(out, write_chunk_head(out, size));
  };
  EXPECT_EQ(written(0), "0\r\n");
  EXPECT_EQ(written(10), "a\r\n");
  EXPECT_EQ(written(4096), "1000\r\n");
  EXPECT_EQ(written(UINT64_MAX), "ffffffffffffffff\r\n");
}

TEST(ChunkedBody, KeepsTrailersForWhoAsks) {
  const std::string body = "1\r\nx\r\n" + trailers("A: 1\r\nb:\t two words \r\nempty:\r\n");
  for (std::size_t step : {std::size_t{1}, body.size()}) {
    std::string text;
    BodyDecoder decoder;
    decoder.start({BodyKind::chunked, 0});
    decoder.keep_trailers(text);
    for (std::string_view left = body; !left.empty();) {
      const auto used = decoder.decode(left.substr(0, step)).consumed;
      ASSERT_GT(used, 0U);
      left.remove_prefix(used);
    }
    ASSERT_TRUE(decoder.done());
    FieldList fields;
    parse_trailers(text, fields);
    ASSERT_EQ(fields.size(), 3U);
    EXPECT_EQ(fields[0].name, "A");
    EXPECT_EQ(fields[0].value, "1");
    EXPECT_EQ(fields[1].value, "two words");
    EXPECT_EQ(fields[2].value, "");
  }
}

}  // namespace
}  // namespace drishti::http::testing
