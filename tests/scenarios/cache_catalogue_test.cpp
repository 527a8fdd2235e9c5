#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

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

bool holds(const Entry& entry) {
  bool good = true;
  for (const Case& test : entry.cases) {
    Checks checks;
    test.run(checks);
    if (checks.faults().empty()) continue;
    good = false;
    ADD_FAILURE() << entry.id << " " << entry.words << " | " << test.words << ":" << checks.faults();
  }
  return good;
}

void run_group(char group) {
  const char* only = std::getenv("CATALOGUE_ONLY");  // one entry, for whoever looks into it
  int held = 0, asked = 0;
  for (const Entry& entry : all_entries()) {
    if (entry.id.front() != group || (only != nullptr && entry.id != only)) continue;
    ++asked;
    const bool good = holds(entry);
    held += good ? 1 : 0;
    std::printf("  %s %s (%zu cases): %s\n", entry.id.c_str(), entry.words.c_str(), entry.cases.size(), good ? "holds" : "FAILS");
  }
  std::printf("cache catalogue, group %c: %d of %d\n", group, held, asked);
}

TEST(CacheCatalogue, NamesEveryEntryOnce) {
  std::vector<std::string> ids;
  for (const Entry& entry : all_entries()) {
    ids.push_back(entry.id);
    EXPECT_FALSE(entry.cases.empty()) << entry.id;
  }
  EXPECT_EQ(ids, all_ids());
}

TEST(CacheCatalogue, EveryEntryOfTheCacheIsAnsweredAsItSays) { run_group('C'); }
TEST(CacheCatalogue, EveryFaultOfRedisIsAMissAndNothingElse) { run_group('D'); }

}  // namespace
}  // namespace drishti::testing::cache_catalogue
