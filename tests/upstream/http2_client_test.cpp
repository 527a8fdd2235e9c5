// HTTP/2 towards an upstream, frame by frame: what it takes, what it refuses, what it bounds. RFC 9113; threats R05, R07,
// R08, T22 and floods.

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <map>

#include "net/asio_reactor.hpp"
#include "tests/support/grpc_frames.hpp"
#include "upstream/http2_client.hpp"

namespace drishti::upstream {
namespace {

using drishti::testing::h2_frame;
using drishti::testing::h2_settings;
using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr int data = 0, headers = 1, rst_stream = 3, settings = 4, ping = 6, goaway = 7, window_update = 8,
              continuation = 9;
constexpr int end_stream = 1, end_headers = 4;

std::string number(std::uint32_t value) {
  std::string text;
  for (const int shift : {24, 16, 8, 0}) text += static_cast<char>(value >> shift);
  return text;
}

std::string block(const Pairs& fields) {
  std::string text;
  for (const auto& [name, value] : fields) {
    text += '\0';
    text += static_cast<char>(name.size()) + name;
    if (value.size() < 127) {
      text += static_cast<char>(value.size());
    } else {  // RFC 7541 5.1
      text += '\x7f';
      std::size_t rest = value.size() - 127;
      for (; rest >= 128; rest >>= 7) text += static_cast<char>(0x80 | (rest & 0x7f));
      text += static_cast<char>(rest);
    }
    text += value;
  }
  return text;
}

std::string head(int stream, const Pairs& fields, bool ends = false) {
  return h2_frame(headers, end_headers | (ends ? end_stream : 0), stream, block(fields));
}

std::string settings_of(std::uint16_t id, std::uint32_t value) {
  return h2_frame(settings, 0, 0, {std::string{static_cast<char>(id >> 8), static_cast<char>(id)} + number(value)});
}

struct Frame {
  int type = 0, flags = 0, stream = 0;
  std::string payload;
};

struct Http2ClientTest : ::testing::Test, Http2Client::Owner {
  boost::asio::io_context io;
  net::AsioReactor reactor{io};
  net::BufferPool buffers;
  int ended = 0, late = 0;
  net::Clock::Steady now = reactor.clock().now();
  Http2Client client{*this, now};

  void has_output() override {}
  void stream_ended() override { ++ended; }
  void has_late_streams() override { ++late; }

  bool take(const std::string& bytes) { return client.take(bytes, now); }

  std::unique_ptr<Http2Stream> ask(http::Method method = http::Method::get, bool has_body = false,
                                   std::size_t head_limit = 4096) {
    auto stream = std::make_unique<Http2Stream>(reactor, buffers, method, head_limit);
    const http::Field fields[] = {{":method", method == http::Method::head ? "HEAD" : has_body ? "POST" : "GET"},
                                  {":scheme", "http"}, {":path", "/"}, {":authority", "a.test"}};
    EXPECT_TRUE(client.submit(*stream, fields, has_body));
    sent();
    return stream;
  }

  /// What the client sends now.
  std::vector<Frame> sent() {
    std::string out;
    EXPECT_TRUE(client.write(out, ~std::size_t{0}));
    constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    if (out.starts_with(preface)) out.erase(0, preface.size());
    std::vector<Frame> frames;
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(out[at]); };
    while (out.size() >= 9) {
      const std::size_t size = static_cast<std::size_t>(byte(0) << 16 | byte(1) << 8 | byte(2));
      frames.push_back({byte(3), byte(4), byte(7) << 8 | byte(8), out.substr(9, size)});
      out.erase(0, 9 + size);
    }
    return frames;
  }
  static std::string code_of(const std::vector<Frame>& frames, int type) {
    for (const Frame& frame : frames)
      if (frame.type == type) return std::to_string(static_cast<unsigned char>(frame.payload[frame.payload.size() - 1]));
    return "none";
  }

  /// The upstream's SETTINGS, and that it took ours.
  void greet() {
    sent();
    EXPECT_TRUE(take(h2_settings + h2_frame(settings, 1, 0, "")));
  }

