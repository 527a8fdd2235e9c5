#pragma once
// One connection, to whatever node its address source finds.

#include <memory>

#include "cache/redis/client.hpp"

namespace drishti::cache::redis {

class SingleClient : public Client {
 public:
  explicit SingleClient(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
  ~SingleClient() override { connection_->stop(); }

  void start() override { connection_->start(); }
  void stop() override { connection_->stop(); }
  bool is_available() const override { return connection_->is_available(); }
  net::Task<CallResult> call(std::string_view key, std::string command, net::milliseconds allowance) override;
  void tell(std::string_view key, const std::string& command) override;

 private:
  std::shared_ptr<Connection> connection_;
};

}  // namespace drishti::cache::redis
