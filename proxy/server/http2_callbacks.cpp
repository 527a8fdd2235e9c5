#include "server/http2_callbacks.hpp"

#include <algorithm>
#include <cstring>

#include "server/http2_session.hpp"

namespace drishti::server {
namespace {

constexpr std::size_t frame_head = 9;
constexpr std::size_t most_settings_entries = 32;
constexpr std::size_t most_continuations = 8;
constexpr std::size_t most_waiting_acks = 1000;  // http2_flood comes first
constexpr std::size_t longest_response_head = 512 << 10;
constexpr ssize_t largest_frame = 16384;  // what every client takes

std::string_view text_of(nghttp2_rcbuf* buffer) {
  const nghttp2_vec text = nghttp2_rcbuf_get_buf(buffer);
  return {reinterpret_cast<const char*>(text.base), text.len};
}

bool ends_stream(const nghttp2_frame& frame) { return (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0; }

/// Resets that the client brings about by what it sends (T02), as opposed to those of a response that failed.
bool is_provoked(std::uint32_t code) {
  switch (code) {
    case NGHTTP2_NO_ERROR: case NGHTTP2_INTERNAL_ERROR: case NGHTTP2_CANCEL: return false;
    default: return true;
  }
}

}  // namespace

struct Http2Callbacks {
  static Http2Session& session_of(void* user) { return *static_cast<Http2Session*>(user); }

  static Http2Session::Stream* stream_of(nghttp2_session* session, std::int32_t id) {
    return static_cast<Http2Session::Stream*>(nghttp2_session_get_stream_user_data(session, id));
  }

  static int judge(Http2Session& session, Http2FloodReason reason) {
    if (reason == Http2FloodReason::none) return 0;
    session.flood_reason_ = reason;
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }

  // ---- what comes in ----

  static int on_begin_frame(nghttp2_session* library, const nghttp2_frame_hd* head, void* user) {
    Http2Session& session = session_of(user);
    session.has_preface_ = true;
    follow_head(session, library, *head);
    // What stands in such a frame besides its padding is known at its end.
    if (head->type == NGHTTP2_DATA && (head->flags & NGHTTP2_FLAG_PADDED) != 0) return 0;
    return count(session, *head, head->length);
  }

