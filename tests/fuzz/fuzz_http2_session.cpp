// Any bytes as what a client of HTTP/2 sends, with a handler that answers everything at once. The first byte chooses the
// pieces, and whether our preface stands before them.

#include <list>
#include <memory>

#include "server/http2_head.hpp"
#include "server/http2_session.hpp"
#include "tests/support/fuzz_check.hpp"

using namespace drishti;
using namespace drishti::server;

namespace {

constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
constexpr std::uint32_t most_streams = 8;
constexpr std::uint32_t window = 4096;

http::HeadLimits limits() {
  http::HeadLimits chosen;
  chosen.line = 512;
  chosen.total = 2048;
  chosen.fields = 50;
  return chosen;
}

class Stream final : public Http2Session::Stream {
 public:
  Stream() { head_.start(limits(), request_, arena_); }
  bool wants_answer = false;
  bool is_refused = false;
  std::size_t unread = 0;

  /// The head is one that HTTP/1's rules would let through, too.
  void check() const {
    FUZZ_CHECK(request_.fields.size() <= limits().fields + 4);
    FUZZ_CHECK(!request_.host.empty());
    FUZZ_CHECK(request_.fields.count(http::FieldId::host) == 1);
    FUZZ_CHECK(request_.target.starts_with('/') || request_.target == "*");
    FUZZ_CHECK(request_.target.find_first_of(std::string_view("\0\r\n #", 5)) == request_.target.npos);
    for (const http::Field& field : request_.fields)
      FUZZ_CHECK(field.value.find_first_of(std::string_view("\0\r\n", 3)) == field.value.npos && !field.name.empty());
  }

 private:
  bool on_field(std::string_view name, std::string_view value, bool is_trailer) override {
    if (is_trailer) return true;
    head_.add(name, value);
    return Http2Flood::head_grew(head_.fields(), head_.bytes(), limits().fields, limits().total) == Http2FloodReason::none;
  }
  void on_invalid_field() override { head_.refuse(http::Reject::bad_field_value); }
  void on_head(bool ends, std::size_t) override {
    is_refused = head_.finish(ends) != http::Reject::none;
    wants_answer = true;
  }
  void on_body(std::string_view data) override {
    unread += data.size();
    FUZZ_CHECK(unread <= window);
  }
  void on_end() override {}
  void on_closed() override {}
  std::size_t available() const override { return left_; }
  std::size_t most_in_frame() const override { return 1000; }
  bool ends_there() const override { return true; }
  bool has_trailers() const override { return false; }
  void fill_trailers(Http2Fields&) override {}
  void take(char* to, std::size_t size) override {
    FUZZ_CHECK(size <= left_);
    std::fill_n(to, size, 'x');
    left_ -= size;
  }
  void on_head_sent(std::size_t) override {}
  void on_data_sent(std::size_t, bool) override {}

  net::Arena arena_;
  http::RequestHead request_;
  Http2Head head_;
  std::size_t left_ = 3000;
};

class Peer final : public Http2Session::Owner {
 public:
  Peer() : session_(*this, clock_, {most_streams, window, 2048}) {}

  bool receive(std::string_view bytes) {
    const bool goes_on = session_.receive(bytes);
    for (auto& stream : streams_) answer(*stream);
    net::Buffer out = buffers_.take(net::BufferPool::medium);
    for (int turns = 0; !session_.produce(out); out.clear()) FUZZ_CHECK(++turns < 1000);
    std::erase_if(streams_, [](const auto& stream) { return !stream->is_open(); });
    FUZZ_CHECK(goes_on || !session_.receive("x"));
    return goes_on && session_.is_alive();
  }

 private:
  Http2Session::Stream* open_stream() override {
    if (streams_.size() >= most_streams) return nullptr;
    return streams_.emplace_back(std::make_unique<Stream>()).get();
  }
  void on_shutdown_seen() override { session_.finish_shutdown(); }

  void answer(Stream& stream) {
    session_.consumed(stream, std::exchange(stream.unread, 0));
    if (!stream.is_open() || !std::exchange(stream.wants_answer, false)) return;
    if (stream.is_refused) return session_.reset(stream, NGHTTP2_PROTOCOL_ERROR);
    stream.check();
    Http2Fields fields;
    fields.add(":status", "200");
    session_.respond(stream, fields, false);
  }

  net::Clock clock_;
  net::BufferPool buffers_;
  std::list<std::unique_ptr<Stream>> streams_;
  Http2Session session_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 1) return 0;
  std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t step = data[0] % 128 == 0 ? input.size() : data[0] % 128;
  Peer peer;
  bool goes_on = data[0] >= 128 || peer.receive({preface.data(), 33});
  while (goes_on && !input.empty()) {
    const std::string_view piece = input.substr(0, step);
    input.remove_prefix(piece.size());
    goes_on = peer.receive(piece);
  }
  return 0;
}
