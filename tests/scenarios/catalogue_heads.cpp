#include "tests/scenarios/catalogue.hpp"
namespace drishti::testing::catalogue { std::vector<Entry> head_entries() { return {}; } }
