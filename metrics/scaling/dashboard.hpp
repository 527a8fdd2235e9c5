#pragma once
// What `drishti scaling` prints: the answer of GET /scaling for people.

#include <string>
#include <string_view>

namespace drishti::scaling {

/// JSON is an answer of GET /scaling. Throws std::runtime_error when it is something else.
std::string dashboard(std::string_view json);

}  // namespace drishti::scaling