  static std::string read_all(Http2Stream& stream) {
    std::string all(Http2Stream::window, '\0');
    all.resize(stream.read(all).bytes);
    return all;
  }
};

TEST_F(Http2ClientTest, KnowsTheLimitsOfTheUpstreamOnceItsSettingsCame) {
  EXPECT_FALSE(client.is_ready());
  EXPECT_TRUE(take(settings_of(3, 2)));
  EXPECT_TRUE(client.is_ready());
  EXPECT_EQ(client.room(), 2u);
  auto first = ask(), second = ask();
  EXPECT_EQ(client.room(), 0u);
  second.reset();
  EXPECT_EQ(client.room(), 1u);
}

TEST_F(Http2ClientTest, TakesAtMostAHundredStreamsWhateverTheUpstreamAllows) {
  EXPECT_TRUE(take(settings_of(3, 1000000)));
  EXPECT_EQ(client.room(), 100u);
}

TEST_F(Http2ClientTest, ReadsAHeadABodyAndTrailers) {
  greet();
  auto stream = ask();
  EXPECT_TRUE(take(head(1, {{":status", "203"}, {"x-a", "b"}}) + h2_frame(data, 0, 1, "hello") +
                   head(1, {{"grpc-status", "0"}}, true)));
  ASSERT_TRUE(stream->has_head());
  http::ResponseHead response;
  stream->take_head(response);
  EXPECT_EQ(response.status, 203);
  EXPECT_EQ(response.fields.find("x-a")->value, "b");
  EXPECT_EQ(response.body.kind, http::BodyKind::until_close);
  EXPECT_EQ(read_all(*stream), "hello");
  EXPECT_EQ(stream->end(), StreamEnd::complete);
  std::array<char, 8> more;
  EXPECT_EQ(stream->read(more).status, net::IoStatus::eof);
  EXPECT_EQ(stream->trailers().find("grpc-status")->value, "0");
}

TEST_F(Http2ClientTest, KnowsTheLengthOfABody) {
  greet();
  auto with_length = ask(), without_body = ask(), to_head = ask(http::Method::head);
  take(head(1, {{":status", "200"}, {"content-length", "5"}}) + head(3, {{":status", "200"}}, true) +
       head(5, {{":status", "200"}, {"content-length", "5"}}, true));
  http::ResponseHead response;
  with_length->take_head(response);
  EXPECT_EQ(response.body.kind, http::BodyKind::length);
  EXPECT_EQ(response.body.length, 5u);
  without_body->take_head(response);
  EXPECT_EQ(response.body.kind, http::BodyKind::length);
  EXPECT_EQ(response.body.length, 0u);
  to_head->take_head(response);
  EXPECT_EQ(response.body.kind, http::BodyKind::none);
  EXPECT_EQ(to_head->end(), StreamEnd::complete);
}

TEST_F(Http2ClientTest, RefusesABodyThatIsNotAsLongAsItSaid) {
  greet();
  auto stream = ask();
  take(head(1, {{":status", "200"}, {"content-length", "5"}}) + h2_frame(data, end_stream, 1, "four"));
  EXPECT_EQ(code_of(sent(), rst_stream), "1");
  EXPECT_EQ(stream->end(), StreamEnd::malformed);
}

TEST_F(Http2ClientTest, SkipsInterimResponsesButNotWithoutEnd) {
  greet();
  auto good = ask(), flood = ask();
  std::string interim;
  for (int i = 0; i < 10; ++i) interim += head(1, {{":status", "103"}, {"link", "x"}});
  take(interim + head(1, {{":status", "200"}}, true));
  EXPECT_TRUE(good->has_head());
  http::ResponseHead response;
  good->take_head(response);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.fields.size(), 0u);
  interim.clear();
  for (int i = 0; i < 11; ++i) interim += head(3, {{":status", "103"}});
  take(interim);
  EXPECT_EQ(code_of(sent(), rst_stream), "1");
  EXPECT_EQ(flood->end(), StreamEnd::malformed);
}

TEST_F(Http2ClientTest, RefusesHeadsThatHttp1WouldRefuse) {
  const Pairs bad[] = {
      {{":status", "200"}, {"x", std::string("a\0b", 3)}},
      {{":status", "200"}, {"x", "a\r\nset-cookie: b"}},
      {{":status", "200"}, {"x", "a\x01" "b"}},
      {{":status", "200"}, {"X-Upper", "a"}},
      {{":status", "200"}, {"x y", "a"}},
      {{":status", "200"}, {"connection", "close"}},
      {{":status", "200"}, {"transfer-encoding", "chunked"}},
      {{":status", "101"}},
      {{":status", "20"}},
      {{":status", "050"}},
      {{"x", "no status"}},
      {{":status", "200"}, {":status", "200"}},
      {{":status", "200"}, {"content-length", "1"}, {"content-length", "2"}},
  };
  greet();
  int id = 1;
  for (const Pairs& fields : bad) {
    auto stream = ask();
    EXPECT_TRUE(take(head(id, fields, true))) << fields.back().first;
    EXPECT_EQ(code_of(sent(), rst_stream) == "none", false) << fields.back().first << ": " << fields.back().second;
    EXPECT_FALSE(stream->has_head()) << fields.back().first << ": " << fields.back().second;
    EXPECT_EQ(stream->end(), StreamEnd::malformed) << fields.back().first << ": " << fields.back().second;
    id += 2;
  }
}

