#include <gtest/gtest.h>

#include <cstdio>

#include "tests/scenarios/catalogue.hpp"

namespace drishti::testing::catalogue {
namespace {

std::vector<Entry> all_entries() {
  std::vector<Entry> all;
  for (auto part : {framing_entries, body_entries, head_entries, response_entries, path_entries})
    for (Entry& entry : part()) all.push_back(std::move(entry));
  return all;
}

/// S01 .. S42, H01 .. H30, R01 .. R23, P01 .. P13.
std::vector<std::string> all_ids() {
  std::vector<std::string> ids;
  for (auto [letter, count] : {std::pair{'S', 42}, {'H', 30}, {'R', 23}, {'P', 13}})
    for (int i = 1; i <= count; ++i) ids.push_back(letter + std::string(i < 10 ? "0" : "") + std::to_string(i));
  return ids;
}

TEST(Catalogue, NamesEveryEntryOnce) {
  std::vector<std::string> ids;
  for (const Entry& entry : all_entries()) {
    ids.push_back(entry.id);
    EXPECT_NE(entry.probes.empty(), entry.later.empty()) << entry.id;
  }
  EXPECT_EQ(ids, all_ids());
}

bool holds(Bench& bench, const Entry& entry) {
  bool good = true;
  static const bool tells_times = std::getenv("CATALOGUE_TIMES") != nullptr;
  for (const Probe& probe : entry.probes) {
    auto begun = std::chrono::steady_clock::now();
    std::string fault = bench.run(probe);
    auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun).count();
    if (tells_times && took > 100) std::printf("%s %s: %d ms\n", entry.id.c_str(), probe.words.substr(0, 60).c_str(), static_cast<int>(took));
    if (fault.empty()) continue;
    good = false;
    ADD_FAILURE() << entry.id << " " << entry.words << " | " << probe.words << ": " << fault;
  }
  return good;
}

TEST(Catalogue, EveryEntryIsAnsweredAsItSays) {
  Bench bench;
  const char* only = std::getenv("CATALOGUE_ONLY");  // one entry, for whoever looks into it
  int held = 0, asked = 0;
  std::string later;
  for (const Entry& entry : all_entries()) {
    if (only && entry.id != only) continue;
    if (!entry.later.empty()) {
      later += "\n  elsewhere or later: " + entry.id + " " + entry.words + " (" + entry.later + ")";
      continue;
    }
    ++asked;
    held += holds(bench, entry) ? 1 : 0;
  }
  std::printf("catalogue: %d of %d%s\n", held, asked, later.c_str());
}

}  // namespace
}  // namespace drishti::testing::catalogue
