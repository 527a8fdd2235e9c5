#include "upstream/http2_stream.hpp"

#include <algorithm>
#include <charconv>
#include <cerrno>
#include <cstring>

#include "http/chars.hpp"
#include "http/hop_by_hop.hpp"
#include "upstream/http2_client.hpp"

namespace drishti::upstream {
namespace {

constexpr int most_interim_responses = 10;      // threat R07
constexpr std::size_t most_fields = 1000;
constexpr std::size_t most_trailer_bytes = 8 << 10;
constexpr std::size_t field_overhead = 4;       // `: ` and CRLF, so that the limit means what it means for HTTP/1

std::optional<std::uint64_t> length_of(const http::FieldList& fields) {
  const std::string_view text = fields.get(http::FieldId::content_length);
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return length;
}

}  // namespace

void Http2Stream::Fields::add(std::string_view name, std::string_view value) {
  places.push_back({static_cast<std::uint32_t>(text.size()), static_cast<std::uint32_t>(name.size()),
                    static_cast<std::uint32_t>(value.size())});
  text.append(name).append(value);
}

void Http2Stream::Fields::list(http::FieldList& fields) const {
  for (const Place& place : places) {
    const std::string_view name = std::string_view(text).substr(place.begin, place.name_size);
    const std::string_view value = std::string_view(text).substr(place.begin + place.name_size, place.value_size);
    fields.add({name, value, http::field_id(name)});
  }
}

Http2Stream::Http2Stream(net::Reactor& reactor, net::BufferPool& buffers, http::Method method, std::size_t head_limit)
    : buffers_(buffers), method_(method), head_limit_(head_limit), sender_(reactor), reader_(reactor) {}

Http2Stream::~Http2Stream() { leave(); }

void Http2Stream::leave() {
  body_.release();
  to_send_ = {};
  if (client_ != nullptr) client_->drop(*this);
  finish(StreamEnd::lost, 0);
}

void Http2Stream::cancel() {
  cancelled_ = true;
  reader_.wake(net::Wake::cancelled);
  sender_.wake(net::Wake::cancelled);
}

// ---- the request ----------------------------------------------------------------------------------------------------

void Http2Stream::send(std::string_view data, bool last) {
  to_send_ = data;
  last_ = last;
  if (client_ != nullptr) client_->resume(*this);
}

void Http2Stream::set_request_trailers(const http::FieldList& fields) {
  for (const http::Field& field : fields)
    if (!http::is_hop_by_hop(field.id) && field.id != http::FieldId::content_length)
      request_trailers_.add(field.name, field.value);
}

std::size_t Http2Stream::take_to_send(std::span<char> frame, bool& ends) {
  const std::size_t size = to_send_.copy(frame.data(), frame.size());
  to_send_.remove_prefix(size);
  body_sent_ += size;
  ends = to_send_.empty() && last_;
  end_sent_ = end_sent_ || ends;
  if (to_send_.empty()) sender_.wake();
  return size;
}

// ---- the response ---------------------------------------------------------------------------------------------------

void Http2Stream::begin_fields() {
  if (has_head_) return;
  head_.clear();
  status_ = 0;
}

bool Http2Stream::add_field(std::string_view name, std::string_view value) {
  if (name == ":status") {  // three digits: nghttp2 looked
    std::from_chars(value.data(), value.data() + value.size(), status_);
    return true;
  }
  Fields& fields = has_head_ ? trailers_ : head_;
  const std::size_t limit = has_head_ ? most_trailer_bytes : head_limit_;
  const std::size_t size = fields.text.size() + name.size() + value.size() + (fields.places.size() + 1) * field_overhead;
  if (size > limit || fields.places.size() >= most_fields) {
    refuse(StreamEnd::too_big);
    return false;
  }
  // What HTTP/1 would refuse (threats R05, R08): nothing of it may get into a head that we write.
  const char* value_end = value.data() + value.size();
  if (!http::is_token(name) || http::find_control(value.data(), value_end) != value_end) {
    refuse(StreamEnd::malformed);
    return false;
  }
  fields.add(name, http::trim_ows(value));
  return true;
}

bool Http2Stream::end_fields(bool ends_stream) {
  if (has_head_) return true;
  if (status_ < 200) {  // 100, 103 are not passed on, as in nginx
    if (status_ >= 100 && ++interim_ <= most_interim_responses) return true;
    refuse(StreamEnd::malformed);
    return false;
  }
  has_head_ = true;
  http::FieldList fields;
  head_.list(fields);
  length_ = length_of(fields);
  ended_with_head_ = ends_stream;
  reader_.wake();
  return true;
}

void Http2Stream::take_head(http::ResponseHead& head) const {
  head.clear();
  head.status = status_;
  head.keep_alive = false;  // the connection is not the response's
  head_.list(head.fields);
  const bool has_no_body = method_ == http::Method::head || status_ == 204 || status_ == 304;
  if (has_no_body) head.body = {http::BodyKind::none, 0};
  else if (ended_with_head_) head.body = {http::BodyKind::length, 0};
  else if (length_) head.body = {http::BodyKind::length, *length_};
  else head.body = {http::BodyKind::until_close, 0};
  head_seen_ = true;
}

bool Http2Stream::add_data(std::string_view data) {
  if (!has_head_) return false;
  body_.compact();
  const std::size_t needed = body_.readable().size() + data.size();
  if (needed > window) return false;  // beyond what it was given
  buffers_.grow(body_, std::max(needed, net::BufferPool::small));
  std::memcpy(body_.writable().data(), data.data(), data.size());
  body_.produced(data.size());
  body_received_ += data.size();
  reader_.wake();
  return true;
}

net::IoResult Http2Stream::read(std::span<char> buffer) {
  const std::string_view there = body_.readable();
  const std::size_t size = std::min(buffer.size(), there.size());
  if (size == 0) {
    if (end_ == StreamEnd::open) return cancelled_ ? net::IoResult{net::IoStatus::cancelled, 0, 0} : net::IoResult{};
    return end_ == StreamEnd::complete ? net::IoResult{net::IoStatus::eof, 0, 0}
                                       : net::IoResult{net::IoStatus::failed, ECONNRESET, 0};
  }
  std::memcpy(buffer.data(), there.data(), size);
  body_.consumed(size);
  if (body_.empty()) body_.release();
  if (client_ != nullptr) client_->consumed(*this, size);
  return {net::IoStatus::ok, 0, size};
}

http::FieldList Http2Stream::trailers() const {
  http::FieldList fields;
  trailers_.list(fields);
  return fields;
}

void Http2Stream::finish(StreamEnd how, std::uint32_t error_code) {
  if (end_ == StreamEnd::open) {
    end_ = how;
    error_code_ = error_code;
  }
  reader_.wake();
  sender_.wake();
}

}  // namespace drishti::upstream
