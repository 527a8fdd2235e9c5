#include "tests/support/http2_client.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <chrono>

namespace drishti::testing {

namespace h2 {

const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

std::string number(std::uint32_t value) {
  std::string text;
  for (const int shift : {24, 16, 8, 0}) text += static_cast<char>(value >> shift);
  return text;
}

std::string frame(int type, int flags, std::uint32_t stream, const std::string& payload) {
  std::string text = number(static_cast<std::uint32_t>(payload.size())).substr(1);
  text += static_cast<char>(type);
  text += static_cast<char>(flags);
  return text + number(stream) + payload;
}

std::string setting(int id, std::uint32_t value) {
  return std::string{static_cast<char>(id >> 8), static_cast<char>(id)} + number(value);
}

namespace {

/// RFC 7541 5.2, without Huffman: a prefix of 7 bits.
std::string text(const std::string& value) {
  std::size_t size = value.size();
  std::string out;
  if (size < 127) return out + static_cast<char>(size) + value;
  out += static_cast<char>(127);
  for (size -= 127; size >= 128; size /= 128) out += static_cast<char>(size % 128 + 128);
  return out + static_cast<char>(size) + value;
}

}  // namespace

std::string block(const Http2Fields& fields) {
  std::string out;
  for (const auto& [name, value] : fields) out += '\0' + text(name) + text(value);
  return out;
}

}  // namespace h2

namespace {

std::uint32_t number_at(const std::string& text, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4 && i < text.size(); ++i) value = value << 8 | static_cast<unsigned char>(text[i]);
  return value;
}

}  // namespace

std::string Http2Answer::field(const std::string& name) const {
  for (const auto* list : {&fields, &trailers})
    for (const auto& field : *list)
      if (field.first == name) return field.second;
  return {};
}

void Http2Client::Free::operator()(nghttp2_hd_inflater* inflater) const { nghttp2_hd_inflate_del(inflater); }

Http2Client::Http2Client(std::uint16_t port, const std::string& settings) : raw_(port) {
  nghttp2_hd_inflater* inflater = nullptr;
  nghttp2_hd_inflate_new(&inflater);
  inflater_.reset(inflater);
  send(h2::preface + h2::frame(h2::settings, 0, 0, settings));
}

Http2Client::~Http2Client() = default;

