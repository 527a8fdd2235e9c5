#include "cache/redis/connection.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "cache/redis/command.hpp"
#include "cache/redis/refusal.hpp"
#include "net/os_error.hpp"

namespace drishti::cache::redis {
namespace {

// A connection that lived this long was a good one: the pauses begin at the shortest again.
constexpr std::chrono::seconds proven{1};
constexpr net::milliseconds pause_step{100};
constexpr net::milliseconds longest_pause{3000};
constexpr std::chrono::seconds same_report_again{60};

// One a thread is enough: the bytes go to the reply reader before anybody else runs.
std::span<char> receive_buffer() {
  static thread_local std::array<char, 64 << 10> buffer;
  return buffer;
}

std::string text_of(const net::IoResult& result) {
  if (result.status == net::IoStatus::timeout) return "timed out";
  if (result.status == net::IoStatus::eof) return "it closed the connection";
  return net::errno_text(result.error);
}

}  // namespace

// ---- calls ----

Connection::Call::Call(Connection& connection, std::string_view command, net::milliseconds allowance, bool is_greeting)
    : connection_(&connection) {
  const ErrorKind refused = connection.refusal(command.size(), is_greeting);
  done_ = refused != ErrorKind::none;
  result_.failure = refused;
  if (!done_) connection.enqueue(this, command, allowance);
}

Connection::Call::~Call() {
  if (!done_) connection_->waiting_[number_ - connection_->first_number_].call = nullptr;
}

void Connection::Call::finish(CallResult result) {
  result_ = std::move(result);
  done_ = true;
  if (waiter_) std::exchange(waiter_, {}).resume();  // which may destroy this
}

void Connection::tell(std::string_view command) {
  if (refusal(command.size(), false) == ErrorKind::none) enqueue(nullptr, command, {});
}

ErrorKind Connection::refusal(std::size_t bytes, bool is_greeting) const {
  if (!(is_greeting ? greeting_ : available_)) {
    metrics_.unavailable.add();
    return ErrorKind::lost;
  }
  const bool is_full = waiting_.size() >= options_.most_waiting ||
                       out_.size() + sending_.size() + bytes > options_.most_queued;
  if (is_full) metrics_.count(ErrorKind::overload);
  return is_full ? ErrorKind::overload : ErrorKind::none;
}

void Connection::enqueue(Call* call, std::string_view command, net::milliseconds allowance) {
  const auto now = reactor_.clock().now();
  auto deadline = now + options_.timeout + allowance;
  if (!waiting_.empty()) deadline = std::max(deadline, waiting_.back().deadline);  // replies keep the order
  if (call) call->number_ = first_number_ + waiting_.size();
  waiting_.push_back({call, now, deadline});
  out_ += command;
  metrics_.commands.add();
  wake_writer();
  if (!alarm_.armed()) reactor_.arm(alarm_, options_.timeout);
}

// ---- life ----

Connection::Alarm::Alarm(Connection& owner)
    : Timer([](net::DeadlineWheel::Timer& timer) { static_cast<Alarm&>(timer).connection.check_deadline(); }),
      connection(owner) {}

Connection::Connection(net::Reactor& reactor, std::unique_ptr<AddressSource> source, ConnectionOptions options,
                       RedisMetrics& metrics, net::ErrorLog& log)
    : reactor_(reactor),
      source_(std::move(source)),
      options_(std::move(options)),
      metrics_(metrics),
      log_(log),
      reader_(options_.limits),
      wake_(reactor),
      alarm_(*this) {
  source_->on_moved([this] { end(ErrorKind::lost, "another master was named"); });
}

void Connection::start() { net::spawn(run(shared_from_this())); }

void Connection::stop() {
  stopped_ = true;
  end(ErrorKind::lost, {});
  source_->stop();
  wake_.notify();
}

net::Task<void> Connection::run([[maybe_unused]] std::shared_ptr<Connection> self) {
  while (!stopped_) {
    const bool is_open = co_await open();
    if (is_open) co_await session();
    if (stopped_) co_return;
    co_await wake_.wait(next_pause());
  }
}

net::milliseconds Connection::next_pause() {
  const bool was_good = available_since_ != net::Clock::Steady{} && reactor_.clock().now() - available_since_ >= proven;
  available_since_ = {};
  attempt_ = was_good ? 1 : attempt_ + 1;
  return std::min(attempt_ * pause_step, longest_pause);
}

net::Task<bool> Connection::open() {
  const auto target = co_await source_->next();
  if (stopped_) co_return false;
  if (!target) {
    metrics_.count(ErrorKind::connect);
    report("no address to connect to");
    co_return false;
  }
  target_ = *target;
  const net::IoResult result =
      co_await net::connect(reactor_, stream_, target_.address, nullptr, options_.connect_timeout);
  if (stopped_) stream_.close();
  if (result.ok()) {
    const bool is_secure = co_await secure();
    co_return is_secure && stream_.is_open();
  }
  metrics_.count(ErrorKind::connect);
  report("connect() failed: " + text_of(result));
  co_return false;
}

/// The TLS handshake, when there is TLS.
net::Task<bool> Connection::secure() {
  if (!options_.tls || !stream_.is_open()) co_return true;
  tls_ = std::make_unique<net::TlsClient>(*options_.tls, stream_,
                                          options_.tls_name.empty() ? target_.node.host : options_.tls_name);
  const net::IoResult result = co_await tls_->handshake(options_.connect_timeout);
  if (result.ok() || stopped_) co_return result.ok();
  stream_.close();
  metrics_.count(ErrorKind::connect);
  report("TLS handshake failed: " + (tls_->error().empty() ? text_of(result) : tls_->error()));
  co_return false;
}

net::Task<void> Connection::session() {
  reader_.reset();
  out_.clear();
  greeting_ = true;
  net::Companion writer(write_commands());
  net::Companion greeter(greet());
  co_await read_replies();
  wake_writer();
  co_await greeter.join();
  co_await writer.join();
  tls_.reset();  // not before: who was woken by the close still looks at it
}

void Connection::end(ErrorKind kind, std::string why) {
  if (!stream_.is_open()) return;
  greeting_ = false;
  stream_.close();
  if (!stopped_) report(std::move(why));
  if (std::exchange(available_, false)) {
    metrics_.connections.subtract();
    if (on_change_) on_change_(false);
  }
  fail_all(kind);
}

// Whoever is resumed here may destroy other calls, but cannot add one: the connection is closed.
void Connection::fail_all(ErrorKind kind) {
  while (!waiting_.empty()) {
    Call* call = waiting_.front().call;
    waiting_.pop_front();
    ++first_number_;
    if (!call) continue;
    metrics_.count(kind);
    call->finish({kind, {}});
  }
}

void Connection::check_deadline() {
  if (waiting_.empty()) return;
  const auto left = waiting_.front().deadline - reactor_.clock().now();
  if (left > left.zero()) return reactor_.arm(alarm_, std::chrono::ceil<net::milliseconds>(left));
  const auto waited = reactor_.clock().now() - waiting_.front().since;
  end(ErrorKind::timeout,
      "no reply within " + std::to_string(std::chrono::duration_cast<net::milliseconds>(waited).count()) + " ms");
}

// ---- greeting ----

net::Task<void> Connection::greet() {
  bool ok = co_await greeting_is_accepted();
  if (ok && options_.must_be_master) ok = co_await role_is_master();
  if (ok && prepare_) ok = co_await prepare_(*this);
  if (!stream_.is_open()) co_return;
  if (ok) became_available();
  else end(ErrorKind::connect, "it could not be prepared");
}

void Connection::became_available() {
  greeting_ = false;
  available_ = true;
  available_since_ = reactor_.clock().now();
  metrics_.connects.add();
  metrics_.connections.add();
  if (!last_report_.empty()) log_.write(conf::LogLevel::notice, 0, "redis " + target_.node.text() + ": connected again");
  last_report_.clear();
  if (on_change_) on_change_(true);
}

// All at once, so that a greeting costs one round trip.
net::Task<bool> Connection::greeting_is_accepted() {
  std::deque<Call> calls;
  const auto add = [&](const std::string& text) { calls.emplace_back(*this, text, options_.connect_timeout, true); };
  const bool has_user = !options_.user.empty();
  if (has_user) add(command("AUTH", options_.user, options_.password));
  else if (!options_.password.empty()) add(command("AUTH", options_.password));
  if (options_.database != 0) add(command("SELECT", Decimal(options_.database)));
  add(command("CLIENT", "SETNAME", "drishti"));
  add(command("PING"));
  const std::size_t name = calls.size() - 2;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    Call& call = calls[i];
    const CallResult result = co_await call;
    if (!result.ok()) co_return false;
    if (i == name || !result.reply.is(Reply::Type::error)) continue;  // an ACL may forbid the name, which is decoration
    const ErrorKind kind = kind_of_error(result.reply.text);
    metrics_.count(kind);
    end(kind, "refused the greeting: " + explain_refusal(result.reply.text));
    co_return false;
  }
  co_return true;
}

