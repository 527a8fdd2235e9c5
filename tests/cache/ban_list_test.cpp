#include "cache/ban_list.hpp"

#include <gtest/gtest.h>

#include "tests/cache/responses.hpp"

namespace drishti::cache {
namespace {

using Kind = Ban::Kind;

StoredResponsePtr response(std::string_view url, std::uint64_t ban_number, std::span<const std::string_view> tags = {}) {
  ResponseParts parts;
  parts.key = url;
  parts.url = url;
  parts.status = 200;
  parts.tags = tags;
  parts.ban_number = ban_number;
  return StoredResponse::make(parts, {});
}

BanList list(std::initializer_list<Ban> bans) {
  BanList all;
  for (const Ban& ban : bans) all = *all.with(ban);
  return all;
}

constexpr std::string_view news = "http://example.org:80/news/1?x";

TEST(BanList, HitsWhatWasFetchedBeforeTheBanWasKnown) {
  const BanList bans = list({{Kind::prefix, "http://example.org:80/news/", 5}});
  EXPECT_TRUE(bans.hits(*response(news, 0)));
  EXPECT_TRUE(bans.hits(*response(news, 4)));
  EXPECT_FALSE(bans.hits(*response(news, 5)));
  EXPECT_FALSE(bans.hits(*response(news, 6)));
}

TEST(BanList, ComparesPrefixesWithTheUrl) {
  const auto hits = [](std::string_view prefix) {
    return list({{Kind::prefix, std::string(prefix), 5}}).hits(*response(news, 0));
  };
  EXPECT_TRUE(hits(""));
  EXPECT_TRUE(hits("http://example.org:80/"));
  EXPECT_TRUE(hits(news));
  EXPECT_FALSE(hits(std::string(news) + "y"));
  EXPECT_FALSE(hits("http://example.org:80/sport/"));
  EXPECT_FALSE(hits("example.org"));
}

TEST(BanList, ComparesTagsExactly) {
  const std::string_view tags[] = {"a", "bc"};
  const auto hits = [&](std::string_view tag) {
    return list({{Kind::tag, std::string(tag), 5}}).hits(*response(news, 0, tags));
  };
  EXPECT_TRUE(hits("a"));
  EXPECT_TRUE(hits("bc"));
  EXPECT_FALSE(hits("b"));
  EXPECT_FALSE(hits("http://example.org:80/"));
}

TEST(BanList, ComparesUrlsExactly) {
  const auto hits = [](std::string_view url) { return list({{Kind::url, std::string(url), 5}}).hits(*response(news, 0)); };
  EXPECT_TRUE(hits(news));
  EXPECT_FALSE(hits("http://example.org:80/news/1"));
  EXPECT_FALSE(hits(std::string(news) + "y"));
}

TEST(BanList, AsksEveryBanThatIsNewerThanTheFetch) {
  const BanList bans = list({{Kind::tag, "x", 1}, {Kind::prefix, "http://example.org:80/news/", 2}, {Kind::tag, "y", 3}});
  EXPECT_TRUE(bans.hits(*response(news, 1)));
  EXPECT_FALSE(bans.hits(*response(news, 2)));
}

TEST(BanList, TellsTheNewestNumberWhateverOrderTheyCameIn) {
  EXPECT_EQ(BanList().newest(), 0U);
  const BanList bans = list({{Kind::tag, "a", 7}, {Kind::tag, "b", 3}});
  EXPECT_EQ(bans.newest(), 7U);
  ASSERT_EQ(bans.bans().size(), 2U);
  EXPECT_EQ(bans.bans()[0].number, 3U);
}

TEST(BanList, KeepsTheNewestOfTheSameBan) {
  const BanList bans = list({{Kind::tag, "a", 3}, {Kind::tag, "a", 7}, {Kind::tag, "a", 5}, {Kind::prefix, "a", 4}});
  EXPECT_EQ(bans.bans(), (std::vector<Ban>{{Kind::prefix, "a", 4}, {Kind::tag, "a", 7}}));
}

TEST(BanList, PurgesTooMuchRatherThanForgetABan) {
  auto bans = std::make_shared<const BanList>();
  for (std::uint64_t number = 1; number <= BanList::most + 10; ++number)
    bans = bans->with({Kind::tag, "tag" + std::to_string(number), number});
  EXPECT_EQ(bans->bans().size(), BanList::most);
  EXPECT_EQ(bans->everything_before(), 10U);
  EXPECT_TRUE(bans->hits(*response("http://other/", 9)));
  EXPECT_FALSE(bans->hits(*response("http://other/", 10)));
  EXPECT_EQ(bans->newest(), BanList::most + 10);
  EXPECT_EQ(bans->with({Kind::tag, "late", 10})->bans().size(), BanList::most);
}

TEST(BanList, ForgetsTheLateOneOfAFullListAndNotTheNewest) {
  auto bans = std::make_shared<const BanList>();
  for (std::uint64_t number = 2; number <= BanList::most + 1; ++number)
    bans = bans->with({Kind::tag, "tag" + std::to_string(number), number});
  bans = bans->with({Kind::tag, "late", 1});
  EXPECT_EQ(bans->everything_before(), 1U);
  EXPECT_TRUE(bans->hits(*response("http://other/", 0)));
  EXPECT_EQ(bans->newest(), BanList::most + 1);
}

TEST(BanList, DoesNotChangeForThoseWhoReadIt) {
  const auto before = std::make_shared<const BanList>();
  const auto after = before->with({Kind::prefix, "", 1});
  EXPECT_TRUE(before->bans().empty());
  EXPECT_FALSE(before->hits(*response(news, 0)));
  EXPECT_TRUE(after->hits(*response(news, 0)));
}

}  // namespace
}  // namespace drishti::cache
