#pragma once
// The client's side of a request that nobody waits for: there is no body to read, and what is written is taken and dropped.

#include <set>

#include "request/client_stream.hpp"

namespace drishti::request {

class NoClient;

/// The requests of a worker that nobody waits for. Its thread only.
class NoClients {
 public:
  void add(NoClient& client) { all_.insert(&client); }
  void remove(NoClient& client) { all_.erase(&client); }
  /// Ends them: the worker stops.
  void leave();

 private:
  std::set<NoClient*> all_;
};

class NoClient : public ClientStream {
 public:
  explicit NoClient(NoClients* all) : all_(all) {
    if (all_ != nullptr) all_->add(*this);
  }
  ~NoClient() override {
    if (all_ != nullptr) all_->remove(*this);
  }
  NoClient(const NoClient&) = delete;
  NoClient& operator=(const NoClient&) = delete;
  void leave() {
    is_gone_ = true;
    if (hook_ != nullptr) hook_(owner_);
  }

  net::Task<BodyPiece> read_body() override { co_return BodyPiece{}; }
  void stop_reading_body() override {}
  bool body_done() const override { return true; }
  std::string_view buffered_body() const override { return {}; }
  void begin_response(context::RequestContext&) override {}
  net::Task<SendStatus> write(std::span<const std::string_view>, bool) override { co_return take(); }
  SendStatus start_write(std::span<const std::string_view>, bool) override { return take(); }
  net::Task<SendStatus> flush() override { co_return SendStatus::ok; }
  bool is_rate_limited() const override { return false; }
  net::Task<SendStatus> write_file(int, std::uint64_t, std::uint64_t, bool) override { co_return take(); }
  bool head_sent() const override { return head_sent_; }
  void abort() override {}
  void close_after_response() override {}
  net::BytePipe& upgrade(std::string&) override { return pipe_; }
  void watch_for_close(void (*hook)(void*), void* owner) override {
    hook_ = hook;
    owner_ = owner;
  }
  bool is_gone() const override { return is_gone_; }

 private:
  SendStatus take() {
    head_sent_ = true;
    return SendStatus::ok;
  }
  NoClients* all_;
  void (*hook_)(void*) = nullptr;
  void* owner_ = nullptr;
  bool is_gone_ = false;
  bool head_sent_ = false;
  net::Stream closed_;  ///< never opened: an upgrade ends at once
  net::StreamPipe pipe_{closed_};
};

inline void NoClients::leave() {
  const std::set<NoClient*> all = all_;  // what leaves may end here
  for (NoClient* client : all)
    if (all_.contains(client)) client->leave();
}

}  // namespace drishti::request
