#include "request/response_relay.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "conf/units.hpp"
#include "context/variables.hpp"
#include "http/hop_by_hop.hpp"

namespace drishti::request {
namespace {

constexpr std::chrono::milliseconds patience{20};

/// proxy_limit_rate in bytes a second; 0 = none, as for a text that is no size.
std::uint64_t configured_rate(context::RequestContext& context) {
  const conf::Template& rate = *context.location->proxy.limit_rate;
  return rate.empty() ? 0 : conf::parse_size(context::evaluate(rate, context), false).value_or(0);
}

}  // namespace

ResponseRelay::ResponseRelay(WorkerServices& services, context::RequestContext& context, ClientStream& client,
                             UpstreamAttempt& attempt, bool is_buffered, CacheSession* cache)
    : services_(services),
      context_(context),
      client_(client),
      attempt_(attempt),
      cache_(cache),
      rate_(configured_rate(context), services.clock().now()),
      is_buffered_(is_buffered) {
  decoder_.start(attempt.framing());
  if (*context.location->proxy.pass_trailers) decoder_.keep_trailers(trailer_text_);
}

struct ResponseRelay::Room {
  ResponseRelay& relay;
  bool await_ready() const { return !relay.is_writing_ || relay.stored_->room() > 0; }
  void await_suspend(std::coroutine_handle<> handle) { relay.waits_for_room_ = handle; }
  void await_resume() {}
};

struct ResponseRelay::Pause {
  struct Timer : net::DeadlineWheel::Timer {
    explicit Timer(ResponseRelay& owner)
        : net::DeadlineWheel::Timer([](net::DeadlineWheel::Timer& self) { static_cast<Timer&>(self).relay.wake_reader(); }),
          relay(owner) {}
    ResponseRelay& relay;
  };
  Pause(ResponseRelay& owner, std::chrono::milliseconds longest) : relay(owner), most(longest), timer(owner) {}
  ResponseRelay& relay;
  std::chrono::milliseconds most;
  Timer timer;
  bool await_ready() const { return !relay.is_writing_ || most.count() <= 0; }
  void await_suspend(std::coroutine_handle<> handle) {
    relay.waits_for_room_ = handle;
    relay.services_.reactor.arm(timer, most);
  }
  void await_resume() { relay.services_.reactor.disarm(timer); }
};

net::Task<RelayResult> ResponseRelay::run() {
  client_.begin_response(context_);
  if (attempt_.has_waiting_body()) take_waiting_body();
  rate_.count(source().readable().size());
  const bool writes_at_once = !client_.is_rate_limited();
  is_slow_ = !writes_at_once;
  for (;;) {
    Batch batch = gather();
    if (decoder_.reject() != http::Reject::none) co_return broken("upstream sent invalid chunked response");
    if (cache_ != nullptr) cache_->take({batch.pieces.data(), batch.count});
    bool has_news = !is_alone_ && (batch.count > 0 || !client_.head_sent() || decoder_.done());
    if (has_news) {
      bool is_through = writes_at_once && !is_writing_;
      if (is_through) client_status_ = client_.start_write({batch.pieces.data(), batch.count}, decoder_.done());
      if (!is_through || client_status_ == SendStatus::pending) {
        const char* failure = co_await deliver_later(batch);
        if (failure) co_return broken(failure);
      }
      if (client_failed() && ends_with_client()) co_return client_left();
    }
    if (decoder_.done()) co_return finished();
    if (!unread_.empty()) continue;
    if (is_writing_ && !is_slow_) co_await wait_a_moment();
    while (is_writing_ && stored_->room() == 0) co_await Room{*this};
    const char* failure = client_failed() ? nullptr : co_await read_more();
    if (client_failed() && ends_with_client()) co_return client_left();
    if (failure) co_return broken(failure);
  }
}

// The cache may want the rest, for itself and for those who wait for it.
bool ResponseRelay::ends_with_client() {
  if (!goes_on_alone()) return true;
  client_.abort();
  client_status_ = SendStatus::ok;
  is_alone_ = true;
  return false;
}

// All body data that is here, in as few writes as possible. The head's buffer keeps the head (variables look at it
// until the log is written), so its unread end is only looked at, not reused.
ResponseRelay::Batch ResponseRelay::gather() {
  Batch batch;
  if (unread_.empty()) unread_ = source().readable();
  while (batch.count < most_pieces && !unread_.empty() && !decoder_.done()) {
    http::BodyDecoder::Step step = decoder_.decode(unread_);
    if (!step.data.empty()) batch.pieces[batch.count++] = step.data;
    unread_.remove_prefix(step.consumed);
    source().consumed(step.consumed);
    if (step.consumed == 0) break;
  }
  if (unread_.empty() && attempt_.has_ended()) take_trailers();
  if (decoder_.done() && !trailer_text_.empty()) {
    http::FieldList fields;
    http::parse_trailers(trailer_text_, fields);
    pass_trailers(fields);
  }
  return batch;
}

// ---- the upstream's side ----

// Larger reads while a body is streaming: fewer system calls a byte.
void ResponseRelay::prepare_buffer() {
  bool is_filled = buffer_ && filled_;
  std::size_t wanted = is_filled || decoder_.remaining() > net::BufferPool::medium ? net::BufferPool::large
                                                                                   : net::BufferPool::medium;
  if (!buffer_ || buffer_.capacity() < wanted) buffer_ = services_.buffers.take(wanted);
  buffer_.clear();
}

// No more than the store has room for; never nothing, which would look like the end.
std::span<char> ResponseRelay::read_window() {
  std::span<char> window = buffer_.writable().first(rate_.most(buffer_.capacity()));
  if (!is_writing_) return window;
  return window.first(std::clamp<std::uint64_t>(stored_->room(), 1, window.size()));
}

// HTTP/2: what came with the head goes out with it.
void ResponseRelay::take_waiting_body() {
  prepare_buffer();
  const net::IoResult result = attempt_.try_read(read_window());
  rate_.count(result.bytes);
  buffer_.produced(result.bytes);
  context_.attempts.back().bytes_received += result.bytes;
}

void ResponseRelay::take_trailers() {
  decoder_.on_eof();
  pass_trailers(attempt_.http2_stream()->trailers());
}

void ResponseRelay::pass_trailers(const http::FieldList& fields) {
  if (trailers_.size() > 0 || !*context_.location->proxy.pass_trailers) return;
  for (const http::Field& field : fields)
    if (http::may_be_trailer(field.id)) trailers_.add(field);
  if (trailers_.size() > 0) client_.set_trailers(trailers_);
}

/// nullptr, or what is wrong. EOF may be the proper end of the body.
net::Task<const char*> ResponseRelay::read_more() {
  while (!client_failed()) {
    if (const auto delay = rate_.delay(services_.clock().now()); delay.count() > 0) {
      co_await net::Sleep(services_.reactor, delay);
      if (client_.is_gone() && !*context_.location->proxy.ignore_client_abort && !goes_on_alone()) co_return "client left";
    }
    const std::chrono::milliseconds timeout = *context_.location->proxy.read_timeout;
    if (context_.response.coded.holds_back && !attempt_.readable(timeout).await_ready()) {
      const char* failure = co_await let_go();
      if (failure != nullptr || client_failed()) co_return failure;
    }
    net::Wake wake = co_await attempt_.readable(timeout);
    if (wake == net::Wake::timeout) co_return "upstream timed out while reading upstream";
    if (wake == net::Wake::cancelled) co_return "upstream connection was cancelled while reading upstream";
    prepare_buffer();
    std::span<char> window = read_window();
    net::IoResult result = attempt_.try_read(window);
    if (result.ok() && result.bytes == 0) {
      buffer_.release();  // nothing there: hold no memory while waiting
      continue;
    }
    if (result.status == net::IoStatus::eof && attempt_.has_ended()) take_trailers();
    if (result.status == net::IoStatus::eof && decoder_.on_eof()) co_return nullptr;
    if (!result.ok()) co_return "upstream prematurely closed connection while reading upstream";
    filled_ = result.bytes == window.size();
    rate_.count(result.bytes);
    buffer_.produced(result.bytes);
    unread_ = buffer_.readable();
    context_.attempts.back().bytes_received += result.bytes;
    co_return nullptr;
  }
  co_return nullptr;
}

/// The upstream pauses: the client gets what a coder holds back, an event or the beginning of a page.
net::Task<const char*> ResponseRelay::let_go() {
  if (is_alone_ || is_writing_) co_return nullptr;  // the companion sees to it
  client_status_ = client_.start_write({}, false);
  if (client_status_ != SendStatus::pending) co_return nullptr;
  const char* failure = co_await deliver_later({});
  co_return failure;
}

// ---- a client that does not keep up ----

/// What could not go straight through: behind what is stored, by the companion, or by waiting for the client.
/// nullptr, or what is wrong.
net::Task<const char*> ResponseRelay::deliver_later(const Batch& batch) {
  const bool is_begun = client_status_ == SendStatus::pending;  // the client's stream holds the rest of this batch
  client_status_ = SendStatus::ok;
  if (!is_buffered_) {
    if (is_begun) client_status_ = co_await client_.flush();
    else client_status_ = co_await client_.write({batch.pieces.data(), batch.count}, decoder_.done());
    co_return nullptr;
  }
  if (!stored_) stored_ = std::make_unique<ReadAhead>(context_.location->proxy);
  if (!is_begun && !hold(batch)) co_return "writing the response to a temporary file failed while reading upstream";
  is_complete_ = decoder_.done();
  end_written_ = is_begun && is_complete_;
  if (!is_writing_) start_companion();
  co_return nullptr;
}

bool ResponseRelay::hold(const Batch& batch) {
  const bool used_file = stored_->used_file();
  const int old_error = stored_->error();
  bool is_held = true;
  for (std::size_t i = 0; i < batch.count && is_held; ++i) is_held = stored_->append(batch.pieces[i]);
  if (stored_->error() != old_error) log_file_error("writing an upstream response to a temporary file failed: ");
  if (!used_file && stored_->used_file())
    context_.log_error(conf::LogLevel::warn, "an upstream response is buffered to a temporary file");
  return is_held;
}

void ResponseRelay::log_file_error(std::string what) {
  context_.log_error(conf::LogLevel::crit, what + std::strerror(stored_->error()));
}

void ResponseRelay::start_companion() {
  is_writing_ = true;
  companion_.emplace(write_behind());
}

// A socket that is full for an instant is no slow client: it does not deserve a file, which costs more than the wait.
net::Task<void> ResponseRelay::wait_a_moment() {
  const auto until = services_.clock().now() + patience;
  while (is_writing_ && !is_slow_) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - services_.clock().now());
    co_await Pause(*this, left);
    is_slow_ = is_writing_ && until - services_.clock().now() < std::chrono::milliseconds(1);
  }
}

