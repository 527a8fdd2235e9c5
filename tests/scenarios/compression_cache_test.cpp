// Stored responses and compression: what was compressed for one client is there for the next.

#include <gtest/gtest.h>

#include "tests/compress/decoders.hpp"
#include "tests/scenarios/cache.hpp"
#include "tests/support/patience.hpp"

namespace drishti::testing {
namespace {

using compress::testing::gunzip;
using compress::testing::some_text;
using compress::testing::unbrotli;

const std::string compressed = "gzip on; brotli on; gzip_types text/plain; brotli_types text/plain; proxy_cache_purge on;";
const std::string plain_text = "Content-Type: text/plain\r\n";
const std::string gzip = "Accept-Encoding: gzip\r\n";

FakeUpstream::Script answers_text(const std::string& body, const std::string& fields = "Cache-Control: max-age=60\r\n") {
  return [=](const UpstreamRequest&) { return Actions{Action::send(ok_response(body, plain_text + "ETag: \"abc\"\r\n" + fields))}; };
}

/// A body that was coded before has a length; one that is coded on its way has none.
bool was_coded_before(const RawResponse& response) { return response.field("Content-Length") == std::to_string(response.body.size()); }

TEST(CompressedCache, TheSecondHitWithACodingCostsNoCompression) {
  for (const std::size_t size : {2'000u, 60'000u, 1'000'000u}) {
    const std::string body = some_text(size);
    FakeUpstream upstream(answers_text(body));
    ProxyUnderTest proxy(cache_config(upstream, compressed));
    const RawResponse miss = get(proxy, "/", gzip), first = get(proxy, "/", gzip), second = get(proxy, "/", gzip);
    EXPECT_EQ(miss.field("X-Cache") + first.field("X-Cache") + second.field("X-Cache"), "MISSHITHIT");
    EXPECT_FALSE(was_coded_before(miss) || was_coded_before(first)) << size;
    EXPECT_TRUE(was_coded_before(second)) << size;
    for (const RawResponse* response : {&miss, &first, &second}) {
      EXPECT_EQ(response->field("Content-Encoding"), "gzip");
      EXPECT_EQ(response->field("ETag"), "W/\"abc\"");
      EXPECT_EQ(response->field("Vary"), "Accept-Encoding");
      EXPECT_TRUE(response->complete && gunzip(response->body) == body) << size;
    }
    // Another coding, and none, are as before.
    EXPECT_FALSE(was_coded_before(get(proxy, "/", "Accept-Encoding: br\r\n")));
    const RawResponse brotli = get(proxy, "/", "Accept-Encoding: br\r\n");
    EXPECT_TRUE(was_coded_before(brotli) && unbrotli(brotli.body) == body);
    EXPECT_TRUE(was_coded_before(get(proxy, "/", gzip))) << "both stand beside each other";
    const RawResponse plain = get(proxy, "/");
    EXPECT_TRUE(plain.body == body);
    EXPECT_EQ(plain.field("ETag"), "\"abc\"");
    EXPECT_EQ(upstream.requests().size(), 1u);
  }
}

TEST(CompressedCache, HeadConditionsAndRangesOfWhatIsCoded) {
  const std::string body = some_text(5000);
  FakeUpstream upstream(answers_text(body));
  ProxyUnderTest proxy(cache_config(upstream, compressed));
  get(proxy, "/", gzip);
  get(proxy, "/", gzip);
  const RawResponse coded = get(proxy, "/", gzip);
  ASSERT_TRUE(was_coded_before(coded));
  const RawResponse head = ask(proxy, request_text("HEAD", "/", gzip), true);
  EXPECT_EQ(head.field("Content-Length"), coded.field("Content-Length"));
  EXPECT_EQ(head.field("Content-Encoding"), "gzip");
  const RawResponse same = get(proxy, "/", gzip + "If-None-Match: W/\"abc\"\r\n");
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.field("ETag"), "W/\"abc\"");
  const RawResponse range = get(proxy, "/", gzip + "Range: bytes=10-19\r\n");
  EXPECT_EQ(range.status, 206);
  EXPECT_EQ(range.body, body.substr(10, 10));
  EXPECT_FALSE(range.has_field("Content-Encoding"));
}

TEST(CompressedCache, APurgeTakesTheCodedBodyToo) {
  auto number = std::make_shared<std::atomic<int>>(0);
  FakeUpstream upstream([=](const UpstreamRequest&) {
    return Actions{Action::send(ok_response(std::to_string(++*number) + some_text(2000), plain_text + "Cache-Control: max-age=60\r\n"))};
  });
  ProxyUnderTest proxy(cache_config(upstream, compressed));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(gunzip(get(proxy, "/", gzip).body).front(), '1');
  EXPECT_EQ(ask(proxy, request_text("PURGE", "/")).status, 200);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(gunzip(get(proxy, "/", gzip).body).front(), '2');
}

TEST(CompressedCache, AValidatedResponseKeepsItAndANewOneDoesNot) {
  auto number = std::make_shared<std::atomic<int>>(0);
  FakeUpstream upstream([=](const UpstreamRequest& request) {
    const bool is_conditional = request.head.find("If-None-Match: \"v1\"") != std::string::npos;
    const int turn = ++*number;
    if (is_conditional && turn < 6) return Actions{Action::send("HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\nCache-Control: max-age=0\r\n\r\n")};
    return Actions{Action::send(ok_response((turn == 1 ? "old " : "new ") + some_text(2000),
                                            plain_text + (turn == 1 ? "ETag: \"v1\"\r\n" : "ETag: \"v2\"\r\n") + "Cache-Control: max-age=0\r\n"))};
  });
  ProxyUnderTest proxy(cache_config(upstream, compressed));
  EXPECT_EQ(get(proxy, "/", gzip).field("X-Cache"), "MISS");
  RawResponse validated;
  for (int i = 0; i < 3; ++i) {
    validated = get(proxy, "/", gzip);
    EXPECT_EQ(validated.field("X-Cache"), "REVALIDATED");
    EXPECT_TRUE(gunzip(validated.body).starts_with("old "));
  }
  EXPECT_TRUE(was_coded_before(validated)) << "the body is the same, and so is its coded form";
  for (RawResponse response = get(proxy, "/", gzip);; response = get(proxy, "/", gzip)) {
    if (response.field("X-Cache") == "REVALIDATED" && gunzip(response.body).starts_with("old ")) continue;
    EXPECT_FALSE(was_coded_before(response));
    EXPECT_TRUE(gunzip(response.body).starts_with("new "));
    break;
  }
}

TEST(CompressedCache, WhoWaitsForAnothersFetchGetsItCompressedToo) {
  const auto go_on = std::make_shared<Event>();
  const std::string body = some_text(300'000);
  FakeUpstream upstream([=](const UpstreamRequest&) {
    return Actions{Action::send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nCache-Control: max-age=60\r\n" + plain_text + "\r\n" +
                                "186a0\r\n" + body.substr(0, 100'000) + "\r\n"),
                   Action::wait(go_on), Action::send("30d40\r\n" + body.substr(100'000) + "\r\n0\r\n\r\n")};
  });
  ProxyUnderTest proxy(cache_config(upstream, compressed));
  RawClient first(proxy.port()), second(proxy.port());
  ASSERT_TRUE(first.send(request_text("GET", "/", gzip)) && first.read_some(patience));
  ASSERT_TRUE(second.send(request_text("GET", "/", gzip)) && second.read_some(patience));
  // What is there of the body reaches the second before there is more.
  const auto decoded = [&] {
    std::string bytes = second.unread();
    const auto partial = take_response(bytes, true);
    return partial ? gunzip(partial->body) : std::string();
  };
  for (int i = 0; i < 50 && decoded().size() < 100'000; ++i) second.read_some(milliseconds(200));
  EXPECT_GE(decoded().size(), 100'000u);
  go_on->set();
  for (RawClient* client : {&first, &second}) {
    const auto response = client->read_response();
    ASSERT_TRUE(response && response->complete);
    EXPECT_TRUE(gunzip(response->body) == body);
  }
  EXPECT_EQ(upstream.requests().size(), 1u);
}

}  // namespace
}  // namespace drishti::testing
