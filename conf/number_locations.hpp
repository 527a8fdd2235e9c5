#pragma once
// Small numbers for servers and locations, so that what is kept about them (counters) is found without a look-up.

#include "conf/config.hpp"

namespace drishti::conf {

/// Numbers SERVERS, and all their locations, from 0 in file order. An `if` has the number of the location around it.
void number_locations(const std::vector<std::shared_ptr<Server>>& servers);

}  // namespace drishti::conf
