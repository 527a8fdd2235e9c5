#pragma once
// What the ssl_* directives of a server need of each other, in nginx's words. Once all levels are merged.

#include <memory>
#include <vector>

#include "conf/config.hpp"

namespace drishti::conf {

/// Throws ConfigError.
void check_ssl(const Server& server);
/// Each `listen ... ssl` has a certificate to answer with. Throws ConfigError.
void check_ssl_listens(const std::vector<std::shared_ptr<Server>>& servers);

}  // namespace drishti::conf
