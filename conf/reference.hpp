#pragma once
// docs/CONFIGURATION.md, made from the directive table.

#include <string>

namespace drishti::conf {

/// The whole page in Markdown; a test keeps the file equal to it.
std::string configuration_reference();

}  // namespace drishti::conf
