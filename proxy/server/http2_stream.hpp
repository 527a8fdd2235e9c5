#pragma once
// One request of a connection of HTTP/2, and its response: what the request handler sees of the client. Made when the head
// begins, gone when the handler is done with it, whether or not the client is still there.

#include <boost/intrusive/list.hpp>
#include <coroutine>
#include <memory>
#include <string>

#include "net/byte_pipe.hpp"
#include "request/client_stream.hpp"
#include "server/connection_servers.hpp"
#include "server/http2_head.hpp"
#include "server/http2_session.hpp"
#include "server/request_state.hpp"
#include "server/send_rate.hpp"
#include "server/websocket_key.hpp"
#include "server/worker.hpp"

namespace drishti::server {

class Http2Connection;

class Http2Stream final : public boost::intrusive::list_base_hook<>,
                          public Http2Session::Stream,
                          private request::ClientStream,
                          private net::BytePipe {
 public:
  explicit Http2Stream(Http2Connection& connection);
  ~Http2Stream() override;
  static void* operator new(std::size_t size) { return net::allocate_frame(size); }
  static void operator delete(void* memory, std::size_t size) { net::release_frame(memory, size); }

  bool has_begun = false;  ///< the handler did
  /// The client still waits for it.
  bool is_wanted() const { return !is_gone(); }
  /// The handler's run, to its end.
  net::Task<void> run(const ConnectionServers& behind);
  /// After the client left, when nothing of the library runs: ends what waits for it.
  void tell_closed();

 private:
  // ---- Http2Session::Stream ----
  bool on_field(std::string_view name, std::string_view value, bool is_trailer) override;
  void on_invalid_field() override;
  void on_head(bool ends, std::size_t frame_bytes) override;
  void on_body(std::string_view data) override;
  void on_end() override;
  void on_closed() override;
  std::size_t available() const override { return left_; }
  std::size_t most_in_frame() const override { return *state_->context.location->core.http2_chunk_size; }
  bool ends_there() const override { return is_last_; }
  bool has_trailers() const override { return trailers_ != nullptr && trailers_->size() > 0; }
  void fill_trailers(Http2Fields& fields) override;
  void take(char* to, std::size_t size) override;
  void on_head_sent(std::size_t frame_bytes) override;
  void on_data_sent(std::size_t frame_bytes, bool ends) override;

  // ---- ClientStream ----
  net::Task<request::BodyPiece> read_body() override;
  void stop_reading_body() override;
  bool body_done() const override { return has_ended_ && incoming_.empty(); }
  std::string_view buffered_body() const override { return incoming_.readable(); }
  void begin_response(context::RequestContext& context) override;
  net::Task<request::SendStatus> write(std::span<const std::string_view> pieces, bool last) override;
  request::SendStatus start_write(std::span<const std::string_view> pieces, bool last) override;
  net::Task<request::SendStatus> flush() override;
  bool is_rate_limited() const override { return !bodyless_ && rate_.is_limited(state_->context); }
  net::Task<request::SendStatus> write_file(int file, std::uint64_t offset, std::uint64_t length, bool last) override;
  bool head_sent() const override { return is_answered_; }
  void abort() override;
  void close_after_response() override {}  // a stream's end is clear, whatever was wrong with the request
  bool accepts_switch(const http::ResponseHead& head) const override;
  net::BytePipe& upgrade(std::string& early_bytes) override;
  void set_trailers(const http::FieldList& fields) override { trailers_ = &fields; }
  const http::FieldList* request_trailers() const override { return &request_trailers_; }
  void watch_for_close(void (*hook)(void*), void* owner) override;
  bool is_gone() const override { return !Http2Session::Stream::is_open(); }

  // ---- BytePipe, of a tunnel ----
  bool is_open() const override { return !is_gone(); }
  net::Task<net::Wake> readable(net::milliseconds timeout) override;
  net::IoResult try_read(std::span<char> buffer) override;
  net::Task<net::IoResult> write_all(std::span<iovec> pieces, net::milliseconds timeout) override;
  void shutdown_write() override;
  bool may_be_half_closed() const override { return true; }
  void cancel() override;

  // ---- waiting ----
  struct Wait : net::DeadlineWheel::Timer {
    Wait(Http2Stream& owner, Callback fire) : Timer(fire), stream(owner) {}
    Http2Stream& stream;
    std::coroutine_handle<> waiter{};
    net::Wake wake = net::Wake::ready;
    net::milliseconds timeout{0};
    void arm(net::milliseconds from_now);
    void end(net::Wake how);
  };
  struct Incoming;  // awaited: bytes, the end, or why not
  struct Drained;   // awaited: all that was to be sent was sent, or why not
  static void read_timer_fired(net::DeadlineWheel::Timer& timer);
  static void write_timer_fired(net::DeadlineWheel::Timer& timer);

  void prepare_context();
  net::Task<void> answer(const routing::ServerTable& servers);
  net::Task<void> finish_body();
  void finish_body_piece();
  void take_incoming();
  bool is_through() const { return head_made_ && left_ == 0 && (!is_last_ || end_sent_); }
  void set_source(std::span<const std::string_view> pieces, bool last);
  void send_head(bool ends);
  void refuse_success();
  request::SendStatus begin_write(std::span<const std::string_view> pieces, bool last);
  void keep_rest();
  request::SendStatus written();
  net::Task<request::SendStatus> drain(net::milliseconds timeout);
  net::Task<request::SendStatus> write_now(std::span<const std::string_view> pieces, bool last);
  net::Task<request::SendStatus> write_slowly(std::span<const std::string_view> pieces, bool last);

  Http2Connection& connection_;
  Worker& worker_;
  std::unique_ptr<RequestState> state_;
  request::GenerationRef generation_;
  Http2Head head_;
  http::FieldList request_trailers_;
  std::size_t trailer_bytes_ = 0;
  http::Reject reject_ = http::Reject::none;

  // The request's body: what came, and the piece that the handler reads.
  net::Buffer incoming_, reading_;
  std::size_t unconsumed_ = 0;
  Wait reader_;

  // The response's body: what a write() gave, or what start_write() kept of it.
  std::span<const std::string_view> pieces_;
  std::string_view piece_;       ///< the unsent rest of the first of them
  std::size_t left_ = 0;
  Wait writer_;
  net::Clock::Steady progress_{};
  SendRate rate_;
  const http::FieldList* trailers_ = nullptr;

  void (*close_hook_)(void*) = nullptr;
  void* close_owner_ = nullptr;

  bool has_head_ = false;
  bool has_ended_ = false;       ///< the request did
  bool is_answered_ = false;     ///< the response's head was given to the session
  bool head_made_ = false;       ///< and is a frame
  bool bodyless_ = false;        ///< HEAD, 204, 304
  bool is_last_ = false;
  bool end_sent_ = false;
  bool aborted_ = false;
  bool tunnel_ = false;
  bool continue_sent_ = false;
};

}  // namespace drishti::server
