#pragma once
// One GET for the subcommands: blocking, on the thread that asks.

#include <chrono>
#include <string>

namespace drishti::server {

/// The body of the 200 that URL (`http[s]://HOST[:PORT]/PATH`) answers with, at most a MiB. Throws std::runtime_error when
/// there is none within LIMIT. The certificate of https is verified, by CA_FILE (PEM; "": those that the system trusts).
std::string http_get(const std::string& url, std::chrono::milliseconds limit = std::chrono::seconds(5),
                     const std::string& ca_file = {});

}  // namespace drishti::server