  static int count(Http2Session& session, const nghttp2_frame_hd& head, std::size_t payload) {
    const bool ends = (head.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    return judge(session, session.flood_.received(head.type, payload, ends, session.clock_.now()));
  }

  // Within a head stands no other frame. Of one whose stream is gone nothing is told: its last frame is taken for its end.
  static void follow_head(Http2Session& session, nghttp2_session* library, const nghttp2_frame_hd& head) {
    const bool goes_on = head.type == NGHTTP2_CONTINUATION;
    session.head_ends_ = (head.flags & NGHTTP2_FLAG_END_HEADERS) != 0;
    const bool is_told = !goes_on || nghttp2_session_find_stream(library, session.head_stream_) != nullptr;
    if (!goes_on || (session.head_ends_ && !is_told)) session.head_stream_ = 0;
  }

  static int on_begin_headers(nghttp2_session* library, const nghttp2_frame* frame, void* user) {
    Http2Session& session = session_of(user);
    session.head_stream_ = frame->hd.stream_id;
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    Http2Session::Stream* stream = session.owner_.open_stream();
    if (stream == nullptr) {
      nghttp2_submit_rst_stream(library, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_REFUSED_STREAM);
      // Its places are taken by what it reset, for it kept to the limit, or the library had refused it (T01).
      return judge(session, session.flood_.reset_by_client(session.clock_.now()));
    }
    stream->id_ = frame->hd.stream_id;
    stream->is_open_ = true;
    nghttp2_session_set_stream_user_data(library, stream->id_, stream);
    // Streams that the client says nothing about share the connection, whatever their order (RFC 9218 leaves it to us).
    constexpr nghttp2_extpri shared{NGHTTP2_EXTPRI_DEFAULT_URGENCY, 1};
    nghttp2_session_change_extpri_stream_priority(library, stream->id_, &shared, 0);
    return 0;
  }

  static int on_header(nghttp2_session* library, const nghttp2_frame* frame, nghttp2_rcbuf* name, nghttp2_rcbuf* value,
                       std::uint8_t, void* user) {
    Http2Session::Stream* stream = stream_of(library, frame->hd.stream_id);
    if (stream == nullptr) return 0;
    const bool is_trailer = frame->headers.cat != NGHTTP2_HCAT_REQUEST;
    const bool goes_on = stream->on_field(text_of(name), text_of(value), is_trailer);
    return judge(session_of(user), goes_on ? Http2FloodReason::none : Http2FloodReason::header_list);
  }

  static int on_invalid_header(nghttp2_session* library, const nghttp2_frame* frame, nghttp2_rcbuf*, nghttp2_rcbuf*,
                               std::uint8_t, void*) {
    if (Http2Session::Stream* stream = stream_of(library, frame->hd.stream_id)) stream->on_invalid_field();
    return 0;
  }

  static int on_frame(nghttp2_session* library, const nghttp2_frame* frame, void* user) {
    Http2Session& session = session_of(user);
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS: session.head_stream_ = 0; break;
      case NGHTTP2_DATA:
        if ((frame->hd.flags & NGHTTP2_FLAG_PADDED) == 0) break;
        if (const int wrong = count(session, frame->hd, frame->hd.length - frame->data.padlen); wrong != 0) return wrong;
        break;
      case NGHTTP2_PING:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) session.owner_.on_shutdown_seen();
        return 0;
      case NGHTTP2_RST_STREAM:
        if (stream_of(library, frame->hd.stream_id) == nullptr) return 0;
        return judge(session, session.flood_.reset_by_client(session.clock_.now()));
      default: return 0;
    }
    Http2Session::Stream* stream = stream_of(library, frame->hd.stream_id);
    if (stream == nullptr) return 0;
    const bool is_head = frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
    if (is_head) stream->on_head(ends_stream(*frame), frame->hd.length + frame_head);
    if (ends_stream(*frame)) stream->on_end();
    return 0;
  }

  // The connection's window is for all streams: it opens at once, so that a body that nobody reads holds up no other.
  static int on_data(nghttp2_session* library, std::uint8_t, std::int32_t id, const std::uint8_t* data, std::size_t size,
                     void*) {
    nghttp2_session_consume_connection(library, size);
    if (Http2Session::Stream* stream = stream_of(library, id))
      stream->on_body({reinterpret_cast<const char*>(data), size});
    return 0;
  }

  static int on_close(nghttp2_session* library, std::int32_t id, std::uint32_t, void* user) {
    Http2Session::Stream* stream = stream_of(library, id);
    Http2Session& session = session_of(user);
    if (session.head_stream_ == id && session.head_ends_) session.head_stream_ = 0;
    if (stream == nullptr) return 0;
    nghttp2_session_set_stream_user_data(library, id, nullptr);
    stream->is_open_ = false;
    stream->on_closed();
    return 0;
  }

  static int on_error(nghttp2_session*, int, const char* text, std::size_t size, void* user) {
    session_of(user).error_.assign(text, size);
    return 0;
  }

  // ---- what goes out ----

  static int on_sent(nghttp2_session* library, const nghttp2_frame* frame, void* user) {
    Http2Session& session = session_of(user);
    if (frame->hd.type == NGHTTP2_RST_STREAM && is_provoked(frame->rst_stream.error_code))
      session.end_if(session.flood_.reset_by_us(session.clock_.now()));
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    session.flood_.sent_head();
    if (Http2Session::Stream* stream = stream_of(library, frame->hd.stream_id)) {
      stream->on_head_sent(frame->hd.length + frame_head);
      if (ends_stream(*frame)) stream->on_data_sent(0, true);
    }
    return 0;
  }

