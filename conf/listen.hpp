#pragma once
// `listen`.

#include "conf/analysis.hpp"

namespace drishti::conf {

/// The setter of `listen`: one or more addresses for the server being read.
void add_listen(Analysis& a, const Directive& d);

/// What a server without `listen` gets: port 80, or 8000 when the program is not started by root.
void add_default_listen(Analysis& a, Server& server, const Where& where);

/// The addresses of a host name at this moment, for what must be bound or asked at start. Empty when there is none.
std::vector<SocketAddress> resolve_now(const std::string& host, std::uint16_t port);

}  // namespace drishti::conf
