#pragma once
// HTTP/2 towards an upstream (RFC 9113), in memory: no socket. The other side is hostile: what it may cost is bounded.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "http/field.hpp"
#include "net/clock.hpp"
#include "upstream/http2_frames.hpp"
#include "upstream/http2_stream.hpp"

struct nghttp2_session;

namespace drishti::upstream {

class Http2Client {
 public:
  /// What the owner of the connection does.
  class Owner {
   public:
    /// There are bytes for write(). Not called by take().
    virtual void has_output() = 0;
    /// A stream is over, or the connection takes no more of them. Called outside take() and inside.
    virtual void stream_ended() = 0;
    /// reset_late_streams() is to be called in a while, and again for as long as it says so.
    virtual void has_late_streams() {}

   protected:
    ~Owner() = default;
  };

  static constexpr std::uint32_t most_streams = 100;        ///< at a time, whatever the upstream allows
  static constexpr std::uint32_t connection_window = 4 << 20;

  Http2Client(Owner& owner, net::Clock::Steady now);
  /// Streams that are not over are lost.
  ~Http2Client();
  Http2Client(const Http2Client&) = delete;
  Http2Client& operator=(const Http2Client&) = delete;

  /// Bytes of the upstream. False: the connection is no good; error() says why.
  bool take(std::string_view bytes, net::Clock::Steady now);
  /// Appends what has to be sent to OUT, until it has LIMIT bytes or more. False: the connection is no good.
  bool write(std::string& out, std::size_t limit);

  /// The upstream's SETTINGS came: it does speak HTTP/2, and room() is known.
  bool is_ready() const { return is_ready_; }
  /// How many streams may begin now.
  std::size_t room() const;
  std::size_t streams() const { return streams_.size(); }
  /// The upstream said GOAWAY.
  bool is_going_away() const { return going_away_; }
  /// Everything is said: nothing is read or written any more.
  bool is_over() const;
  const std::string& error() const { return error_; }

  /// Begins STREAM; FIELDS are copied. HAS_BODY: Http2Stream::send() gives it, else the request ends with its head.
  /// False: it can't begin, and nothing was sent.
  bool submit(Http2Stream& stream, std::span<const http::Field> fields, bool has_body);
  /// Resets the streams whose end did not come between two calls. False: none is left to wait for.
  bool reset_late_streams();
  /// No stream begins any more: GOAWAY.
  void go_away();
  /// All streams end as lost.
  void lose_streams();

 private:
  friend class Http2Stream;
  struct Callbacks;
  struct Delete {
    void operator()(nghttp2_session* session) const;
  };
  /// Frames that carry nothing have to be paid for; time pays, and what we send and get pays for what answers it.
  class Allowance {
   public:
    explicit Allowance(net::Clock::Steady now) : since_(now) {}
    void refill(net::Clock::Steady now);
    bool spend() { return left_-- > 0; }
    void earn(std::int64_t frames) { left_ = std::min(most, left_ + frames); }

   private:
    static constexpr std::int64_t most = 1000, per_second = 100;
    std::int64_t left_ = most;
    net::Clock::Steady since_;
  };

  void resume(Http2Stream& stream);
  void consumed(Http2Stream& stream, std::size_t bytes);
  void drop(Http2Stream& stream);
  void end(Http2Stream& stream, StreamEnd how, std::uint32_t error_code);
  bool fail(std::string why);
  bool pay_for_frames(std::string_view bytes);

  Owner& owner_;
  std::unique_ptr<nghttp2_session, Delete> session_;
  std::unordered_set<Http2Stream*> streams_;
  /// Left alone with their whole body: the upstream has yet to say that they ended, and counts them until then.
  std::unordered_map<std::int32_t, bool> late_;  ///< true: it had its time
  Allowance allowance_;
  Http2FrameScanner frames_;
  std::size_t header_block_ = 0;  ///< bytes since an unfinished header block began
  bool in_header_block_ = false;
  bool is_ready_ = false;
  bool going_away_ = false;
  std::string error_;
};

}  // namespace drishti::upstream
