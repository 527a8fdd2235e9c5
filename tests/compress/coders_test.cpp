#include <gtest/gtest.h>

#include <functional>

#include "compress/coder_pool.hpp"
#include "tests/compress/decoders.hpp"

namespace drishti::compress::testing {
namespace {

struct Kind {
  const char* name;
  std::function<CoderPool::Lease(CoderPool&)> lend;
  std::string (*decode)(std::string_view);
};

const Kind kinds[] = {
    {"gzip", [](CoderPool& pool) { return pool.gzip(1); }, gunzip},
    {"gzip 6", [](CoderPool& pool) { return pool.gzip(6); }, gunzip},
    {"brotli", [](CoderPool& pool) { return pool.brotli(6, 19, {}); }, unbrotli},
    {"brotli 0", [](CoderPool& pool) { return pool.brotli(0, 10, {}); }, unbrotli},
    {"zstd", [](CoderPool& pool) { return pool.zstd(1, {}); }, unzstd},
    {"zstd 6", [](CoderPool& pool) { return pool.zstd(6, {}); }, unzstd},
};

TEST(Coders, GiveBackWhatWentIn) {
  CoderPool pool;
  for (const Kind& kind : kinds) {
    for (const std::size_t size : {0u, 1u, 100u, 5000u, 100'000u, 3'000'000u}) {
      const std::string text = some_text(size);
      const CoderPool::Lease coder = kind.lend(pool);
      ASSERT_TRUE(coder) << kind.name;
      const auto coded = run(*coder, text);
      ASSERT_TRUE(coded) << kind.name;
      EXPECT_TRUE(kind.decode(*coded) == text) << kind.name << ' ' << size;
      if (size >= 5000) {
        EXPECT_LT(coded->size(), size / 2) << kind.name;
      }
    }
  }
}

TEST(Coders, AFlushLetsTheReaderSeeAllThatCameBefore) {
  CoderPool pool;
  for (const Kind& kind : kinds) {
    const CoderPool::Lease coder = kind.lend(pool);
    const auto first = run(*coder, "data: one\n\n", Op::flush);
    ASSERT_TRUE(first) << kind.name;
    EXPECT_EQ(kind.decode(*first), "data: one\n\n[cut]") << kind.name;
    const auto second = run(*coder, "data: two\n\n", Op::flush);
    const auto end = run(*coder, "");
    ASSERT_TRUE(second && end) << kind.name;
    EXPECT_EQ(kind.decode(*first + *second + *end), "data: one\n\ndata: two\n\n") << kind.name;
  }
}

TEST(Coders, WhatOneResponseLeftInTheMiddleIsNotInTheNext) {
  CoderPool pool;
  for (const Kind& kind : kinds) {
    {
      const CoderPool::Lease cut = kind.lend(pool);
      std::string out(1000, 0);
      cut->code(some_text(70'000), out, Op::process);
    }
    const CoderPool::Lease coder = kind.lend(pool);
    EXPECT_EQ(kind.decode(run(*coder, "another body").value_or("")), "another body") << kind.name;
  }
}

TEST(Coders, TheirMemoryIsWhatThePoolCounts) {
  const std::string text = some_text(6'000'000);
  for (const int window : {10, 19, 24}) {
    for (const std::size_t said : {std::size_t{0}, text.size()}) {
      BlockCache blocks;
      BrotliEncoder encoder(blocks, window);
      ASSERT_TRUE(encoder.start(6, said));
      ASSERT_TRUE(run(encoder, text));
      EXPECT_LE(blocks.in_use(), BrotliEncoder::memory_of(window)) << window;
      EXPECT_GT(blocks.in_use(), BrotliEncoder::memory_of(window) / 8) << window;
    }
  }
  for (const int level : {1, 3, 6}) {
    ZstdEncoder encoder;
    ASSERT_TRUE(encoder.start(level, {}));
    ASSERT_TRUE(run(encoder, text));
    EXPECT_LE(encoder.memory_used(), ZstdEncoder::memory) << level;
  }
}

TEST(CoderPool, LendsNoMoreThanItsLimit) {
  CoderPool pool(2 * GzipEncoder::memory);
  CoderPool::Lease one = pool.gzip(1), two = pool.gzip(1);
  ASSERT_TRUE(one && two);
  EXPECT_FALSE(pool.gzip(1));
  EXPECT_FALSE(pool.brotli(1, 19, {}));
  one.reset();
  EXPECT_TRUE(pool.gzip(1));
  two.reset();
  EXPECT_EQ(pool.in_use(), 0u);
}

TEST(Coders, ABodyOfAnotherSizeThanWasSaidFails) {
  CoderPool pool;
  const CoderPool::Lease coder = pool.zstd(1, 100);
  EXPECT_FALSE(run(*coder, std::string(99, 'x')));
}

// ---- gunzip ----

std::string gzipped(std::string_view text) {
  CoderPool pool;
  return run(*pool.gzip(6), text).value();
}

TEST(Gunzip, ReadsWhatTheEncoderWrote) {
  CoderPool pool;
  const std::string text = some_text(300'000);
  for (const std::size_t step : {1u, 7u, 4096u}) {
    const CoderPool::Lease decoder = pool.gunzip({});
    EXPECT_TRUE(run(*decoder, gzipped(text), Op::finish, step) == text) << step;
  }
}

TEST(Gunzip, SeveralMembersAreOneBody) {
  CoderPool pool;
  const CoderPool::Lease decoder = pool.gunzip({});
  EXPECT_EQ(run(*decoder, gzipped("one ") + gzipped("") + gzipped("two")), "one two");
}

TEST(Gunzip, AnEmptyBodyIsEmpty) {
  CoderPool pool;
  const CoderPool::Lease decoder = pool.gunzip({});
  EXPECT_EQ(run(*decoder, ""), "");
}

TEST(Gunzip, RefusesWhatIsCutOrChangedOrNoGzip) {
  CoderPool pool;
  const std::string good = gzipped(some_text(10'000));
  std::string flipped = good;
  flipped[flipped.size() - 6] = static_cast<char>(flipped[flipped.size() - 6] ^ 1);  // of the checksum
  for (const std::string& bad : {good.substr(0, good.size() - 1), good.substr(0, 5), flipped, good + "x", std::string("plain text")}) {
    const CoderPool::Lease decoder = pool.gunzip({});
    EXPECT_FALSE(run(*decoder, bad)) << bad.size();
  }
}

TEST(Gunzip, StopsABodyThatGrowsTooMuchOrTooFar) {
  CoderPool pool;
  const std::string bomb = gzipped(std::string(20 << 20, 'x'));
  ASSERT_LT(bomb.size(), 40'000u);
  const CoderPool::Lease by_ratio = pool.gunzip({.most_bytes = 0, .most_ratio = 100});
  EXPECT_FALSE(run(*by_ratio, bomb));
  const CoderPool::Lease by_size = pool.gunzip({.most_bytes = 1 << 20, .most_ratio = 0});
  EXPECT_FALSE(run(*by_size, bomb));
  const CoderPool::Lease unlimited = pool.gunzip({});
  EXPECT_EQ(run(*unlimited, bomb)->size(), 20u << 20);
  const CoderPool::Lease small = pool.gunzip({.most_bytes = 0, .most_ratio = 100});
  EXPECT_EQ(run(*small, gzipped(std::string(1 << 20, 'x')))->size(), 1u << 20) << "too small to harm anybody";
}

TEST(Gunzip, NeverGivesMoreThanItsLimitAndOneBuffer) {
  CoderPool pool;
  const std::string bomb = gzipped(std::string(20 << 20, 'x'));
  const CoderPool::Lease decoder = pool.gunzip({.most_bytes = 1 << 20, .most_ratio = 0});
  std::string_view input = bomb;
  std::string out(32 << 10, 0);
  std::size_t produced = 0;
  for (const char* failure = nullptr; failure == nullptr;) {
    const Step step = decoder->code(input, out, Op::finish);
    input.remove_prefix(step.consumed);
    produced += step.produced;
    failure = step.failure;
  }
  EXPECT_LE(produced, (1u << 20) + out.size());
}

}  // namespace
}  // namespace drishti::compress::testing
