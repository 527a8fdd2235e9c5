#pragma once
// Relays an upstream's response body to the client. While the client keeps up, every byte goes straight through. When
// its socket is full, a buffered response (proxy_buffering, X-Accel-Buffering) is read ahead into a ReadAhead while a
// companion writes it out, so that a slow client does not hold the upstream; an unbuffered one is not read until the
// client has taken what is there.

#include <array>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/body_decoder.hpp"
#include "net/join.hpp"
#include "request/cache_session.hpp"
#include "request/read_ahead.hpp"
#include "request/read_rate.hpp"
#include "request/upstream_attempt.hpp"

namespace drishti::request {

struct RelayResult {
  enum class End : std::uint8_t { complete, client_left, upstream_failed };
  End end = End::complete;
  bool reusable = false;            ///< the upstream connection stands cleanly behind the response
  std::uint64_t body_bytes = 0;     ///< received from the upstream
  const char* reason = "";          ///< upstream_failed: for the error log
};

class ResponseRelay {
 public:
  ResponseRelay(WorkerServices& services, context::RequestContext& context, ClientStream& client,
                UpstreamAttempt& attempt, bool is_buffered, CacheSession* cache = nullptr);
  ResponseRelay(const ResponseRelay&) = delete;
  ResponseRelay& operator=(const ResponseRelay&) = delete;

  /// Sends context.response (already filtered) and the body behind attempt.head(). At its end the upstream is not
  /// needed any more, and its connection may be parted with; the client may still have to get what was read ahead.
  net::Task<RelayResult> run();
  /// finish() has to be awaited before this ends.
  bool is_draining() const { return companion_.has_value(); }
  /// Waits until the client has taken the rest, or left. A response that the upstream cut ends here, cut.
  net::Task<void> finish();

 private:
  static constexpr std::size_t most_pieces = 16;
  struct Batch {
    std::array<std::string_view, most_pieces> pieces;
    std::size_t count = 0;
  };
  struct Room;   // awaited: the store has some, or nobody writes any more
  struct Pause;  // awaited: the companion got on, or some time passed

  Batch gather();
  net::Buffer& source() { return buffer_ ? buffer_ : attempt_.unread(); }
  void prepare_buffer();
  std::span<char> read_window();
  net::Task<const char*> read_more();
  void take_waiting_body();
  void take_trailers();
  void pass_trailers(const http::FieldList& fields);
  net::Task<const char*> deliver_later(const Batch& batch);
  bool hold(const Batch& batch);
  void log_file_error(std::string what);
  void start_companion();
  net::Task<void> wait_a_moment();
  net::Task<const char*> let_go();
  net::Task<void> write_behind();
  net::Task<SendStatus> write_stored();
  void wake_reader();
  bool client_failed() const { return client_status_ != SendStatus::ok; }
  bool goes_on_alone() const { return cache_ != nullptr && cache_->goes_on_alone(); }
  bool ends_with_client();

  RelayResult finished();
  RelayResult client_left();
  RelayResult broken(const char* reason);

  WorkerServices& services_;
  context::RequestContext& context_;
  ClientStream& client_;
  UpstreamAttempt& attempt_;
  CacheSession* cache_;
  http::BodyDecoder decoder_;
  std::string trailer_text_;   ///< of HTTP/1
  http::FieldList trailers_;
  net::Buffer buffer_;
  std::string_view unread_;
  bool filled_ = false;
  ReadRate rate_;

  const bool is_buffered_;
  bool is_alone_ = false;      ///< the client left; the cache wants the rest
  bool is_slow_ = false;       ///< the client did not take in time what waited for it
  bool is_writing_ = false;    ///< the companion is at work: what comes has to go behind what is stored
  bool is_complete_ = false;   ///< nothing more will be stored
  bool end_written_ = false;   ///< the end of the message was part of a write
  bool is_cut_ = false;        ///< the upstream failed: the client gets what there is, and no proper end
  SendStatus client_status_ = SendStatus::ok;  ///< how the client's side stands
  std::unique_ptr<ReadAhead> stored_;
  std::optional<net::Companion> companion_;
  std::coroutine_handle<> waits_for_room_;
};

}  // namespace drishti::request
