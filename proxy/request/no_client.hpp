#pragma once
// The client's side of a request that nobody waits for: there is no body to read, and what is written is taken and dropped.

#include "request/client_stream.hpp"

namespace drishti::request {

class NoClient : public ClientStream {
 public:
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
  net::Stream& upgrade(std::string&) override { return closed_; }
  void watch_for_close(void (*)(void*), void*) override {}
  bool is_gone() const override { return false; }

 private:
  SendStatus take() {
    head_sent_ = true;
    return SendStatus::ok;
  }
  bool head_sent_ = false;
  net::Stream closed_;  ///< never opened: an upgrade ends at once
};

}  // namespace drishti::request