void Connection::refused(std::string_view what, const Reply& reply) {
  const ErrorKind kind = reply.is(Reply::Type::error) ? kind_of_error(reply.text) : ErrorKind::protocol;
  metrics_.count(kind);
  end(kind, "refused " + std::string(what) + ": " + (reply.is(Reply::Type::error) ? explain_refusal(reply.text) : "no such reply"));
}

net::Task<bool> Connection::role_is_master() {
  const std::string text = command("ROLE");
  const CallResult result = co_await prepare(text);
  if (!result.ok()) co_return false;
  const auto& elements = result.reply.elements;
  if (!elements.empty() && elements.front().text == "master") co_return true;
  metrics_.count(ErrorKind::read_only);
  end(ErrorKind::read_only, "it is not a master");
  co_return false;
}

// ---- bytes ----

struct Connection::WriterIsIdle {
  Connection& connection;
  bool await_ready() const { return !connection.out_.empty() || !connection.stream_.is_open(); }
  void await_suspend(std::coroutine_handle<> handle) { connection.idle_writer_ = handle; }
  void await_resume() {}
};

// Later in this turn of the loop, when everybody else has written, too.
void Connection::wake_writer() {
  if (idle_writer_) reactor_.defer(std::exchange(idle_writer_, {}));
}

net::Task<void> Connection::write_commands() {
  for (;;) {
    co_await WriterIsIdle{*this};
    if (!stream_.is_open()) co_return;
    sending_.clear();
    sending_.swap(out_);
    const net::IoResult result = co_await send();
    if (!result.ok()) co_return end(ErrorKind::lost, "send() failed: " + text_of(result));
  }
}