TEST_F(Http2ClientTest, RefusesAnInterimResponseThatEndsTheStream) {
  greet();
  auto stream = ask();
  take(head(1, {{":status", "103"}}, true));
  EXPECT_EQ(code_of(sent(), rst_stream), "1");
  EXPECT_EQ(stream->end(), StreamEnd::malformed);
}

TEST_F(Http2ClientTest, RefusesAHeadBeyondItsLimitAndGoesOnWithOthers) {
  greet();
  auto big = ask(), other = ask();
  take(head(1, {{":status", "200"}, {"a", std::string(2500, 'x')}, {"b", std::string(2500, 'x')}}, true) +
       head(3, {{":status", "200"}}, true));
  sent();
  EXPECT_EQ(big->end(), StreamEnd::too_big);
  EXPECT_EQ(other->end(), StreamEnd::complete);
}

TEST_F(Http2ClientTest, RefusesTrailersBeyondTheirLimit) {
  greet();
  auto stream = ask();
  take(head(1, {{":status", "200"}}));
  take(head(1, {{"a", std::string(5000, 'x')}, {"b", std::string(5000, 'x')}}, true));
  sent();
  EXPECT_EQ(stream->end(), StreamEnd::too_big);
}

// ---- flow control ---------------------------------------------------------------------------------------------------

TEST_F(Http2ClientTest, OpensAWindowOnlyForWhatWasRead) {
  greet();
  auto stream = ask();
  sent();
  take(head(1, {{":status", "200"}}));
  const std::string piece(16 << 10, 'x');
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(take(h2_frame(data, 0, 1, piece)));
  for (const Frame& frame : sent()) EXPECT_FALSE(frame.type == window_update && frame.stream == 1);
  EXPECT_EQ(read_all(*stream).size(), Http2Stream::window);
  bool is_open = false;
  for (const Frame& frame : sent()) is_open = is_open || (frame.type == window_update && frame.stream == 1);
  EXPECT_TRUE(is_open);
}

TEST_F(Http2ClientTest, EndsAStreamThatGetsMoreThanItsWindow) {
  greet();
  auto stream = ask();
  take(head(1, {{":status", "200"}}));
  const std::string piece(16 << 10, 'x');
  for (int i = 0; i < 9; ++i) take(h2_frame(data, 0, 1, piece));
  const auto frames = sent();
  EXPECT_TRUE(code_of(frames, rst_stream) == "3" || code_of(frames, goaway) != "none");
  EXPECT_LE(read_all(*stream).size(), Http2Stream::window);
}

TEST_F(Http2ClientTest, AStreamThatNobodyReadsDoesNotStopTheOthers) {
  greet();
  auto stalled = ask();
  take(head(1, {{":status", "200"}}));
  const std::string piece(16 << 10, 'x');
  for (int i = 0; i < 8; ++i) take(h2_frame(data, 0, 1, piece));
  std::size_t total = 0;
  for (int round = 0; round < 100; ++round) {  // far beyond the connection's window
    auto stream = ask();
    const int id = 3 + 2 * round;
    ASSERT_TRUE(take(head(id, {{":status", "200"}})));
    for (int i = 0; i < 8; ++i) ASSERT_TRUE(take(h2_frame(data, i == 7 ? end_stream : 0, id, piece)));
    total += read_all(*stream).size();
    EXPECT_EQ(stream->end(), StreamEnd::complete);
    sent();
  }
  EXPECT_EQ(total, 100u * Http2Stream::window);
  EXPECT_EQ(stalled->end(), StreamEnd::open);
}

TEST_F(Http2ClientTest, ABodyThatNobodyWantsGivesItsWindowBack) {
  greet();
  const std::string piece(16 << 10, 'x');
  for (int round = 0; round < 100; ++round) {
    const int id = 1 + 2 * round;
    auto stream = ask();
    take(head(id, {{":status", "200"}}));
    stream.reset();
    EXPECT_EQ(code_of(sent(), rst_stream), "8");
    for (int i = 0; i < 8; ++i) ASSERT_TRUE(take(h2_frame(data, 0, id, piece)));
  }
}