std::uint32_t Http2Client::request(const std::string& path, const Http2Fields& more, const std::string& method, bool ends) {
  Http2Fields fields{{":method", method}, {":scheme", "http"}, {":path", path}, {":authority", "a.test"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return request_with(fields, ends);
}

std::uint32_t Http2Client::request_with(const Http2Fields& fields, bool ends) {
  const std::uint32_t stream = next_stream_;
  next_stream_ += 2;
  std::string block = h2::block(fields);
  constexpr std::size_t most = 16384;
  int type = h2::headers, flags = ends ? h2::end_stream : 0;
  for (; block.size() > most; block.erase(0, most)) {
    send_frame(type, flags, stream, block.substr(0, most));
    type = h2::continuation;
    flags = 0;
  }
  send_frame(type, flags | h2::end_headers, stream, block);
  return stream;
}

template <class Holds>
bool Http2Client::wait_until(Holds holds, milliseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  for (;;) {
    while (!holds() && take_frame()) {
    }
    if (holds()) return true;
    const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
    if (raw_.closed()) return false;
    const bool has_news = raw_.read_some(std::max(left, milliseconds{0}));
    if (!has_news && left.count() <= 0) return false;
  }
}

bool Http2Client::take_frame() {
  const std::string& all = raw_.unread();
  if (all.size() - taken_ < 9) return false;
  const std::size_t size = number_at(all, taken_) >> 8;
  if (all.size() - taken_ < 9 + size) return false;
  const int type = static_cast<unsigned char>(all[taken_ + 3]), flags = static_cast<unsigned char>(all[taken_ + 4]);
  const std::uint32_t stream = number_at(all, taken_ + 5) & 0x7fffffff;
  std::string payload = all.substr(taken_ + 9, size);
  taken_ += 9 + size;
  take(type, flags, stream, std::move(payload));
  return true;
}

void Http2Client::take(int type, int flags, std::uint32_t stream, std::string payload) {
  switch (type) {
    case h2::data:
      answers_[stream].body += payload;
      answers_[stream].ended |= (flags & h2::end_stream) != 0;
      data_order_.push_back(stream);
      break;
    case h2::headers: take_head(flags, stream, payload); break;
    case h2::rst_stream: answers_[stream].reset = number_at(payload, 0); break;
    case h2::settings:
      if ((flags & h2::ack) != 0) break;
      for (std::size_t at = 0; at + 6 <= payload.size(); at += 6)
        settings_[static_cast<unsigned char>(payload[at + 1])] = number_at(payload, at + 2);
      if (acknowledges) send_frame(h2::settings, h2::ack, 0, "");
      break;
    case h2::ping:
      if ((flags & h2::ack) != 0) ++pongs_;
      else if (acknowledges) send_frame(h2::ping, h2::ack, 0, payload);
      break;
    case h2::goaway:
      goaway_last_stream_ = number_at(payload, 0);
      goaway_ = number_at(payload, 4);
      break;
    case h2::window_update: window_[stream] += number_at(payload, 0); break;
    default: break;
  }
}

void Http2Client::take_head(int flags, std::uint32_t stream, const std::string& block) {
  Http2Answer& answer = answers_[stream];
  Http2Fields fields;
  const auto* in = reinterpret_cast<const std::uint8_t*>(block.data());
  std::size_t left = block.size();
  for (;;) {
    nghttp2_nv nv;
    int inflated = 0;
    const ssize_t used = nghttp2_hd_inflate_hd2(inflater_.get(), &nv, &inflated, in, left, 1);
    if (used < 0) break;
    in += used;
    left -= static_cast<std::size_t>(used);
    if ((inflated & NGHTTP2_HD_INFLATE_EMIT) != 0)
      fields.emplace_back(std::string(reinterpret_cast<char*>(nv.name), nv.namelen),
                          std::string(reinterpret_cast<char*>(nv.value), nv.valuelen));
    if ((inflated & NGHTTP2_HD_INFLATE_FINAL) != 0) {
      nghttp2_hd_inflate_end_headers(inflater_.get());
      break;
    }
  }
  answer.ended |= (flags & h2::end_stream) != 0;
  const int status = !fields.empty() && fields[0].first == ":status" ? std::stoi(fields[0].second) : 0;
  if (status >= 100 && status < 200) answer.interim.push_back(status);
  else if (answer.status == 0) answer.status = status, answer.fields = fields;
  else answer.trailers = fields;
}

Http2Answer Http2Client::wait(std::uint32_t stream, milliseconds deadline) {
  wait_until([&] { return answers_[stream].ended || answers_[stream].reset; }, deadline);
  return answers_[stream];
}

bool Http2Client::wait_for_body(std::uint32_t stream, std::size_t size, milliseconds deadline) {
  return wait_until([&] { return answers_[stream].body.size() >= size; }, deadline);
}

bool Http2Client::wait_for_head(std::uint32_t stream, milliseconds deadline) {
  return wait_until([&] { return answers_[stream].status != 0; }, deadline);
}

bool Http2Client::wait_for_interim(std::uint32_t stream, milliseconds deadline) {
  return wait_until([&] { return !answers_[stream].interim.empty(); }, deadline);
}

std::optional<std::uint32_t> Http2Client::wait_for_goaway(milliseconds deadline) {
  wait_until([&] { return goaway_.has_value(); }, deadline);
  return goaway_;
}

bool Http2Client::wait_for_close(milliseconds deadline) {
  wait_until([] { return false; }, deadline);
  return raw_.closed();
}

bool Http2Client::ping(milliseconds deadline) {
  const int before = pongs_;
  send_frame(h2::ping, 0, 0, "12345678");
  return wait_until([&] { return pongs_ > before; }, deadline);
}

void Http2Client::read_for(milliseconds time) {
  wait_until([] { return false; }, time);
}

std::uint32_t Http2Client::setting(int id) const {
  const auto found = settings_.find(id);
  return found == settings_.end() ? 0 : found->second;
}

}  // namespace drishti::testing
