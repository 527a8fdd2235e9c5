#include "request/coding_client.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <coroutine>
#include <utility>

#include "filters/compression.hpp"

namespace drishti::request {
namespace {

using compress::Op;
using http::ContentCoding;

// A worker serves others, too: this much takes a few milliseconds.
constexpr std::size_t most_work = 128 << 10;
constexpr std::size_t most_at_once = 32 << 10;

/// Lets everything else that is ready run first.
struct Turn {
  WorkerServices& services;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) { services.post([handle] { handle.resume(); }); }
  void await_resume() {}
};

std::span<const std::string_view> as_pieces(const std::string_view& piece) { return {&piece, piece.empty() ? 0u : 1u}; }

}  // namespace

// ---- the head ----

void CodingClient::begin_response(context::RequestContext& context) {
  context_ = &context;
  coder_.reset();
  out_.release();
  work_ = 0;
  is_dirty_ = has_kept_ = false;
  if (context.location->compression.is_on()) choose_coder();
  inner_.begin_response(context);
}

void CodingClient::choose_coder() {
  context::RequestContext& context = *context_;
  if (context.response.status == 304) return filters::keep_weak_tag(context);
  const bool is_head_only = context.head.method == http::Method::head;
  const conf::CompressionSettings& settings = context.location->compression;
  if (filters::needs_gunzip(context)) {
    if (!is_head_only)
      coder_ = coders_.gunzip({*settings.gunzip_max_size, static_cast<std::uint64_t>(*settings.gunzip_max_ratio)});
    if (is_head_only || coder_) filters::become_decoded(context);
  } else {
    choose_encoder(is_head_only);
  }
  context.response.coded.holds_back = coder_ != nullptr;
}

// Brotli and zstd take thirty times the memory of gzip: where it is short, gzip may still do.
void CodingClient::choose_encoder(bool is_head_only) {
  static constexpr std::array cheapest{ContentCoding::gzip};
  ContentCoding coding = filters::choose_coding(*context_);
  if (coding != ContentCoding::identity && !is_head_only) coder_ = take_encoder(coding);
  const bool is_short = coding != ContentCoding::identity && coding != ContentCoding::gzip && !is_head_only && !coder_;
  if (is_short) coding = filters::choose_coding(*context_, cheapest);
  if (is_short && coding != ContentCoding::identity) coder_ = take_encoder(coding);
  if (coder_ || (is_head_only && coding != ContentCoding::identity)) filters::become_coded(coding, *context_);
}

compress::CoderPool::Lease CodingClient::take_encoder(ContentCoding coding) {
  const conf::CompressionSettings& settings = context_->location->compression;
  const std::optional<std::uint64_t> size = context_->response.content_length;
  switch (coding) {
    case ContentCoding::brotli: return coders_.brotli(*settings.brotli.level, *settings.brotli_window, size);
    case ContentCoding::zstd: return coders_.zstd(*settings.zstd.level, size);
    default: return coders_.gzip(*settings.gzip.level);
  }
}

// ---- the body ----

CodingClient::Input CodingClient::input_of(std::span<const std::string_view> pieces, bool last) const {
  const bool is_empty = std::all_of(pieces.begin(), pieces.end(), [](std::string_view piece) { return piece.empty(); });
  return {pieces, {}, last ? Op::finish : is_empty ? Op::flush : Op::process};
}

/// Codes into the buffer until all is coded, or until something else has to be done first.
CodingClient::Coded CodingClient::code(Input& input) {
  if (!out_) out_ = services_.buffers.take(net::BufferPool::medium);
  for (;;) {
    while (input.rest.empty() && !input.pieces.empty()) {
      input.rest = input.pieces.front();
      input.pieces = input.pieces.subspan(1);
    }
    const bool is_end = input.rest.empty();
    if (is_end && (input.op == Op::process || (input.op == Op::flush && !is_dirty_))) return Coded::all;
    if (work_ >= most_work) return Coded::turn;
    const Coded coded = code_step(input, is_end ? input.op : Op::process);
    if (coded != Coded::all || is_end) return coded;
  }
}

CodingClient::Coded CodingClient::code_step(Input& input, Op op) {
  const std::span<char> room = out_.writable();
  const compress::Step step = coder_->code(input.rest.substr(0, most_at_once), room, op);
  context::CodedBody& coded = context_->response.coded;
  if (coded.copy != nullptr) coded.copy->append(room.data(), step.produced);
  coded.from += step.consumed;
  coded.to += step.produced;
  work_ += step.consumed + step.produced;
  out_.produced(step.produced);
  input.rest.remove_prefix(step.consumed);
  is_dirty_ = true;
  failure_ = step.failure;
  const bool is_stuck = step.consumed + step.produced == 0 && !input.rest.empty() && !step.wants_room;
  if (is_stuck) failure_ = "the coder takes nothing";
  if (failure_ != nullptr) return Coded::failed;
  return step.wants_room ? Coded::full : Coded::all;
}

