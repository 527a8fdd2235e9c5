#include "tests/scenarios/tls_catalogue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

namespace drishti::testing::tls_catalogue {
namespace {

std::vector<Entry> all_entries() {
  std::vector<Entry> all;
  for (auto part : {handshake_entries, trust_entries, upstream_entries})
    for (Entry& entry : part()) all.push_back(std::move(entry));
  std::ranges::sort(all, {}, &Entry::id);
  return all;
}

TEST(TlsCatalogue, NamesEveryEntryOnce) {
  std::vector<std::string> ids, wanted{"H20"};
  for (const Entry& entry : all_entries()) {
    ids.push_back(entry.id);
    EXPECT_FALSE(entry.cases.empty()) << entry.id;
  }
  for (int i = 1; i <= 14; ++i)
    wanted.push_back((i < 10 ? "L0" : "L") + std::to_string(i));
  wanted.push_back("P13");
  EXPECT_EQ(ids, wanted);
}

class TlsCatalogueEntry : public ::testing::TestWithParam<Entry> {};

TEST_P(TlsCatalogueEntry, IsAnsweredAsItSays) { expect_to_hold(GetParam()); }

INSTANTIATE_TEST_SUITE_P(All, TlsCatalogueEntry, ::testing::ValuesIn(all_entries()),
                         [](const auto& entry) { return entry.param.id; });

}  // namespace
}  // namespace drishti::testing::tls_catalogue
