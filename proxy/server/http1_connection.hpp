#pragma once
// One client connection that speaks HTTP/1: reads heads and bodies, writes responses, keeps alive, lingers, closes.
// Owned by itself: start() runs it until it ends and then deletes it. Idle, it holds no buffer and no request state.

#include <memory>
#include <string>

#include "net/stream.hpp"
#include "request/client_stream.hpp"
#include "server/client_connection.hpp"
#include "server/connection_servers.hpp"
#include "server/request_state.hpp"
#include "server/send_rate.hpp"
#include "server/worker.hpp"

namespace drishti::server {

class Http1Connection final : public ClientConnection, private request::ClientStream {
 public:
  Http1Connection(Worker& worker, net::Stream stream, context::ConnectionInfo info, ConnectionServers servers);
  ~Http1Connection() override;
  void start();

  void close_if_idle() override;
  void close_now() override;
  void configuration_changed() override;

 private:
  // ---- the loop ----
  net::Task<void> run();
  net::Task<bool> wait_for_request();
  net::milliseconds time_for_request(net::Clock::Steady begun) const;
  bool allows_http2();
  net::Task<bool> begins_with_preface();
  void hand_over();
  net::Task<void> serve_one(bool pipelined);
  enum class HeadResult : std::uint8_t { done, rejected, timeout, gone };
  net::Task<HeadResult> read_head(const conf::Server& server);
  net::Task<bool> finish_body();
  net::Task<void> linger();
  void keep_unread_bytes();
  bool may_keep_alive(const context::RequestContext& context) const;

  // ---- ClientStream ----
  net::Task<request::BodyPiece> read_body() override;
  void stop_reading_body() override { stream_.channel().cancel(); }
  bool body_done() const override { return state_->decoder.done(); }
  std::string_view buffered_body() const override { return in_.readable(); }
  void begin_response(context::RequestContext& context) override;
  net::Task<request::SendStatus> write(std::span<const std::string_view> pieces, bool last) override;
  request::SendStatus start_write(std::span<const std::string_view> pieces, bool last) override;
  net::Task<request::SendStatus> flush() override;
  bool is_rate_limited() const override;
  net::Task<request::SendStatus> write_file(int file, std::uint64_t offset, std::uint64_t length, bool last) override;
  bool head_sent() const override { return head_sent_; }
  void abort() override;
  void close_after_response() override { close_after_ = true; }
  void set_trailers(const http::FieldList& fields) override;
  net::BytePipe& upgrade(std::string& early_bytes) override;
  void watch_for_close(void (*hook)(void*), void* owner) override;
  bool is_gone() const override { return !stream_.is_open() || stream_.channel().peer_closed(); }

  net::Task<bool> send_continue();
  struct Frame;
  std::string_view last_chunk() const;
  std::size_t join(iovec* pieces, std::size_t count);
  void frame(std::span<const std::string_view> data, bool last, Frame& frame);
  request::SendStatus send_frame(Frame& frame, bool last);
  void written(std::uint64_t body_bytes, bool last);
  net::Task<request::SendStatus> send_rest(std::span<iovec> pieces);
  net::Task<void> respect_rate();
  net::Task<request::SendStatus> write_now(std::span<const std::string_view> pieces, bool last);
  net::Task<request::SendStatus> write_slowly(std::span<const std::string_view> pieces, bool last);
  void set_no_delay(bool wanted);
  net::Task<net::IoResult> copy_file(int file, std::uint64_t offset, std::uint64_t length);
  void count_sent(std::uint64_t bytes);
  request::SendStatus send_failure(const net::IoResult& result);

  Worker& worker_;
  mutable net::Stream stream_;
  net::StreamPipe pipe_{stream_};  ///< of a tunnel
  net::Buffer in_;
  std::unique_ptr<RequestState> state_;
  context::ConnectionInfo info_;
  ConnectionServers servers_;  ///< a request ends on the configuration that it began with
  void (*close_hook_)(void*) = nullptr;
  void* close_owner_ = nullptr;

  bool idle_ = true;
  bool stopping_ = false;      ///< close_now() or drain: ends after what is in progress
  bool head_sent_ = false;
  bool close_after_ = false;
  bool aborted_ = false;
  bool chunked_ = false;
  bool bodyless_ = false;      ///< HEAD, 204, 304
  bool keep_alive_ = false;
  bool tunnel_ = false;
  bool continue_sent_ = false;
  bool no_delay_ = true;       ///< TCP_NODELAY as the socket has it: from the listening socket
  bool unsent_is_last_ = false;
  std::uint64_t unsent_body_ = 0;  ///< body bytes that count once state_->unsent is out
  std::uint64_t head_bytes_ = 0;
  SendRate rate_;
};

}  // namespace drishti::server
