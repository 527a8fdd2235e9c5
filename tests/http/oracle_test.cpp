// Independent opinions: Boost.Beast on heads, Boost.URL on paths. Inputs are made from a fixed seed.

#include <gtest/gtest.h>

#include <boost/url/src.hpp>
#include <random>

#include "http/uri.hpp"
#include "tests/support/beast_oracle.hpp"
#include "tests/support/http_heads.hpp"
#include "tests/support/oracle_compare.hpp"

namespace drishti::http::testing {
namespace {

/// Random heads: pieces that are mostly right, now and then a byte that is not.
class HeadMaker {
 public:
  explicit HeadMaker(unsigned seed) : random_(seed) {}

  std::string request() {
    std::string head = pick({"GET", "POST", "HEAD", "PUT", "FOO", "OPTIONS"}) + " " +
                       pick({"/", "/a/b?c=d", "http://host/x", "http://host", "*", "/%41;x", "//"}) + " " +
                       pick({"HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0"}) + "\r\n" +
                       pick({"Host: host\r\n", "Host: host:80\r\n"});
    return spoil(head + fields());
  }
  std::string response() {
    return spoil(pick({"HTTP/1.1", "HTTP/1.0"}) + " " +
                 pick({"200 OK", "404 Not Found", "204 ", "301 \xc3\xa4", "304 x y"}) + "\r\n" + fields());
  }
  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }

 private:
  std::string pick(std::initializer_list<const char*> choices) { return *(choices.begin() + below(choices.size())); }

  std::string fields() {
    std::string text;
    for (std::size_t i = below(6); i > 0; --i) {
      text += pick({"Accept", "X-Long-Unknown-Name", "Content-Length", "Transfer-Encoding", "Connection", "Cookie",
                    "Expect", "X.y"});
      text += pick({": ", ":", ":\t "});
      text += pick({"", "chunked", "5", "close", "keep-alive, upgrade", "a=b; c=d", "100-continue", "x\ty", "\xe4"});
      text += pick({"\r\n", " \r\n"});
    }
    return text + "\r\n";
  }
  std::string spoil(std::string text) {
    if (below(3) != 0) return text;
    const std::size_t at = below(text.size());
    constexpr char bytes[] = {'\0', '\t', '\n', '\r', ' ', ':', '#', '@', ',', '\x7f', '\x80', 'x'};
    if (below(2) == 0)
      text[at] = bytes[below(sizeof bytes)];
    else
      text.insert(at, 1, bytes[below(sizeof bytes)]);
    return text;
  }

  std::mt19937 random_;
};

/// A head as parsed, with the buffer it views.
template <typename Parser, typename Head>
struct Ours {
  explicit Ours(std::string text) : input(std::move(text)) {
    HeadLimits limits;
    limits.ignore_invalid = false;
    start(parser, limits, head, Method::get);
    accepted = parser.parse(input) == ParseState::done;
  }
  std::string input;
  Head head;
  Parser parser;
  bool accepted;
};

TEST(Oracle, BeastAcceptsEveryRequestHeadThatWeAccept) {
  HeadMaker make(20240601);
  int accepted = 0, refused = 0;
  for (int i = 0; i < 20000; ++i) {
    const Ours<RequestParser, RequestHead> ours(make.request());
    (ours.accepted ? accepted : refused) += 1;
    if (!ours.accepted || has_odd_connection(ours.head.fields)) continue;
    SCOPED_TRACE(ours.input);
    std::string why;
    const auto theirs = ask_beast<true>({ours.input.data(), ours.parser.head_size()}, why);
    ASSERT_TRUE(theirs) << why;
    EXPECT_EQ(ours.head.method_text, theirs->method);
    EXPECT_EQ(ours.head.version, theirs->version);
    if (theirs->target.starts_with('/')) {
      EXPECT_EQ(ours.head.target, theirs->target);
    }
    EXPECT_TRUE(same_fields(ours.head.fields, *theirs));
  }
  EXPECT_GT(accepted, 2000);  // both sides of the fence were visited
  EXPECT_GT(refused, 2000);
}

TEST(Oracle, BeastAcceptsEveryResponseHeadThatWeAccept) {
  HeadMaker make(20240602);
  int accepted = 0, refused = 0;
  for (int i = 0; i < 20000; ++i) {
    const Ours<ResponseParser, ResponseHead> ours(make.response());
    (ours.accepted ? accepted : refused) += 1;
    if (!ours.accepted || has_odd_connection(ours.head.fields)) continue;
    SCOPED_TRACE(ours.input);
    std::string why;
    const auto theirs = ask_beast<false>({ours.input.data(), ours.parser.head_size()}, why);
    ASSERT_TRUE(theirs) << why;
    EXPECT_EQ(ours.head.status, theirs->status);
    EXPECT_EQ(ours.head.reason, theirs->reason);
    EXPECT_EQ(ours.head.version, theirs->version);
    EXPECT_TRUE(same_fields(ours.head.fields, *theirs));
  }
  EXPECT_GT(accepted, 2000);
  EXPECT_GT(refused, 2000);
}

TEST(Oracle, SplitsAndMovesMakeNoDifference) {
  HeadMaker make(20240603);
  for (int i = 0; i < 3000; ++i) {
    const std::string request = make.request(), response = make.response();
    SCOPED_TRACE(request + response);
    const auto step = [&] { return 1 + make.below(40); };
    ASSERT_EQ((parse_split<RequestParser, RequestHead>(request, step)).text, parse_request(request).text);
    ASSERT_EQ((parse_split<ResponseParser, ResponseHead>(response, step)).text, parse_response(response).text);
  }
}

/// What Boost.URL makes of a path: dot segments removed, then decoded.
std::string boost_path(const std::string& target) {
  boost::urls::url url(boost::urls::parse_origin_form(target).value());
  url.normalize_path();
  // By way of a copy: 1.81 decodes to the size from before the path was shortened, padded with NUL bytes.
  const std::string encoded(url.encoded_path().data(), url.encoded_path().size());
  return boost::urls::make_pct_string_view(encoded).value().decode();
}

TEST(Oracle, BoostUrlFindsTheSamePath) {
  std::mt19937 random(20240604);
  constexpr const char* segments[] = {"a",   ".",   "..", "%2e", "%2E%2e", "b%20c",
                                      "%41", "...", ".d", "%25", "e;f",    "%c3%a4"};
  int compared = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string target;
    for (unsigned n = random() % 6 + 1; n > 0; --n)
      target += "/" + std::string(segments[random() % std::size(segments)]);
    if (random() % 3 == 0) target += "/";
    std::string scratch(target.size(), '\0');
    NormalizedTarget ours;
    const UriError error = normalize_target(target, true, scratch.data(), ours);
    if (error == UriError::above_root) continue;  // Boost.URL keeps or drops the dots; we refuse
    ASSERT_EQ(error, UriError::none) << target;
    std::string path(ours.path);
    EXPECT_EQ(path, boost_path(target)) << target;
    ++compared;
  }
  EXPECT_GT(compared, 5000);
}

}  // namespace
}  // namespace drishti::http::testing
