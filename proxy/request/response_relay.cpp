#include "request/response_relay.hpp"

#include <array>
#include <span>

#include "conf/units.hpp"
#include "context/variables.hpp"
#include "http/body_decoder.hpp"
#include "request/read_rate.hpp"

namespace drishti::request {
namespace {

constexpr std::size_t most_pieces = 16;

/// proxy_limit_rate in bytes a second; 0 = none, as for a text that is no size.
std::uint64_t configured_rate(context::RequestContext& context) {
  const conf::Template& rate = *context.location->proxy.limit_rate;
  return rate.empty() ? 0 : conf::parse_size(context::evaluate(rate, context), false).value_or(0);
}

class Relay {
 public:
  Relay(WorkerServices& services, context::RequestContext& context, ClientStream& client, UpstreamAttempt& attempt)
      : services_(services),
        context_(context),
        client_(client),
        attempt_(attempt),
        rate_(configured_rate(context), services.clock().now()) {
    decoder_.start(attempt.head().body);
  }

  net::Task<RelayResult> run() {
    client_.begin_response(context_);
    rate_.count(source().readable().size());
    for (;;) {
      Batch batch = gather();
      if (decoder_.reject() != http::Reject::none) co_return broken("upstream sent invalid chunked response");
      bool has_news = batch.count > 0 || !client_.head_sent() || decoder_.done();
      if (has_news) {
        SendStatus sent = co_await client_.write({batch.pieces.data(), batch.count}, decoder_.done());
        if (sent != SendStatus::ok) co_return client_left();
      }
      if (decoder_.done()) co_return finished();
      if (!unread_.empty()) continue;
      const char* failure = co_await read_more();
      if (failure) co_return broken(failure);
    }
  }

 private:
  struct Batch {
    std::array<std::string_view, most_pieces> pieces;
    std::size_t count = 0;
  };

  // All body data that is here, in as few writes as possible. The head's buffer keeps the head (variables look at it
  // until the log is written), so its unread end is only looked at, not reused.
  Batch gather() {
    Batch batch;
    if (unread_.empty()) unread_ = source().readable();
    while (batch.count < most_pieces && !unread_.empty() && !decoder_.done()) {
      http::BodyDecoder::Step step = decoder_.decode(unread_);
      if (!step.data.empty()) batch.pieces[batch.count++] = step.data;
      unread_.remove_prefix(step.consumed);
      source().consumed(step.consumed);
      if (step.consumed == 0) break;
    }
    return batch;
  }

  net::Buffer& source() { return buffer_ ? buffer_ : attempt_.connection()->buffer; }

  // Larger reads while a body is streaming: fewer system calls a byte.
  void prepare_buffer() {
    bool is_filled = buffer_ && filled_;
    std::size_t wanted = is_filled || decoder_.remaining() > net::BufferPool::medium ? net::BufferPool::large
                                                                                     : net::BufferPool::medium;
    if (!buffer_ || buffer_.capacity() < wanted) buffer_ = services_.buffers.take(wanted);
    buffer_.clear();
  }

  /// nullptr, or what is wrong. EOF may be the proper end of the body.
  net::Task<const char*> read_more() {
    net::Stream& stream = attempt_.connection()->stream;
    for (;;) {
      if (const auto delay = rate_.delay(services_.clock().now()); delay.count() > 0) {
        co_await net::Sleep(services_.reactor, delay);
        if (client_.is_gone() && !*context_.location->proxy.ignore_client_abort) co_return "client left";
      }
      net::Wake wake = co_await stream.channel().readable(*context_.location->proxy.read_timeout);
      if (wake == net::Wake::timeout) co_return "upstream timed out while reading upstream";
      if (wake == net::Wake::cancelled) co_return "upstream connection was cancelled while reading upstream";
      prepare_buffer();
      const std::span<char> room = buffer_.writable().first(rate_.most(buffer_.capacity()));
      net::IoResult result = stream.try_read(room);
      if (result.ok() && result.bytes == 0) {
        buffer_.release();  // nothing there: hold no memory while waiting
        if (stream.channel().peer_closed()) result.status = net::IoStatus::eof;
        else continue;
      }
      if (result.status == net::IoStatus::eof && decoder_.on_eof()) co_return nullptr;
      if (!result.ok()) co_return "upstream prematurely closed connection while reading upstream";
      filled_ = result.bytes == room.size();
      rate_.count(result.bytes);
      buffer_.produced(result.bytes);
      unread_ = buffer_.readable();
      context_.attempts.back().bytes_received += result.bytes;
      co_return nullptr;
    }
  }

  RelayResult finished() {
    RelayResult result;
    result.body_bytes = decoder_.body_bytes();
    // More bytes than the response has: the connection is dirty (threats R01, R14).
    result.reusable = attempt_.head().keep_alive && attempt_.request_complete() && source().empty();
    return result;
  }

  RelayResult client_left() {
    client_.abort();
    return {RelayResult::End::client_left, false, decoder_.body_bytes(), ""};
  }

  RelayResult broken(const char* reason) {
    bool client_did_it = client_.is_gone();
    if (client_did_it || client_.head_sent()) client_.abort();
    return {client_did_it ? RelayResult::End::client_left : RelayResult::End::upstream_failed, false,
            decoder_.body_bytes(), reason};
  }

  WorkerServices& services_;
  context::RequestContext& context_;
  ClientStream& client_;
  UpstreamAttempt& attempt_;
  http::BodyDecoder decoder_;
  net::Buffer buffer_;
  std::string_view unread_;
  bool filled_ = false;
  ReadRate rate_;
};

}  // namespace

net::Task<RelayResult> relay_response(WorkerServices& services, context::RequestContext& context, ClientStream& client,
                                      UpstreamAttempt& attempt) {
  Relay relay(services, context, client, attempt);
  co_return co_await relay.run();
}

}  // namespace drishti::request