TEST_F(Http2ClientTest, AWholeBodyNeedsNoEndAndIsNotReset) {
  greet();
  auto whole = ask(), part = ask();
  take(head(1, {{":status", "200"}, {"content-length", "4"}}) + h2_frame(data, 0, 1, "body") +
       head(3, {{":status", "200"}, {"content-length", "5"}}) + h2_frame(data, 0, 3, "body"));
  EXPECT_TRUE(whole->has_whole_body());
  EXPECT_FALSE(part->has_whole_body());
  whole.reset();
  EXPECT_EQ(code_of(sent(), rst_stream), "none");
  part.reset();
  EXPECT_EQ(code_of(sent(), rst_stream), "8");
  EXPECT_TRUE(take(h2_frame(data, end_stream, 1, "")));
}

TEST_F(Http2ClientTest, AStreamWhoseEndIsLateTakesAPlaceUntilItEnds) {
  greet();
  take(settings_of(3, 2));
  auto first = ask(), second = ask();
  for (const int id : {1, 3}) take(head(id, {{":status", "200"}, {"content-length", "4"}}) + h2_frame(data, 0, id, "body"));
  first.reset();
  second.reset();
  EXPECT_EQ(late, 2);
  EXPECT_EQ(client.streams(), 0u);
  EXPECT_EQ(client.room(), 0u) << "the upstream counts both";
  EXPECT_TRUE(take(h2_frame(data, end_stream, 1, "")));
  EXPECT_EQ(client.room(), 1u);
}

TEST_F(Http2ClientTest, AStreamWhoseEndNeverComesIsResetInTime) {
  greet();
  take(settings_of(3, 1));
  auto whole = ask();
  take(head(1, {{":status", "200"}, {"content-length", "4"}}) + h2_frame(data, 0, 1, "body"));
  whole.reset();
  EXPECT_TRUE(client.reset_late_streams()) << "it has yet to have its time";
  EXPECT_EQ(code_of(sent(), rst_stream), "none");
  EXPECT_FALSE(client.reset_late_streams());
  EXPECT_EQ(client.room(), 1u);
  auto next = ask();  // behind the reset
  EXPECT_TRUE(take(head(3, {{":status", "204"}}, true)));
  EXPECT_TRUE(next->has_head());
}

