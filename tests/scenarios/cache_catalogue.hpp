#pragma once
// Groups C (the response cache) and D (faults of Redis) of the threat catalogue as a table of named cases.

#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace drishti::testing::cache_catalogue {

/// What a case found; it holds when nothing was noted.
class Checks {
 public:
  void that(bool holds, const std::string& words) {
    if (!holds) faults_ += "\n    " + words;
  }
  template <class A, class B>
  void equal(const A& got, const B& wanted, const std::string& words) {
    if (got == wanted) return;
    std::ostringstream text;
    text << "\n    " << words << ": got [" << got << "], wanted [" << wanted << "]";
    faults_ += text.str();
  }
  const std::string& faults() const { return faults_; }

 private:
  std::string faults_;
};

struct Case {
  std::string words;
  void (*run)(Checks&);
};

struct Entry {
  std::string id;
  std::string words;
  std::vector<Case> cases;
};
inline void PrintTo(const Entry& entry, std::ostream* out) { *out << entry.words; }

inline void expect_to_hold(const Entry& entry) {
  for (const Case& test : entry.cases) {
    Checks checks;
    test.run(checks);
    EXPECT_EQ(checks.faults(), "") << entry.id << " " << entry.words << " | " << test.words;
  }
}

std::vector<Entry> rule_entries();     // C01 .. C13, C16 .. C21, C23
std::vector<Entry> trust_entries();    // C14, C15, C22: what stands in Redis, and who gets what
std::vector<Entry> fault_entries();    // D01 .. D13

}  // namespace drishti::testing::cache_catalogue
