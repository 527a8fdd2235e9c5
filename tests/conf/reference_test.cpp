#include "conf/reference.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "conf/directive_table.hpp"

namespace drishti::conf {
namespace {

constexpr const char* page_path = DRISHTI_SOURCE_DIR "/docs/CONFIGURATION.md";

TEST(Reference, ThePageInDocsIsMadeFromTheTable) {
  if (std::getenv("DRISHTI_UPDATE_DOCS") != nullptr) std::ofstream(page_path) << configuration_reference();
  std::stringstream page;
  page << std::ifstream(page_path).rdbuf();
  EXPECT_EQ(page.str(), configuration_reference()) << "run this test with DRISHTI_UPDATE_DOCS=1";
}

TEST(Reference, EveryDirectiveIsDescribed) {
  for (const auto& group : directive_groups())
    for (const auto& spec : group.directives) {
      EXPECT_FALSE(spec.help.empty()) << spec.name;
      EXPECT_NE(spec.contexts, 0u) << spec.name;
      if (spec.effect == Effect::implemented) {
        EXPECT_NE(spec.set, nullptr) << spec.name;
        EXPECT_TRUE(spec.arity.max == 0 || !spec.syntax.empty()) << spec.name;
      }
    }
}

TEST(Reference, NoDirectiveIsDescribedTwiceForOneContext) {
  std::set<std::pair<std::string_view, unsigned>> seen;
  for (const auto& group : directive_groups())
    for (const auto& spec : group.directives)
      for (unsigned bit = 1; bit <= context::anywhere; bit <<= 1) {
        const bool is_new = (spec.contexts & bit) == 0 || seen.emplace(spec.name, bit).second;
        EXPECT_TRUE(is_new) << spec.name << " in " << context_names(bit);
      }
}

TEST(Reference, WhatIsMissingIsNotInTheTable) {
  for (const auto name : missing_directives())
    EXPECT_FALSE(find_directive(name, context::anywhere).is_known) << name;
}

}  // namespace
}  // namespace drishti::conf
