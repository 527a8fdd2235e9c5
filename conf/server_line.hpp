#pragma once
// One `server` line of an upstream, from the file or from an administrator.

#include "conf/config.hpp"

namespace drishti::conf {

/// LINE is `server ADDRESS PARAMETERS` for a group that is balanced by METHOD. Throws ConfigError in nginx's words.
UpstreamServer read_server_line(const Directive& line, BalanceMethod method);

/// Throw ConfigError when METHOD knows no backup servers, or no slow start.
void check_backup_fits(BalanceMethod method, const Directive& line);
void check_slow_start_fits(BalanceMethod method, const Directive& line);

/// Whether both lines say the same, wherever they stand.
bool same_server_line(const UpstreamServer& a, const UpstreamServer& b);

}  // namespace drishti::conf
