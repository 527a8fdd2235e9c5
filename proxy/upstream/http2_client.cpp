#include "upstream/http2_client.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace drishti::upstream {
namespace {

constexpr std::size_t most_header_block = 256 << 10;  ///< compressed, with CONTINUATION; beyond all limits of heads
constexpr std::int64_t frames_per_data = 4;           ///< window updates, and pings that measure the round trip
constexpr std::int64_t frames_per_response = 2;
constexpr std::uint32_t most_header_list = 64 << 10;  ///< as announced; each stream has its own limit

std::uint8_t* bytes_of(std::string_view text) {
  return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));  // nghttp2 only reads
}

std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

std::vector<nghttp2_nv> pairs_of(std::span<const http::Field> fields) {
  std::vector<nghttp2_nv> all;
  all.reserve(fields.size());
  for (const http::Field& field : fields)
    all.push_back({bytes_of(field.name), bytes_of(field.value), field.name.size(), field.value.size(),
                   NGHTTP2_NV_FLAG_NONE});
  return all;
}

bool carries_nothing(const Http2FrameHead& frame) {
  switch (frame.type) {
    case NGHTTP2_HEADERS: return false;
    case NGHTTP2_DATA: return frame.length == 0 && (frame.flags & NGHTTP2_FLAG_END_STREAM) == 0;
    default: return true;
  }
}

}  // namespace

void Http2Client::Allowance::refill(net::Clock::Steady now) {
  const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(now - since_).count();
  if (seconds <= 0) return;
  left_ = std::min(most, left_ + std::min<std::int64_t>(seconds, most) * per_second);
  since_ = now;
}

struct Http2Client::Callbacks {
  static Http2Client& client_of(void* user) { return *static_cast<Http2Client*>(user); }
  static Http2Stream* stream_of(nghttp2_session* session, std::int32_t id) {
    return static_cast<Http2Stream*>(nghttp2_session_get_stream_user_data(session, id));
  }

