// Any bytes as what an HTTP/2 upstream sends for two requests and the upload of one. The first byte of the input chooses
// how the rest is cut into pieces and how much is read of the bodies.

#include <string>
#include <string_view>

#include "http/chars.hpp"
#include "net/reactor.hpp"
#include "tests/support/fuzz_check.hpp"
#include "upstream/http2_client.hpp"

using namespace drishti;
using upstream::Http2Client;
using upstream::Http2Stream;
using upstream::StreamEnd;

namespace {

struct Nobody final : Http2Client::Owner {
  void has_output() override {}
  void stream_ended() override {}
};

void check_fields(const http::FieldList& fields) {
  for (const http::Field& field : fields) {
    FUZZ_CHECK(http::is_token(field.name));
    FUZZ_CHECK(http::find_control(field.value.data(), field.value.data() + field.value.size()) ==
               field.value.data() + field.value.size());
  }
}

/// Reads at most SIZE bytes and checks what is known of the response.
std::size_t look_at(Http2Stream& stream, std::size_t size) {
  static std::string buffer(Http2Stream::window + 1, '\0');
  const net::IoResult result = stream.read({buffer.data(), std::min(size, buffer.size())});
  FUZZ_CHECK(result.bytes <= Http2Stream::window);
  if (!stream.has_head()) {
    FUZZ_CHECK(result.bytes == 0 && stream.end() != StreamEnd::complete);
    return 0;
  }
  http::ResponseHead head;
  stream.take_head(head);
  FUZZ_CHECK(head.status >= 200 && head.status <= 999);
  FUZZ_CHECK(stream.head_bytes() <= 4096);
  check_fields(head.fields);
  if (stream.end() == StreamEnd::complete) check_fields(stream.trailers());
  return result.bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  static net::Reactor reactor;
  static net::BufferPool buffers;
  const std::size_t step = 1 + data[0] % 61, reads = data[0] % 3 == 0 ? 0 : 1 + data[0] * 7u;
  std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto now = reactor.clock().now();
  Nobody nobody;
  {
    Http2Client client(nobody, now);
    Http2Stream get(reactor, buffers, http::Method::get, 4096), post(reactor, buffers, http::Method::post, 4096);
    const http::Field fields[] = {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}};
    const std::string body(100000, 'b');
    post.send(body, true);
    FUZZ_CHECK(client.submit(get, fields, false) && client.submit(post, fields, true));
    std::string out;
    bool is_good = client.write(out, 1 << 20);
    while (is_good && !input.empty()) {
      is_good = client.take(input.substr(0, step), now);
      input.remove_prefix(std::min(step, input.size()));
      out.clear();
      is_good = client.write(out, 1 << 20) && is_good;
      look_at(get, reads);
      look_at(post, reads);
      FUZZ_CHECK(client.streams() <= 2 && client.room() <= Http2Client::most_streams);
    }
    client.lose_streams();
    FUZZ_CHECK(get.end() != StreamEnd::open && post.end() != StreamEnd::open);
    look_at(get, Http2Stream::window);
  }
  FUZZ_CHECK(buffers.in_use() == 0);
  return 0;
}
