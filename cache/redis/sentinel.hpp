#pragma once
// The master as sentinels name it. One connection to one of them at a time: it asks once, then listens for +switch-master;
// whether the named one is a master indeed is asked of itself (ConnectionOptions::must_be_master). One thread.

#include <memory>
#include <string>

#include "cache/redis/connection.hpp"

namespace drishti::cache::redis {

struct ClientServices;

class SentinelSource : public AddressSource {
 public:
  SentinelSource(const RedisUrl& url, const ClientServices& services);
  ~SentinelSource() override;
  net::Task<std::optional<Target>> next() override;
  void on_moved(std::function<void()> moved) override;
  void stop() override;

 private:
  class Watch;
  std::shared_ptr<Watch> watch_;
};

}  // namespace drishti::cache::redis
