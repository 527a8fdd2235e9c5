#include "cache/redis/single_client.hpp"

namespace drishti::cache::redis {

net::Task<CallResult> SingleClient::call(std::string_view, std::string command, net::milliseconds allowance) {
  co_return co_await connection_->call(command, allowance);
}

void SingleClient::tell(std::string_view, const std::string& command) { connection_->tell(command); }

}  // namespace drishti::cache::redis