// Without deadlines of their own: that of the commands closes the stream.
net::Task<net::IoResult> Connection::send() {
  if (tls_) return tls_->write_all(sending_);
  return [](net::Stream& stream, iovec piece) -> net::Task<net::IoResult> {
    co_return co_await stream.write_all({&piece, 1}, net::milliseconds(0));
  }(stream_, iovec{sending_.data(), sending_.size()});
}

net::Task<net::IoResult> Connection::receive() {
  if (tls_) return tls_->read_some(receive_buffer());
  return stream_.read_some(receive_buffer(), net::milliseconds(0));
}

net::Task<void> Connection::read_replies() {
  while (stream_.is_open()) {
    const net::IoResult result = co_await receive();
    if (!stream_.is_open()) co_return;
    if (!result.ok()) co_return end(ErrorKind::lost, "recv() failed: " + text_of(result));
    reader_.feed(std::string_view(receive_buffer().data(), result.bytes));
    if (!take_replies()) co_return;
  }
}

bool Connection::take_replies() {
  Reply reply;
  for (;;) {
    const ReplyReader::State state = reader_.next(reply);
    if (state == ReplyReader::State::incomplete) return true;
    if (state == ReplyReader::State::complete) take(std::move(reply));
    else end(ErrorKind::protocol, "sent what is no reply: " + reader_.error());
    if (!stream_.is_open()) return false;
  }
}

/// After such an error the connection is of no use for a while: the breaker opens.
bool Connection::makes_useless(std::string_view error) const {
  if (error.starts_with("READONLY")) return options_.must_be_master;  // it was one: look for the new one
  return error.starts_with("NOAUTH") || error.starts_with("LOADING") || error.starts_with("MASTERDOWN");
}

void Connection::take(Reply reply) {
  if (on_message_ && on_message_(reply)) return;
  if (waiting_.empty()) return end(ErrorKind::protocol, "sent a reply that nobody asked for");
  const Waiting front = waiting_.front();
  waiting_.pop_front();
  ++first_number_;
  metrics_.latency.observe(reactor_.clock().now() - front.since);
  ErrorKind useless = ErrorKind::none;
  std::string why;
  if (reply.is(Reply::Type::error) && available_ && makes_useless(reply.text)) {
    useless = kind_of_error(reply.text);
    why = "answered " + explain_refusal(reply.text);
  }
  if (front.call) front.call->finish({ErrorKind::none, std::move(reply)});
  if (useless != ErrorKind::none) end(useless, std::move(why));
}

// ---- log ----

// A Redis that is gone is one line, not one for each attempt.
void Connection::report(std::string why) {
  const auto now = reactor_.clock().now();
  if (why == last_report_ && now - reported_at_ < same_report_again) return;
  log_.write(conf::LogLevel::error, 0, "redis " + target_.node.text() + ": " + why);
  last_report_ = std::move(why);
  reported_at_ = now;
}

}  // namespace drishti::cache::redis