bool CodingClient::has_to_be_sent(Coded coded, const Input& input) const {
  if (coded == Coded::full || input.op == Op::finish) return true;
  return input.op == Op::flush && (!out_.empty() || !inner_.head_sent());
}

/// An idle stream holds no buffer.
SendStatus CodingClient::hold_back() {
  if (out_.empty()) out_.release();
  return SendStatus::ok;
}

/// What the buffer has. It stays there until the buffer is cleared.
std::string_view CodingClient::take_coded(Coded coded, const Input& input) {
  if (coded == Coded::all && input.op == Op::flush) is_dirty_ = false;
  if (coded == Coded::all && input.op == Op::finish) coder_.reset();
  return out_.readable();
}

SendStatus CodingClient::keep(const Input& input) {
  kept_.assign(input.rest);
  for (const std::string_view piece : input.pieces) kept_.append(piece);
  kept_op_ = input.op;
  has_kept_ = true;
  return SendStatus::pending;
}

SendStatus CodingClient::fail() {
  context_->log_error(conf::LogLevel::error, std::string(failure_) + " while sending response to client");
  return SendStatus::closed;
}

SendStatus CodingClient::start_write(std::span<const std::string_view> pieces, bool last) {
  if (!coder_) return inner_.start_write(pieces, last);
  Input input = input_of(pieces, last);
  for (;;) {
    const Coded coded = code(input);
    if (coded == Coded::failed) return fail();
    if (coded == Coded::turn) return keep(input);
    if (!has_to_be_sent(coded, input)) return hold_back();
    const std::string_view piece = take_coded(coded, input);
    const SendStatus status = inner_.start_write(as_pieces(piece), coded == Coded::all && last);
    out_.clear();
    if (coded == Coded::all) out_.release();
    if (coded == Coded::all) return status;
    if (status == SendStatus::pending) return keep(input);
    if (status != SendStatus::ok) return status;
  }
}

net::Task<SendStatus> CodingClient::write(std::span<const std::string_view> pieces, bool last) {
  return coder_ ? write_coded(input_of(pieces, last)) : inner_.write(pieces, last);
}

net::Task<SendStatus> CodingClient::write_coded(Input input) {
  for (;;) {
    const Coded coded = code(input);
    if (coded == Coded::failed) co_return fail();
    if (coded == Coded::turn) {
      co_await Turn{services_};
      work_ = 0;
      continue;
    }
    if (!has_to_be_sent(coded, input)) co_return hold_back();
    const std::string_view piece = take_coded(coded, input);
    const bool is_last = coded == Coded::all && input.op == Op::finish;
    const SendStatus status = co_await inner_.write(as_pieces(piece), is_last);
    out_.clear();
    if (coded == Coded::all) out_.release();
    if (coded == Coded::all || status != SendStatus::ok) co_return status;
  }
}

net::Task<SendStatus> CodingClient::flush() { return has_kept_ ? write_kept() : inner_.flush(); }

net::Task<SendStatus> CodingClient::write_kept() {
  const SendStatus status = co_await inner_.flush();
  if (status != SendStatus::ok) co_return status;
  const std::string text = std::exchange(kept_, {});
  has_kept_ = false;
  Input input{{}, text, kept_op_};
  co_return co_await write_coded(input);
}

net::Task<SendStatus> CodingClient::write_file(int file, std::uint64_t offset, std::uint64_t length, bool last) {
  return coder_ ? code_file(file, offset, length, last) : inner_.write_file(file, offset, length, last);
}

net::Task<SendStatus> CodingClient::code_file(int file, std::uint64_t offset, std::uint64_t length, bool last) {
  net::Buffer buffer = services_.buffers.take(net::BufferPool::medium);
  for (std::uint64_t sent = 0; sent < length;) {
    const std::size_t wanted = std::min<std::uint64_t>(buffer.capacity(), length - sent);
    const ssize_t size = ::pread(file, buffer.data(), wanted, static_cast<off_t>(offset + sent));
    if (size <= 0) co_return SendStatus::closed;  // the file became shorter
    sent += static_cast<std::uint64_t>(size);
    const Input input{{}, {buffer.data(), static_cast<std::size_t>(size)}, last && sent == length ? Op::finish : Op::process};
    const SendStatus status = co_await write_coded(input);
    if (status != SendStatus::ok) co_return status;
  }
  if (length > 0 || !last) co_return SendStatus::ok;
  const Input end{{}, {}, Op::finish};
  co_return co_await write_coded(end);
}

void CodingClient::abort() {
  coder_.reset();
  out_.release();
  inner_.abort();
}

}  // namespace drishti::request
