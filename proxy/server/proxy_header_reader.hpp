#pragma once
// Reads the PROXY header that a connection to a `listen ... proxy_protocol` begins with.

#include "context/request_context.hpp"
#include "net/stream.hpp"
#include "net/task.hpp"
#include "server/worker.hpp"

namespace drishti::server {

/// Takes the header off STREAM, and not a byte more, within client_header_timeout of the address's default SERVER; INFO gets
/// what it says. False: it was refused or did not come, which is logged and counted; the connection has to be closed.
net::Task<bool> read_proxy_header(Worker& worker, net::Stream& stream, const conf::Server& server,
                                  context::ConnectionInfo& info);

}  // namespace drishti::server
