#pragma once
// The server's side of one connection of HTTP/2, in memory: the client's bytes in, frames out. No socket, no waiting;
// the clock is only looked at. What comes in is hostile: http2_flood says when it is too much.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/buffer_pool.hpp"
#include "net/clock.hpp"
#include "server/http2_fields.hpp"
#include "server/http2_flood.hpp"

namespace drishti::server {

struct Http2SessionSettings {
  std::uint32_t most_streams = 128;
  std::uint32_t stream_window = 65536;   ///< of a body, before it is read
  std::uint32_t most_head_bytes = 32768; ///< told to the client
};

class Http2Session {
 public:
  /// A stream as the session sees it. Calls come from receive() and produce(); they must not call those.
  class Stream {
   public:
    std::int32_t id() const { return id_; }
    /// False once it was closed by either side.
    bool is_open() const { return is_open_; }

    virtual ~Stream() = default;

   protected:
    friend class Http2Session;
    friend struct Http2Callbacks;
    /// A field of the head, or behind the body. False: these are far too many.
    virtual bool on_field(std::string_view name, std::string_view value, bool is_trailer) = 0;
    virtual void on_invalid_field() = 0;
    /// The head is here. ENDS: there is no body.
    virtual void on_head(bool ends, std::size_t frame_bytes) = 0;
    virtual void on_body(std::string_view data) = 0;
    /// The client has sent all.
    virtual void on_end() = 0;
    virtual void on_closed() = 0;
    /// Bytes of the body that can be sent now.
    virtual std::size_t available() const = 0;
    /// The most that one frame shall take of them.
    virtual std::size_t most_in_frame() const = 0;
    /// Nothing comes behind them.
    virtual bool ends_there() const = 0;
    virtual bool has_trailers() const = 0;
    virtual void fill_trailers(Http2Fields& fields) = 0;
    /// Moves the first SIZE of them to TO.
    virtual void take(char* to, std::size_t size) = 0;
    virtual void on_head_sent(std::size_t frame_bytes) = 0;
    virtual void on_data_sent(std::size_t frame_bytes, bool ends) = 0;

   private:
    std::int32_t id_ = 0;
    bool is_open_ = false;
    bool is_reset_ = false;
    bool has_given_trailers_ = false;
  };

  class Owner {
   public:
    /// A request begins. Null: it is refused, and the client may repeat it.
    virtual Stream* open_stream() = 0;
    /// The client has seen begin_shutdown(), or says so.
    virtual void on_shutdown_seen() = 0;

    virtual ~Owner() = default;
  };

  Http2Session(Owner& owner, const net::Clock& clock, const Http2SessionSettings& settings);
  ~Http2Session();
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  /// The client's bytes, from its preface on. False: nothing more will be read; what produce() makes is the last word.
  bool receive(std::string_view bytes);
  /// Appends frames to OUT. True when none are left, false when OUT is full.
  bool produce(net::Buffer& out);
  bool has_frames() const { return !pending_.empty() || is_full_ || nghttp2_session_want_write(session_) != 0; }
  /// False: the connection has done what it was for.
  bool is_alive() const;
  /// The client broke the protocol, or floods.
  bool is_offended() const { return has_failed_ || flood_reason_ != Http2FloodReason::none; }
  /// Why the connection was ended, when it was for a flood.
  Http2FloodReason flood() const { return flood_reason_; }
  /// What was wrong with the client's frames, for the log; "" when nothing was.
  const std::string& error() const { return error_; }
  /// A head has begun whose end is still to come.
  bool is_inside_head() const { return head_stream_ != 0; }
  bool has_preface() const { return has_preface_; }

  // ---- one stream ----
  void send_interim(Stream& stream, int status);
  /// ENDS: without a body. Else the body is asked for by Stream::available(), now and after each resume().
  void respond(Stream& stream, const Http2Fields& fields, bool ends);
  void resume(Stream& stream);
  void reset(Stream& stream, std::uint32_t code);
  /// The stream's owner is done with it; ends what is still open with CODE.
  void forget(Stream& stream, std::uint32_t code);
  /// SIZE bytes of the body were read: the client may send as many more.
  void consumed(Stream& stream, std::size_t size);

  // ---- the end ----
  /// No new streams, please; those on their way are served. on_shutdown_seen() tells when finish_shutdown() is due.
  void begin_shutdown();
  /// No new streams.
  void finish_shutdown();

 private:
  friend struct Http2Callbacks;
  bool end(Http2FloodReason reason);
  void end_if(Http2FloodReason reason);
  bool fail(int code);
  bool take_pending(net::Buffer& out);
  bool waits_for_window(const Stream& stream) const;
  void send_trailers(Stream& stream);

  Owner& owner_;
  const net::Clock& clock_;
  Http2SessionSettings settings_;
  Http2Flood flood_;
  Http2FloodReason flood_reason_ = Http2FloodReason::none;
  std::string error_;
  nghttp2_session* session_ = nullptr;
  std::string_view pending_;      ///< made, but not in the buffer yet
  net::Buffer* out_ = nullptr;    ///< while produce() runs
  bool is_full_ = false;
  std::int32_t head_stream_ = 0;  ///< whose head has begun and not ended; 0 = none
  bool head_ends_ = false;        ///< with the frame that is on its way
  bool has_preface_ = false;
  bool has_failed_ = false;
};

}  // namespace drishti::server
