#pragma once
// Answers of the API for people: lines and tables. What came from outside cannot steer the terminal.

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "ctl/options.hpp"

namespace drishti::ctl {

/// Columns as wide as their widest cell.
std::string table(const std::vector<std::vector<std::string>>& rows);

/// The answer of a call as VIEW shows it.
std::string show(Options::View view, const boost::json::value& answer);

}  // namespace drishti::ctl
