#pragma once
// Redis Cluster: one connection to each master, commands by the slot of their key, MOVED and ASK followed. The topology is
// read from any node that answers, again whenever something hints that it changed, but not more often than ten times a
// second. One worker's thread.

#include <memory>

#include "cache/redis/client.hpp"

namespace drishti::cache::redis {

class ClusterClient : public Client {
 public:
  ClusterClient(const RedisUrl& url, const ClientServices& services);
  ~ClusterClient() override;

  void start() override;
  void stop() override;
  bool is_available() const override;
  net::Task<CallResult> call(std::string_view key, std::string command, net::milliseconds allowance) override;
  void tell(std::string_view key, const std::string& command) override;
  void on_masters(OnMasters on_masters) override;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace drishti::cache::redis
