#pragma once
// One call of the admin listener over a blocking socket with deadlines.

#include <string>

#include "conf/socket_address.hpp"
#include "ctl/options.hpp"

namespace drishti::ctl {

struct Answer {
  int status = 0;
  std::string body;
};

/// TOKEN may be empty. Throws std::runtime_error, with what to do about it.
Answer call(const SocketAddress& address, const std::string& token, const Call& call);

}  // namespace drishti::ctl
