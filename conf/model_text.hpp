#pragma once
// The typed configuration as text: one line a value, in a fixed order, without positions. Two configurations that mean
// the same give the same text, whatever syntax they were written in. For tests and for finding out what a file means.

#include <string>

#include "conf/config.hpp"

namespace drishti::conf {

std::string model_text(const Config& config);

}  // namespace drishti::conf
