#include "server/http_get.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/support/fake_upstream.hpp"

namespace drishti::server {
namespace {

using testing::Action;
using testing::Actions;
using testing::FakeUpstream;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

FakeUpstream::Script sends(std::string bytes) {
  return [bytes](const testing::UpstreamRequest&) { return Actions{Action::send(bytes), Action::close()}; };
}

std::string error_of(const std::string& url, std::chrono::milliseconds limit = 5s) {
  try {
    http_get(url, limit);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(HttpGet, ReturnsTheBody) {
  FakeUpstream server(sends("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"a\":1}"));
  EXPECT_EQ(http_get("http://" + server.address() + "/scaling"), "{\"a\":1}");
}

TEST(HttpGet, TellsWhatIsWrongWithTheAnswer) {
  FakeUpstream missing(sends("HTTP/1.1 404 Not Found\r\n\r\n"));
  EXPECT_EQ(error_of("http://" + missing.address()), "the answer is 404 Not Found");
  FakeUpstream other(sends("SSH-2.0\r\n\r\n"));
  EXPECT_EQ(error_of("http://" + other.address()), "the answer is no HTTP");
  FakeUpstream cut(sends("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(error_of("http://" + cut.address()), "the answer is no HTTP");
  FakeUpstream endless(sends("HTTP/1.1 200 OK\r\n\r\n" + std::string(2 << 20, 'x')));
  EXPECT_EQ(error_of("http://" + endless.address()), "the answer is too long");
}

TEST(HttpGet, DoesNotWaitForEver) {
  FakeUpstream silent([](const testing::UpstreamRequest&) { return Actions{Action::read_to_close()}; });
  EXPECT_EQ(error_of("http://" + silent.address(), 200ms), "no answer in time");
}

TEST(HttpGet, TellsThatNobodyListens) {
  FakeUpstream gone(sends(""));
  const std::string address = gone.address();
  gone.kill();
  EXPECT_THAT(error_of("http://" + address), HasSubstr("failed (111: Connection refused)"));
}

TEST(HttpGet, RefusesOtherUrls) {
  for (const char* url : {"", "https://a/", "127.0.0.1", "http://", "http://:80/", "http://a:/", "http://u@h/", "http://a/\r\nX: y"})
    EXPECT_NE(error_of(url), "") << url;
}

}  // namespace
}  // namespace drishti::server
