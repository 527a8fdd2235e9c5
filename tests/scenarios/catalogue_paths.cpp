#include "tests/scenarios/catalogue.hpp"
namespace drishti::testing::catalogue { std::vector<Entry> path_entries() { return {}; } }
