#include "server/http2_session.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "server/http2_callbacks.hpp"
#include "server/http2_memory.hpp"

namespace drishti::server {
namespace {

constexpr std::int32_t connection_window = 0x7fffffff;  // streams are limited each; none may hold up another
constexpr std::size_t least_room = 1024;
constexpr std::size_t most_settings = 5;

}  // namespace

Http2Session::Http2Session(Owner& owner, const net::Clock& clock, const Http2SessionSettings& settings)
    : owner_(owner), clock_(clock), settings_(settings), flood_(settings.most_streams) {
  const Http2Library& library = Http2Library::get();
  if (nghttp2_session_server_new3(&session_, library.callbacks(), this, library.options(), http2_memory()) != 0) {
    session_ = nullptr;
    has_failed_ = true;
    return;
  }
  const nghttp2_settings_entry entries[most_settings] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, settings.most_streams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, settings.stream_window},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, settings.most_head_bytes},
      {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, entries, most_settings);
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, connection_window);
}

Http2Session::~Http2Session() { nghttp2_session_del(session_); }

bool Http2Session::end(Http2FloodReason reason) {
  flood_reason_ = reason;
  error_ = "client floods with ";
  error_.append(http2_flood_names[static_cast<std::size_t>(reason)]);
  nghttp2_session_terminate_session(session_, NGHTTP2_ENHANCE_YOUR_CALM);
  return false;
}

void Http2Session::end_if(Http2FloodReason reason) {
  if (reason != Http2FloodReason::none && flood_reason_ == Http2FloodReason::none) end(reason);
}

bool Http2Session::fail(int code) {
  has_failed_ = true;
  if (flood_reason_ != Http2FloodReason::none) return end(flood_reason_);
  if (code == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS) return end(Http2FloodReason::continuation);
  if (code == NGHTTP2_ERR_FLOODED || code == NGHTTP2_ERR_TOO_MANY_SETTINGS) return end(Http2FloodReason::settings);
  error_ = nghttp2_strerror(code);
  nghttp2_session_terminate_session(session_, NGHTTP2_PROTOCOL_ERROR);
  return false;
}

bool Http2Session::receive(std::string_view bytes) {
  if (has_failed_) return false;
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const ssize_t used = nghttp2_session_mem_recv(session_, data, bytes.size());
  if (used < 0) return fail(static_cast<int>(used));
  if (const Http2FloodReason reason = flood_.read(bytes.size()); reason != Http2FloodReason::none) {
    has_failed_ = true;
    return end(reason);
  }
  return nghttp2_session_want_read(session_) != 0;
}

/// False when OUT is full before all of it.
bool Http2Session::take_pending(net::Buffer& out) {
  const std::size_t size = std::min(pending_.size(), out.writable().size());
  if (size > 0) std::memcpy(out.writable().data(), pending_.data(), size);
  out.produced(size);
  pending_.remove_prefix(size);
  return pending_.empty();
}

bool Http2Session::produce(net::Buffer& out) {
  if (session_ == nullptr) return true;
  out_ = &out;
  while (take_pending(out) && out.writable().size() >= least_room) {
    is_full_ = false;
    const std::uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &data);
    if (size < 0) has_failed_ = true;
    if (size <= 0) return !is_full_;
    pending_ = {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
  }
  return false;
}

bool Http2Session::is_alive() const {
  if (has_failed_) return false;
  return nghttp2_session_want_read(session_) != 0 || nghttp2_session_want_write(session_) != 0;
}

// ---- one stream ----

void Http2Session::send_interim(Stream& stream, int status) {
  const std::string text = std::to_string(status);
  Http2Fields fields;
  fields.add(":status", text);
  nghttp2_nv field = fields.all()[0];
  field.flags = NGHTTP2_NV_FLAG_NONE;  // this text does not live long
  nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id_, nullptr, &field, 1, nullptr);
}

void Http2Session::respond(Stream& stream, const Http2Fields& fields, bool ends) {
  nghttp2_data_provider body{{.ptr = this}, Http2Library::read_body};
  const auto all = fields.all();
  const int wrong = nghttp2_submit_response(session_, stream.id_, all.data(), all.size(), ends ? nullptr : &body);
  if (wrong != 0) reset(stream, NGHTTP2_INTERNAL_ERROR);
}

void Http2Session::resume(Stream& stream) {
  if (!stream.is_open_) return;
  const bool is_at_trailers = stream.available() == 0 && stream.ends_there() && stream.has_trailers();
  if (is_at_trailers && waits_for_window(stream)) return send_trailers(stream);
  nghttp2_session_resume_data(session_, stream.id_);
}

bool Http2Session::waits_for_window(const Stream& stream) const {
  return nghttp2_session_get_stream_remote_window_size(session_, stream.id_) <= 0 ||
         nghttp2_session_get_remote_window_size(session_) <= 0;
}

// Trailers need no window, but the library would ask for the end of the body first, and for that it wants one.
void Http2Session::send_trailers(Stream& stream) {
  if (std::exchange(stream.has_given_trailers_, true)) return;
  Http2Fields fields;
  stream.fill_trailers(fields);
  nghttp2_submit_trailer(session_, stream.id_, fields.all().data(), fields.all().size());
}

void Http2Session::reset(Stream& stream, std::uint32_t code) {
  if (!stream.is_open_ || std::exchange(stream.is_reset_, true)) return;
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id_, code);
}

void Http2Session::forget(Stream& stream, std::uint32_t code) {
  if (!stream.is_open_) return;
  reset(stream, code);
  stream.is_open_ = false;
  nghttp2_session_set_stream_user_data(session_, stream.id_, nullptr);
}

void Http2Session::consumed(Stream& stream, std::size_t size) {
  if (stream.is_open_) nghttp2_session_consume_stream(session_, stream.id_, size);
}

// ---- the end ----

// RFC 9113 6.8: first the largest id, and after a round trip, which a PING measures, the real one.
void Http2Session::begin_shutdown() {
  if (has_failed_) return;
  nghttp2_submit_shutdown_notice(session_);
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
}

void Http2Session::finish_shutdown() {
  if (has_failed_) return;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                        nullptr, 0);
}

}  // namespace drishti::server
