#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "tests/scenarios/upstream_catalogue.hpp"

namespace drishti::testing::upstream_catalogue {
namespace {

std::vector<Entry> all_entries() {
  std::vector<Entry> all;
  for (auto part : {failure_entries, health_entries})
    for (Entry& entry : part()) all.push_back(std::move(entry));
  std::ranges::sort(all, {}, &Entry::id);
  return all;
}

TEST(UpstreamCatalogue, NamesEveryEntryOnce) {
  std::vector<std::string> ids, wanted;
  for (const Entry& entry : all_entries()) {
    ids.push_back(entry.id);
    EXPECT_FALSE(entry.cases.empty()) << entry.id;
  }
  for (int i = 1; i <= 21; ++i) wanted.push_back((i < 10 ? "U0" : "U") + std::to_string(i));
  EXPECT_EQ(ids, wanted);
}

class UpstreamCatalogueEntry : public ::testing::TestWithParam<Entry> {};

TEST_P(UpstreamCatalogueEntry, IsAnsweredAsItSays) { expect_to_hold(GetParam()); }

INSTANTIATE_TEST_SUITE_P(All, UpstreamCatalogueEntry, ::testing::ValuesIn(all_entries()),
                         [](const auto& entry) { return entry.param.id; });

}  // namespace
}  // namespace drishti::testing::upstream_catalogue
