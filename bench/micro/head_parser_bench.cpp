// What one head, one normalised target and one chunk cost. Prints nanoseconds an operation; with a case name and a
// count as arguments it runs only that, for `valgrind --tool=callgrind --toggle-collect='measured*'`.

#include <boost/beast/http/basic_parser.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "http/body_decoder.hpp"
#include "http/head_parser.hpp"
#include "http/uri.hpp"

using namespace drishti::http;

namespace {

constexpr std::string_view small_request =
    "GET /api/items?id=42 HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: wrk/4.1\r\nAccept: */*\r\n"
    "Accept-Encoding: gzip\r\nConnection: keep-alive\r\n\r\n";

constexpr std::string_view browser_request =
    "GET /articles/2024/06/how-to-read?ref=home HTTP/1.1\r\nHost: www.example.org\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\nConnection: keep-alive\r\n"
    "Cookie: session=0123456789abcdef; theme=dark\r\nUpgrade-Insecure-Requests: 1\r\n\r\n";

constexpr std::string_view response =
    "HTTP/1.1 200 OK\r\nServer: example\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
    "Content-Type: text/html; charset=utf-8\r\nContent-Length: 1234\r\nConnection: keep-alive\r\n"
    "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: \"5d8c72a5edda8\"\r\nCache-Control: max-age=60\r\n"
    "Accept-Ranges: bytes\r\nVary: Accept-Encoding\r\n\r\n";

std::uint64_t sink = 0;  // keeps the results alive

}  // namespace

// External linkage, so that callgrind can be told to count inside them only.
__attribute__((noinline)) void measured_request(std::string_view text, RequestParser& parser, RequestHead& head) {
  parser.start({}, head);
  if (parser.parse(text) != ParseState::done) std::abort();
  sink += head.fields.size();
}

__attribute__((noinline)) void measured_response(std::string_view text, ResponseParser& parser, ResponseHead& head) {
  parser.start({}, Method::get, head);
  if (parser.parse(text) != ParseState::done) std::abort();
  sink += head.fields.size();
}

/// Boost.Beast's basic_parser with callbacks that keep nothing, for comparison.
__attribute__((noinline)) void measured_beast(std::string_view text) {
  struct Counter : boost::beast::http::basic_parser<true> {
    using string_view = boost::beast::string_view;
    using error_code = boost::beast::error_code;
    std::uint64_t fields = 0;
    void on_request_impl(boost::beast::http::verb, string_view, string_view, int, error_code&) override {}
    void on_response_impl(int, string_view, int, error_code&) override {}
    void on_field_impl(boost::beast::http::field, string_view, string_view, error_code&) override { ++fields; }
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(string_view body, error_code&) override { return body.size(); }
    void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override { return body.size(); }
    void on_finish_impl(error_code&) override {}
  } parser;
  boost::beast::error_code error;
  parser.put(boost::asio::buffer(text.data(), text.size()), error);
  if (error || !parser.is_header_done()) std::abort();
  sink += parser.fields;
}

__attribute__((noinline)) void measured_target(std::string_view target, char* scratch) {
  NormalizedTarget out;
  if (normalize_target(target, true, scratch, out) != UriError::none) std::abort();
  sink += out.path.size();
}

__attribute__((noinline)) void measured_chunks(std::string_view body, BodyDecoder& decoder) {
  decoder.start({BodyKind::chunked, 0});
  while (!decoder.done()) {
    const BodyDecoder::Step step = decoder.decode(body);
    if (step.consumed == 0) std::abort();
    body.remove_prefix(step.consumed);
    sink += step.data.size();
  }
}

namespace {

std::string chunked_body(int chunks, std::size_t size) {
  std::string text;
  char head[18];
  for (int i = 0; i < chunks; ++i) {
    text.append(head, write_chunk_head(head, size));
    text += std::string(size, 'x') + "\r\n";
  }
  return text + "0\r\n\r\n";
}

template <typename Operation>
void run(std::string_view name, std::string_view wanted, long count, Operation operation) {
  if (!wanted.empty() && wanted != name) return;
  operation();
  const auto begin = std::chrono::steady_clock::now();
  for (long i = 0; i < count; ++i) operation();
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - begin;
  std::printf("%-18s %8.1f ns\n", std::string(name).c_str(), taken.count() / static_cast<double>(count));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view wanted = argc > 1 ? argv[1] : "";
  const long count = argc > 2 ? std::atol(argv[2]) : 2'000'000;
  RequestParser request_parser;
  RequestHead request_head;
  ResponseParser response_parser;
  ResponseHead response_head;
  BodyDecoder decoder;
  std::vector<char> scratch(4096);
  const std::string ten_chunks = chunked_body(10, 4096);
  run("small_request", wanted, count, [&] { measured_request(small_request, request_parser, request_head); });
  run("browser_request", wanted, count, [&] { measured_request(browser_request, request_parser, request_head); });
  run("response", wanted, count, [&] { measured_response(response, response_parser, response_head); });
  run("beast_small", wanted, count, [&] { measured_beast(small_request); });
  run("beast_browser", wanted, count, [&] { measured_beast(browser_request); });
  run("plain_target", wanted, count,
      [&] { measured_target("/articles/2024/06/how-to-read?ref=home", scratch.data()); });
  run("escaped_target", wanted, count,
      [&] { measured_target("/articles/../2024/%30%36//how-to-read?ref=home", scratch.data()); });
  run("ten_chunks", wanted, count, [&] { measured_chunks(ten_chunks, decoder); });
  std::printf("sizes: small_request %zu, browser_request %zu, response %zu bytes\n", small_request.size(),
              browser_request.size(), response.size());
  return sink == 0 ? 1 : 0;
}