TEST_F(Http2ClientTest, SendsABodyAsFarAsTheWindowAllows) {
  greet();
  auto stream = std::make_unique<Http2Stream>(reactor, buffers, http::Method::post, 4096);
  const std::string body(100000, 'b');
  stream->send(body, true);
  const http::Field fields[] = {{":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}};
  ASSERT_TRUE(client.submit(*stream, fields, true));
  std::size_t size = 0;
  for (const Frame& frame : sent()) size += frame.type == data ? frame.payload.size() : 0;
  EXPECT_EQ(size, 65535u);
  EXPECT_FALSE(stream->request_complete());
  take(h2_frame(window_update, 0, 0, number(100000)) + h2_frame(window_update, 0, 1, number(100000)));
  bool ends = false;
  for (const Frame& frame : sent()) {
    size += frame.type == data ? frame.payload.size() : 0;
    ends = ends || (frame.type == data && (frame.flags & end_stream) != 0);
  }
  EXPECT_EQ(size, body.size());
  EXPECT_TRUE(ends);
  EXPECT_TRUE(stream->request_complete());
}

TEST_F(Http2ClientTest, SendsTrailersBehindTheBody) {
  greet();
  auto stream = ask(http::Method::post, true);
  http::FieldList fields;
  fields.add({"x-sum", "42", http::FieldId::other});
  fields.add({"connection", "close", http::FieldId::connection});
  stream->set_request_trailers(fields);
  stream->send("body", true);
  const auto frames = sent();
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[0].type, data);
  EXPECT_EQ(frames[0].flags & end_stream, 0);
  EXPECT_EQ(frames[1].type, headers);
  EXPECT_EQ(frames[1].flags & end_stream, end_stream);
  EXPECT_TRUE(stream->request_complete());
}

// ---- ends -----------------------------------------------------------------------------------------------------------

TEST_F(Http2ClientTest, StreamsAboveTheLastOneOfAGoawayWereNotProcessed) {  // threat T22
  greet();
  auto first = ask(), second = ask();
  take(h2_frame(goaway, 0, 0, number(1) + number(0)));
  sent();
  EXPECT_EQ(second->end(), StreamEnd::refused);
  EXPECT_EQ(first->end(), StreamEnd::open);
  EXPECT_TRUE(client.is_going_away());
  EXPECT_EQ(client.room(), 0u);
  take(head(1, {{":status", "200"}}, true));
  EXPECT_EQ(first->end(), StreamEnd::complete);
}

TEST_F(Http2ClientTest, ARefusedStreamWasNotProcessedAndAResetOneMayHaveBeen) {
  greet();
  auto refused = ask(), reset = ask();
  take(h2_frame(rst_stream, 0, 1, number(7)) + h2_frame(rst_stream, 0, 3, number(2)));
  EXPECT_EQ(refused->end(), StreamEnd::refused);
  EXPECT_EQ(reset->end(), StreamEnd::reset);
  EXPECT_EQ(reset->error_code(), 2u);
}

TEST_F(Http2ClientTest, ACutBodyIsNoEnd) {
  greet();
  auto stream = ask();
  take(head(1, {{":status", "200"}}) + h2_frame(data, 0, 1, "half"));
  client.lose_streams();
  EXPECT_EQ(stream->end(), StreamEnd::lost);
  EXPECT_EQ(read_all(*stream), "half");
  std::array<char, 8> more;
  EXPECT_EQ(stream->read(more).status, net::IoStatus::failed);
}

TEST_F(Http2ClientTest, AResetBehindAWholeResponseChangesNothing) {
  greet();
  auto stream = ask(http::Method::post, true);
  take(head(1, {{":status", "200"}}, true) + h2_frame(rst_stream, 0, 1, number(0)));
  EXPECT_EQ(stream->end(), StreamEnd::complete);
}

// ---- floods ---------------------------------------------------------------------------------------------------------

TEST_F(Http2ClientTest, EndsAFloodOfFramesThatCarryNothing) {
  const std::pair<const char*, std::string> floods[] = {
      {"PING", h2_frame(ping, 0, 0, std::string(8, 'p'))},
      {"SETTINGS", h2_settings},
      {"empty DATA", h2_frame(data, 0, 1, "")},
      {"PRIORITY", h2_frame(2, 0, 1, std::string(5, '\0'))},
      {"WINDOW_UPDATE", h2_frame(window_update, 0, 0, number(1))},
      {"an unknown type", h2_frame(200, 0, 0, "x")},
      {"RST_STREAM", h2_frame(rst_stream, 0, 1, number(8))},
  };
  for (const auto& [name, frame] : floods) {
    Http2Client other(*this, now);
    Http2Stream stream(reactor, buffers, http::Method::get, 4096);
    const http::Field fields[] = {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}};
    other.submit(stream, fields, false);
    std::string out;
    other.write(out, ~std::size_t{0});
    bool is_good = other.take(h2_settings + head(1, {{":status", "200"}}), now);
    int taken = 0;
    for (; is_good && taken < 20000; ++taken) {
      is_good = other.take(frame, now);
      other.write(out, ~std::size_t{0});
    }
    EXPECT_FALSE(is_good) << name;
    EXPECT_GT(taken, 900) << name;
    EXPECT_NE(other.error(), "") << name;
  }
}

TEST_F(Http2ClientTest, PingsOfALongLifeAreNoFlood) {
  greet();
  for (int i = 0; i < 5000; ++i) {
    now += std::chrono::seconds(1);
    ASSERT_TRUE(take(h2_frame(ping, 0, 0, std::string(8, 'p')))) << i;
    sent();
  }
}

TEST_F(Http2ClientTest, WindowsThatAnUploadNeedsAreNoFlood) {
  greet();
  auto stream = ask(http::Method::post, true);
  const std::string piece(16 << 10, 'b');
  for (int i = 0; i < 4000; ++i) {
    stream->send(piece, false);
    sent();
    ASSERT_TRUE(take(h2_frame(window_update, 0, 0, number(16 << 10)) + h2_frame(window_update, 0, 1, number(16 << 10)))) << i;
  }
}

TEST_F(Http2ClientTest, EndsAHeaderBlockWithoutEnd) {
  greet();
  auto stream = ask();
  bool is_good = take(h2_frame(headers, 0, 1, block({{":status", "200"}})));
  std::size_t bytes = 0;
  for (; is_good && bytes < (8u << 20); bytes += 9) is_good = take(h2_frame(continuation, 0, 1, ""));
  EXPECT_FALSE(is_good);
  EXPECT_LT(bytes, 512u << 10);
}

TEST_F(Http2ClientTest, RefusesAPush) {
  greet();
  auto stream = ask();
  const bool is_good = take(h2_frame(5, end_headers, 1, number(2) + block({{":method", "GET"}})));
  EXPECT_TRUE(!is_good || code_of(sent(), goaway) != "none");
}

TEST_F(Http2ClientTest, RefusesWhatIsNoHttp2) {
  EXPECT_FALSE(take("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n") && client.is_ready());
  EXPECT_FALSE(client.is_ready());
}

}  // namespace
}  // namespace drishti::upstream
