#include "tests/scenarios/catalogue.hpp"
namespace drishti::testing::catalogue { std::vector<Entry> response_entries() { return {}; } }