  static int send_data(nghttp2_session* library, nghttp2_frame* frame, const std::uint8_t* head, std::size_t size,
                       nghttp2_data_source*, void* user) {
    Http2Session& session = session_of(user);
    Http2Session::Stream* stream = stream_of(library, frame->hd.stream_id);
    if (stream == nullptr || stream->available() < size) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const std::span<char> room = session.out_->writable();
    if (room.size() < frame_head + size) {
      session.is_full_ = true;
      return NGHTTP2_ERR_WOULDBLOCK;
    }
    std::memcpy(room.data(), head, frame_head);
    stream->take(room.data() + frame_head, size);
    session.out_->produced(frame_head + size);
    session.flood_.sent_data(size, fills_window(library, frame->hd.stream_id, size));
    stream->on_data_sent(frame_head + size, ends_stream(*frame));
    return 0;
  }

  /// SIZE bytes are what the client left room for; the library has not subtracted them yet.
  static bool fills_window(nghttp2_session* library, std::int32_t id, std::size_t size) {
    const std::int32_t room = std::min(nghttp2_session_get_stream_remote_window_size(library, id),
                                       nghttp2_session_get_remote_window_size(library));
    return room <= static_cast<std::int32_t>(size);
  }

  static ssize_t most_in_frame(nghttp2_session*, std::uint8_t, std::int32_t, std::int32_t, std::int32_t, std::uint32_t,
                            void*) {
    return largest_frame;
  }

  static ssize_t read_body(nghttp2_session* library, std::int32_t id, std::size_t most, std::uint32_t& flags,
                           void* user) {
    Http2Session::Stream* stream = stream_of(library, id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const std::size_t available = stream->available();
    if (available == 0 && !stream->ends_there()) return NGHTTP2_ERR_DEFERRED;
    const std::size_t size = std::min({available, most, stream->most_in_frame()});
    flags = NGHTTP2_DATA_FLAG_NO_COPY;
    if (size < available || !stream->ends_there()) return static_cast<ssize_t>(size);
    flags |= NGHTTP2_DATA_FLAG_EOF;
    if (stream->has_trailers()) {
      flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      session_of(user).send_trailers(*stream);
    }
    return static_cast<ssize_t>(size);
  }
};

ssize_t Http2Library::read_body(nghttp2_session* session, std::int32_t id, std::uint8_t*, std::size_t most,
                                std::uint32_t* flags, nghttp2_data_source*, void* user) {
  return Http2Callbacks::read_body(session, id, most, *flags, user);
}

Http2Library::Http2Library() {
  if (nghttp2_session_callbacks_new(&callbacks_) != 0 || nghttp2_option_new(&options_) != 0) return;
  using C = Http2Callbacks;
  nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks_, C::on_begin_frame);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks_, C::on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback2(callbacks_, C::on_header);
  nghttp2_session_callbacks_set_on_invalid_header_callback2(callbacks_, C::on_invalid_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks_, C::on_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks_, C::on_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks_, C::on_close);
  nghttp2_session_callbacks_set_error_callback2(callbacks_, C::on_error);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks_, C::on_sent);
  nghttp2_session_callbacks_set_send_data_callback(callbacks_, C::send_data);
  nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks_, C::most_in_frame);
  nghttp2_option_set_no_auto_window_update(options_, 1);
  nghttp2_option_set_no_closed_streams(options_, 1);  // kept for priorities of RFC 7540, which are ignored
  nghttp2_option_set_builtin_recv_extension_type(options_, NGHTTP2_PRIORITY_UPDATE);
  nghttp2_option_set_max_outbound_ack(options_, most_waiting_acks);
  nghttp2_option_set_max_settings(options_, most_settings_entries);
  nghttp2_option_set_max_continuations(options_, most_continuations);
  nghttp2_option_set_max_send_header_block_length(options_, longest_response_head);
}

Http2Library::~Http2Library() {
  nghttp2_session_callbacks_del(callbacks_);
  nghttp2_option_del(options_);
}

const Http2Library& Http2Library::get() {
  static const Http2Library library;
  return library;
}

}  // namespace drishti::server
