#pragma once
// The thread that hears what changes in Redis. It does nothing else, so that a change is known at once whatever the control
// thread and the workers are about.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "conf/socket_address.hpp"
#include "net/error_log.hpp"
#include "server/redis_zone.hpp"

namespace drishti::server {

class CacheNews {
 public:
  /// Looks a name up; the answer comes on any thread.
  using LookUp = std::function<void(const std::string& host, std::uint16_t port,
                                    std::function<void(std::vector<SocketAddress>)> done)>;
  CacheNews(net::ErrorLog& log, LookUp look_up);
  ~CacheNews();
  CacheNews(const CacheNews&) = delete;
  CacheNews& operator=(const CacheNews&) = delete;

  void follow(std::shared_ptr<RedisZone> zone);
  void forget(const std::shared_ptr<RedisZone>& zone);

 private:
  struct Loop;
  std::unique_ptr<Loop> loop_;
  std::thread thread_;
};

}  // namespace drishti::server