// Ends as soon as the client has caught up: from then on bytes go straight through again.
net::Task<void> ResponseRelay::write_behind() {
  SendStatus status = co_await client_.flush();
  bool holds_back = context_.response.coded.holds_back;
  while (status == SendStatus::ok && (!client_.head_sent() || !stored_->empty() || (holds_back && !is_complete_))) {
    holds_back = context_.response.coded.holds_back && !stored_->empty();
    status = co_await write_stored();
    wake_reader();
  }
  if (status == SendStatus::ok && is_complete_ && !end_written_) status = co_await client_.write({}, true);
  client_status_ = status;
  is_writing_ = false;
  wake_reader();
}

net::Task<SendStatus> ResponseRelay::write_stored() {
  if (stored_->empty()) co_return co_await client_.write({}, false);  // a head whose body is still to come, or what a coder holds back
  const std::string_view piece = stored_->front();
  if (piece.empty()) {
    log_file_error("reading an upstream response from a temporary file failed: ");
    co_return SendStatus::closed;
  }
  const bool is_last = is_complete_ && stored_->is_front_last();
  SendStatus status = co_await client_.write({&piece, 1}, is_last);
  end_written_ = end_written_ || is_last;
  stored_->drop_front();
  co_return status;
}

// The reader waits for room, or for an upstream whose bytes nobody wants any more.
void ResponseRelay::wake_reader() {
  if (waits_for_room_) services_.reactor.defer(std::exchange(waits_for_room_, {}));
  if (client_failed() && !goes_on_alone()) attempt_.cancel();
}

net::Task<void> ResponseRelay::finish() {
  buffer_.release();
  co_await companion_->join();
  if (is_cut_ || client_failed()) client_.abort();
}

// ---- how it ended ----

RelayResult ResponseRelay::finished() {
  RelayResult result;
  result.body_bytes = decoder_.body_bytes();
  // More bytes than the response has: the connection is dirty (threats R01, R14).
  result.reusable = attempt_.head().keep_alive && attempt_.request_complete() && source().empty();
  return result;
}

RelayResult ResponseRelay::client_left() {
  client_.abort();
  return {RelayResult::End::client_left, false, decoder_.body_bytes(), ""};
}

RelayResult ResponseRelay::broken(const char* reason) {
  const bool client_did_it = client_.is_gone();
  is_cut_ = is_writing_ && !client_did_it;
  if (client_did_it || (client_.head_sent() && !is_cut_)) client_.abort();
  return {client_did_it ? RelayResult::End::client_left : RelayResult::End::upstream_failed, false,
          decoder_.body_bytes(), reason};
}

}  // namespace drishti::request
