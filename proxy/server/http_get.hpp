#pragma once
// One GET for the subcommands: blocking, plain HTTP, on the thread that asks.

#include <chrono>
#include <string>

namespace drishti::server {

/// The body of the 200 that URL (`http://HOST[:PORT]/PATH`) answers with, at most a MiB. Throws std::runtime_error when
/// there is none within LIMIT.
std::string http_get(const std::string& url, std::chrono::milliseconds limit = std::chrono::seconds(5));

}  // namespace drishti::server
