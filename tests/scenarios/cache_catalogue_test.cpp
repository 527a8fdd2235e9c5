#include <gtest/gtest.h>

#include <algorithm>

#include "tests/scenarios/cache_catalogue.hpp"

namespace drishti::testing::cache_catalogue {
namespace {

std::vector<Entry> all_entries() {
  std::vector<Entry> all;
  for (auto part : {rule_entries, trust_entries, fault_entries})
    for (Entry& entry : part()) all.push_back(std::move(entry));
  std::sort(all.begin(), all.end(), [](const Entry& a, const Entry& b) { return a.id < b.id; });
  return all;
}

/// C01 .. C23, D01 .. D13.
std::vector<std::string> all_ids() {
  std::vector<std::string> ids;
  for (auto [letter, count] : {std::pair{'C', 23}, {'D', 13}})
    for (int i = 1; i <= count; ++i) ids.push_back(letter + std::string(i < 10 ? "0" : "") + std::to_string(i));
  return ids;
}

TEST(CacheCatalogue, NamesEveryEntryOnce) {
  std::vector<std::string> ids;
  for (const Entry& entry : all_entries()) {
    ids.push_back(entry.id);
    EXPECT_FALSE(entry.cases.empty()) << entry.id;
  }
  EXPECT_EQ(ids, all_ids());
}

class CacheCatalogueEntry : public ::testing::TestWithParam<Entry> {};

TEST_P(CacheCatalogueEntry, IsAnsweredAsItSays) { expect_to_hold(GetParam()); }

INSTANTIATE_TEST_SUITE_P(All, CacheCatalogueEntry, ::testing::ValuesIn(all_entries()),
                         [](const auto& entry) { return entry.param.id; });

}  // namespace
}  // namespace drishti::testing::cache_catalogue
