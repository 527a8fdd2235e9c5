#pragma once
// One end of a tunnel: bytes both ways, over a socket of its own or over one stream of many.

#include "net/stream.hpp"

namespace drishti::net {

class BytePipe {
 public:
  virtual ~BytePipe() = default;
  virtual bool is_open() const = 0;
  /// Waits, without memory for what comes: Wake::ready when try_read() has something to tell.
  virtual Task<Wake> readable(milliseconds timeout) = 0;
  /// Ok with 0 bytes: nothing there now.
  virtual IoResult try_read(std::span<char> buffer) = 0;
  /// All pieces (changed on the way). TIMEOUT is between two successful writes.
  virtual Task<IoResult> write_all(std::span<iovec> pieces, milliseconds timeout) = 0;
  /// Ends our direction.
  virtual void shutdown_write() = 0;
  /// Whether an end of its bytes leaves the other direction in use. Of a socket that mostly means that nobody is there any
  /// more; of a stream of HTTP/2 it means what it says (RFC 9113 5.1), and browsers end theirs behind WebSocket's close frame.
  virtual bool may_be_half_closed() const = 0;
  /// Ends waits with Wake::cancelled.
  virtual void cancel() = 0;
};

class StreamPipe final : public BytePipe {
 public:
  explicit StreamPipe(Stream& stream) : stream_(stream) {}
  bool is_open() const override { return stream_.is_open(); }
  Task<Wake> readable(milliseconds timeout) override {
    const Wake wake = co_await stream_.channel().readable(timeout);
    co_return wake;
  }
  IoResult try_read(std::span<char> buffer) override { return stream_.try_read(buffer); }
  Task<IoResult> write_all(std::span<iovec> pieces, milliseconds timeout) override {
    return stream_.write_all(pieces, timeout);
  }
  void shutdown_write() override { stream_.shutdown_write(); }
  bool may_be_half_closed() const override { return false; }
  void cancel() override { stream_.channel().cancel(); }

 private:
  Stream& stream_;
};

}  // namespace drishti::net