  static int on_begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    client_of(user).in_header_block_ = true;
    client_of(user).header_block_ = 0;
    if (Http2Stream* stream = stream_of(session, frame->hd.stream_id)) stream->begin_fields();
    return 0;
  }

  static int on_header(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t, void*) {
    Http2Stream* stream = stream_of(session, frame->hd.stream_id);
    const bool is_good = stream == nullptr || stream->add_field(text_of(name, name_size), text_of(value, value_size));
    return is_good ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  // nghttp2 would leave the field out; HTTP/1 refuses the message.
  static int on_invalid_header(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t*, std::size_t,
                               const std::uint8_t*, std::size_t, std::uint8_t, void*) {
    if (Http2Stream* stream = stream_of(session, frame->hd.stream_id)) stream->refuse(StreamEnd::malformed);
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int on_invalid_frame(nghttp2_session* session, const nghttp2_frame* frame, int, void* user) {
    client_of(user).in_header_block_ = false;
    if (Http2Stream* stream = stream_of(session, frame->hd.stream_id)) stream->refuse(StreamEnd::malformed);
    return 0;
  }

  static int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    Http2Client& client = client_of(user);
    if (frame->hd.type == NGHTTP2_SETTINGS && (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) client.is_ready_ = true;
    if (frame->hd.type == NGHTTP2_GOAWAY) {
      client.going_away_ = true;
      client.owner_.stream_ended();
    }
    if (frame->hd.type == NGHTTP2_HEADERS) client.in_header_block_ = false;
    Http2Stream* stream = stream_of(session, frame->hd.stream_id);
    if (stream == nullptr) return 0;
    if (frame->hd.type == NGHTTP2_RST_STREAM) stream->was_reset_ = true;
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (frame->hd.type == NGHTTP2_HEADERS && !stream->end_fields(ends)) {
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_PROTOCOL_ERROR);
      return 0;
    }
    if (!ends) return 0;
    client.allowance_.earn(frames_per_response);
    stream->finish(StreamEnd::complete, 0);
    return 0;
  }

  // The connection's window opens at once, so that a stream that nobody reads does not stop the others.
  static int on_data(nghttp2_session* session, std::uint8_t, std::int32_t id, const std::uint8_t* data, std::size_t size,
                     void*) {
    nghttp2_session_consume_connection(session, size);
    Http2Stream* stream = stream_of(session, id);
    if (stream == nullptr) return nghttp2_session_consume_stream(session, id, size) == 0 ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
    if (stream->add_data(text_of(data, size))) return 0;
    stream->refuse(StreamEnd::malformed);
    nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_FLOW_CONTROL_ERROR);
    return 0;
  }

  static int on_close(nghttp2_session* session, std::int32_t id, std::uint32_t error_code, void* user) {
    client_of(user).late_.erase(id);
    Http2Stream* stream = stream_of(session, id);
    if (stream == nullptr) return 0;
    StreamEnd how = stream->verdict_;
    if (how == StreamEnd::open && error_code == NGHTTP2_REFUSED_STREAM) how = StreamEnd::refused;
    if (how == StreamEnd::open) how = stream->was_reset_ ? StreamEnd::reset : StreamEnd::malformed;
    client_of(user).end(*stream, how, error_code);
    return 0;
  }

  static ssize_t read_body(nghttp2_session* session, std::int32_t id, std::uint8_t* buffer, std::size_t size,
                           std::uint32_t* flags, nghttp2_data_source*, void* user) {
    Http2Stream* stream = stream_of(session, id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    bool ends = false;
    const std::size_t taken = stream->take_to_send({reinterpret_cast<char*>(buffer), size}, ends);
    if (ends) *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (ends && !stream->request_trailers_.places.empty()) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      http::FieldList fields;
      stream->request_trailers_.list(fields);
      const auto trailers = pairs_of({fields.begin(), fields.end()});
      nghttp2_submit_trailer(session, id, trailers.data(), trailers.size());
    }
    if (taken > 0) client_of(user).allowance_.earn(frames_per_data);
    return taken == 0 && !ends ? static_cast<ssize_t>(NGHTTP2_ERR_DEFERRED) : static_cast<ssize_t>(taken);
  }

  static void install(nghttp2_session_callbacks* callbacks) {
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, on_invalid_header);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid_frame);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
  }

  static nghttp2_session* make(Http2Client& client) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_option* options = nullptr;
    nghttp2_session* session = nullptr;
    if (nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&options) == 0) {
      install(callbacks);
      nghttp2_option_set_no_auto_window_update(options, 1);
      nghttp2_option_set_max_settings(options, 32);
      nghttp2_session_client_new2(&session, callbacks, &client, options);
    }
    nghttp2_option_del(options);
    nghttp2_session_callbacks_del(callbacks);
    return session;
  }
};

void Http2Client::Delete::operator()(nghttp2_session* session) const { nghttp2_session_del(session); }

Http2Client::Http2Client(Owner& owner, net::Clock::Steady now)
    : owner_(owner), session_(Callbacks::make(*this)), allowance_(now) {
  if (!session_) return;
  const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                             {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, Http2Stream::window},
                                             {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, most_header_list}};
  nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session_.get(), NGHTTP2_FLAG_NONE, 0, connection_window);
}

Http2Client::~Http2Client() { lose_streams(); }

bool Http2Client::fail(std::string why) {
  if (error_.empty()) error_ = std::move(why);
  return false;
}

bool Http2Client::pay_for_frames(std::string_view bytes) {
  const auto pays = [this](const Http2FrameHead& frame) { return !carries_nothing(frame) || allowance_.spend(); };
  return frames_.scan(bytes, pays) || fail("upstream sent too many frames that carry nothing");
}

bool Http2Client::take(std::string_view bytes, net::Clock::Steady now) {
  if (!session_ || !error_.empty()) return false;
  allowance_.refill(now);
  if (!pay_for_frames(bytes)) return false;
  const ssize_t used = nghttp2_session_mem_recv(session_.get(), bytes_of(bytes), bytes.size());
  if (used < 0) return fail(std::string("upstream sent invalid HTTP/2: ") + nghttp2_strerror(static_cast<int>(used)));
  if (in_header_block_ && (header_block_ += bytes.size()) > most_header_block)
    return fail("upstream sent a header block without end");
  return true;
}

