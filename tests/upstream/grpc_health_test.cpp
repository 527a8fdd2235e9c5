// The health check of gRPC: what is asked, and what answers are worth.
#include "upstream/grpc_health.hpp"

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <map>

#include "tests/support/grpc_frames.hpp"

namespace drishti::upstream {
namespace {

using testing::grpc_error;
using testing::grpc_health_answer;
using testing::h2_frame;
using testing::h2_headers;
using testing::h2_settings;

/// What a server of HTTP/2 understands of the request.
struct Received {
  std::map<std::string, std::string> fields;
  std::string body;
};

Received receive(const std::string& bytes) {
  Received received;
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session* session = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame*, const uint8_t* name, size_t name_size, const uint8_t* value,
                    size_t value_size, uint8_t, void* user) {
        auto text = [](const uint8_t* data, size_t size) { return std::string(data, data + size); };
        static_cast<Received*>(user)->fields[text(name, name_size)] = text(value, value_size);
        return 0;
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      callbacks, [](nghttp2_session*, uint8_t, int32_t, const uint8_t* data, size_t size, void* user) {
        static_cast<Received*>(user)->body.append(data, data + size);
        return 0;
      });
  nghttp2_session_server_new(&session, callbacks, &received);
  nghttp2_session_callbacks_del(callbacks);
  EXPECT_EQ(nghttp2_session_mem_recv(session, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()),
            static_cast<ssize_t>(bytes.size()));
  nghttp2_session_del(session);
  return received;
}

TEST(GrpcHealthCall, AsksForTheService) {
  GrpcHealthCall call("api.test", "shop.Orders");
  const Received received = receive(call.output());
  EXPECT_EQ(received.fields.at(":path"), "/grpc.health.v1.Health/Check");
  EXPECT_EQ(received.fields.at(":method"), "POST");
  EXPECT_EQ(received.fields.at(":authority"), "api.test");
  EXPECT_EQ(received.fields.at("content-type"), "application/grpc");
  EXPECT_EQ(received.fields.at("te"), "trailers");
  EXPECT_EQ(received.body, std::string("\0\0\0\0\x0d\x0a\x0bshop.Orders", 18));
  GrpcHealthCall whole("api.test", "");
  EXPECT_EQ(receive(whole.output()).body, std::string(5, '\0'));
}

TEST(GrpcHealthCall, JudgesTheAnswer) {
  const struct {
    std::string answer;
    int wanted;
    bool passes;
    const char* result;
  } cases[] = {
      {grpc_health_answer(1), 0, true, "SERVING"},
      {grpc_health_answer(2), 0, false, "NOT_SERVING"},
      {grpc_health_answer(0), 0, false, "UNKNOWN"},
      {grpc_health_answer(3), 0, false, "SERVICE_UNKNOWN"},
      {grpc_health_answer(9), 0, false, "invalid message"},
      {grpc_health_answer(1, "13"), 0, false, "grpc-status 13"},
      {grpc_error("12"), 0, false, "grpc-status 12"},
      {grpc_error("12"), 12, true, "grpc-status 12"},
      {grpc_health_answer(1), 12, false, "SERVING"},
      {grpc_error("0"), 0, false, "invalid message"},
      {h2_settings + h2_headers({{":status", "503"}}, true), 0, false, "status 503"},
      {h2_settings + h2_headers({{":status", "200"}}, true), 0, false, "no grpc-status"},
      {h2_settings + h2_frame(3, 0, 1, std::string(4, '\x02')), 0, false, "no response"},  // RST_STREAM
      {h2_settings + h2_headers({{":status", "200"}}, false) + h2_frame(0, 0, 1, std::string("\1\0\0\0\2\x08\1", 7)) +
           h2_headers({{"grpc-status", "0"}}, true), 0, false, "invalid message"}};  // compressed
  for (const auto& c : cases) {
    GrpcHealthCall call("api.test", "");
    call.output();
    EXPECT_TRUE(call.take(c.answer)) << c.result;
    ASSERT_TRUE(call.is_done()) << c.result;
    EXPECT_EQ(call.is_wanted(c.wanted), c.passes) << c.result;
    EXPECT_EQ(call.result(), c.result);
  }
}

TEST(GrpcHealthCall, TakesAnAnswerByteByByte) {
  GrpcHealthCall call("api.test", "");
  call.output();
  for (const char byte : grpc_health_answer(1)) EXPECT_TRUE(call.take({&byte, 1}));
  EXPECT_TRUE(call.is_wanted(0));
}

TEST(GrpcHealthCall, RefusesWhatIsNoHttp2AndWhatNeverEnds) {
  GrpcHealthCall other("api.test", "");
  other.output();
  EXPECT_FALSE(other.take("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
  GrpcHealthCall flooded("api.test", "");
  flooded.output();
  bool goes_on = flooded.take(h2_settings);
  int pings = 0;
  for (; goes_on && pings < 100'000; ++pings) goes_on = flooded.take(h2_frame(6, 0, 0, std::string(8, 'p')));
  EXPECT_LT(pings, 4000) << "64 KiB";
  GrpcHealthCall stuffed("api.test", "");
  stuffed.output();
  EXPECT_TRUE(stuffed.take(h2_settings + h2_headers({{":status", "200"}}, false)));
  for (int i = 0; i < 20; ++i) stuffed.take(h2_frame(0, 0, 1, std::string(1000, 'x')));
  EXPECT_FALSE(stuffed.is_done());
}

}  // namespace
}  // namespace drishti::upstream
