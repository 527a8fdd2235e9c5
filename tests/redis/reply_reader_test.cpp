// Replies as Redis sends them, and as an attacker would.

#include "cache/redis/reply_reader.hpp"

#include <gtest/gtest.h>

#include "cache/redis/command.hpp"

namespace drishti::cache::redis {
namespace {

using State = ReplyReader::State;

TEST(ReplyReader, ReadsEveryKindInWhateverPieces) {
  const std::string bytes = "+OK\r\n-ERR no\r\n:-42\r\n$5\r\na\r\nb\r\r\n$-1\r\n*3\r\n:1\r\n*1\r\n$1\r\nx\r\n$-1\r\n*0\r\n*-1\r\n";
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    ReplyReader reader;
    std::vector<Reply> replies;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      reader.feed(std::string_view(bytes).substr(at, step));
      for (Reply reply; reader.next(reply) == State::complete;) replies.push_back(std::move(reply));
    }
    ASSERT_EQ(replies.size(), 8u) << reader.error();
    EXPECT_TRUE(replies[0].is_ok());
    EXPECT_TRUE(replies[1].is(Reply::Type::error));
    EXPECT_EQ(replies[1].text, "ERR no");
    EXPECT_EQ(replies[2].integer, -42);
    EXPECT_EQ(replies[3].text, "a\r\nb\r");
    EXPECT_TRUE(replies[4].is(Reply::Type::nil));
    ASSERT_EQ(replies[5].elements.size(), 3u);
    EXPECT_EQ(replies[5].elements[1].elements.at(0).text, "x");
    EXPECT_TRUE(replies[6].is(Reply::Type::array));
    EXPECT_TRUE(replies[7].is(Reply::Type::nil));
  }
}

TEST(ReplyReader, RefusesWhatIsNoReplyOrTooMuch) {
  std::string many = "*100\r\n";
  for (int i = 0; i < 100; ++i) many += "$60\r\n" + std::string(60, 'x') + "\r\n";
  const std::string cases[] = {
      "HTTP/1.1 400 Bad Request\r\n", "$-2\r\n", "$99999999999999999999\r\n", ":12x\r\n", "*2147483648\r\n",
      "*9999999\r\n",                                  // more elements than allowed, announced
      "*1000\r\n" + std::string("*1000\r\n"),          // the same, in two arrays
      "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
      "$536870912\r\n" + std::string(5000, 'x'),       // a bulk of more bytes than allowed
      "+" + std::string(5000, 'x'),                    // a line without an end
      many.substr(0, 5000)};                           // many small ones
  for (const std::string& bytes : cases) {
    ReplyReader reader({.bytes = 4096, .elements = 1500});
    Reply reply;
    State state = State::incomplete;
    for (std::size_t at = 0; at < bytes.size() && state == State::incomplete; at += 64) {
      reader.feed(std::string_view(bytes).substr(at, 64));
      state = reader.next(reply);
    }
    EXPECT_EQ(state, State::broken) << bytes.substr(0, 40);
    EXPECT_FALSE(reader.error().empty());
    reader.feed("+OK\r\n");
    EXPECT_EQ(reader.next(reply), State::broken) << "it stays broken";
  }
}

TEST(ReplyReader, CountsItsLimitsForEachReplyAnew) {
  ReplyReader reader({.bytes = 64, .elements = 2});
  Reply reply;
  for (int i = 0; i < 100; ++i) {
    reader.feed("*2\r\n:1\r\n:2\r\n");
    ASSERT_EQ(reader.next(reply), State::complete);
    ASSERT_EQ(reply.elements.size(), 2u);
  }
}

TEST(Command, IsAnArrayOfCountedStrings) {
  EXPECT_EQ(command("SET", std::string("k\r\n"), Decimal(0)), "*3\r\n$3\r\nSET\r\n$3\r\nk\r\n\r\n$1\r\n0\r\n");
}

}  // namespace
}  // namespace drishti::cache::redis