bool Http2Client::write(std::string& out, std::size_t limit) {
  const std::uint8_t* data = nullptr;
  ssize_t size = 0;
  while (session_ && out.size() < limit && (size = nghttp2_session_mem_send(session_.get(), &data)) > 0)
    out.append(text_of(data, static_cast<std::size_t>(size)));
  if (size < 0) return fail(std::string("HTTP/2 to upstream failed: ") + nghttp2_strerror(static_cast<int>(size)));
  return session_ != nullptr;
}

bool Http2Client::is_over() const {
  return !session_ || (nghttp2_session_want_read(session_.get()) == 0 && nghttp2_session_want_write(session_.get()) == 0);
}

std::size_t Http2Client::room() const {
  if (!session_ || going_away_ || !error_.empty() || nghttp2_session_check_request_allowed(session_.get()) == 0) return 0;
  const std::uint32_t allowed =
      std::min(most_streams, nghttp2_session_get_remote_settings(session_.get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS));
  const std::size_t taken = streams_.size() + late_.size();
  return taken < allowed ? allowed - taken : 0;
}

bool Http2Client::submit(Http2Stream& stream, std::span<const http::Field> fields, bool has_body) {
  const std::vector<nghttp2_nv> all = pairs_of(fields);
  nghttp2_data_provider body{};
  body.read_callback = Callbacks::read_body;
  const std::int32_t id = nghttp2_submit_request(session_.get(), nullptr, all.data(), all.size(),
                                                 has_body ? &body : nullptr, &stream);
  if (id < 0) return false;
  stream.client_ = this;
  stream.id_ = id;
  stream.end_sent_ = !has_body;
  streams_.insert(&stream);
  return true;
}

void Http2Client::resume(Http2Stream& stream) {
  nghttp2_session_resume_data(session_.get(), stream.id_);
  owner_.has_output();
}

void Http2Client::consumed(Http2Stream& stream, std::size_t bytes) {
  nghttp2_session_consume_stream(session_.get(), stream.id_, bytes);
  if (nghttp2_session_want_write(session_.get()) != 0) owner_.has_output();
}

// ---- ends -----------------------------------------------------------------------------------------------------------

/// The stream's owner wants no more of it.
void Http2Client::drop(Http2Stream& stream) {
  nghttp2_session_set_stream_user_data(session_.get(), stream.id_, nullptr);
  // A whole body whose end is still to come is left alone for a while: a reset would look like a failure.
  const bool is_over = stream.end_sent_ && (stream.end_ == StreamEnd::complete || stream.has_whole_body());
  if (is_over) late_.emplace(stream.id_, false);
  else nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream.id_, NGHTTP2_CANCEL);
  stream.client_ = nullptr;
  streams_.erase(&stream);
  if (is_over) owner_.has_late_streams();
  else owner_.has_output();
  owner_.stream_ended();
}

bool Http2Client::reset_late_streams() {
  for (auto late = late_.begin(); late != late_.end();) {
    if (!std::exchange(late->second, true)) {
      ++late;
      continue;
    }
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, late->first, NGHTTP2_CANCEL);
    late = late_.erase(late);
  }
  return !late_.empty();
}

void Http2Client::end(Http2Stream& stream, StreamEnd how, std::uint32_t error_code) {
  stream.client_ = nullptr;
  streams_.erase(&stream);
  stream.finish(how, error_code);
  owner_.stream_ended();
}

void Http2Client::lose_streams() {
  while (!streams_.empty()) {
    Http2Stream& stream = **streams_.begin();
    if (session_) nghttp2_session_set_stream_user_data(session_.get(), stream.id_, nullptr);
    stream.client_ = nullptr;
    streams_.erase(streams_.begin());
    stream.finish(StreamEnd::lost, 0);
  }
}

void Http2Client::go_away() {
  if (session_) nghttp2_session_terminate_session(session_.get(), NGHTTP2_NO_ERROR);
}

}  // namespace drishti::upstream
