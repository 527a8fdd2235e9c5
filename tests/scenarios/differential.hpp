#pragma once
// Debian's nginx and the proxy side by side with the same configuration: every request goes to both, and the answers
// must be the same but for what a case names as a deviation on purpose.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/fake_upstream.hpp"
#include "tests/support/http2_client.hpp"
#include "tests/support/proxy_under_test.hpp"

namespace drishti::testing {

/// One request to both. Without `deviation` the transcripts must be equal. With it (the reason; docs/DIFFERENCES.md
/// tells the user) they must differ and ours must contain `ours`, so that a deviation that has gone is noticed.
struct Exchange {
  std::string request;   ///< raw; "@portN@" stands for the N-th port of the side asked
  std::string answer{};  ///< raw, of the upstream; empty: the upstream answers with what it received
  std::string deviation{};
  std::string ours{};
  int responses = 1;  ///< read on this connection, for pipelined requests
  int port = 1;       ///< the N-th port
};

/// The same over HTTP/2, by prior knowledge, on a connection of its own.
struct Http2Exchange {
  Http2Fields fields;              ///< of the head, as they are sent
  std::string body{};
  bool ends_with_head = true;      ///< else by the last DATA frame
  std::string answer{};            ///< as in Exchange
  std::string deviation{};
  std::string ours{};
};

/// METHOD PATH of `:authority: a.test`.
Http2Exchange h2_send(const std::string& method, const std::string& path, const Http2Fields& more = {});
/// The same with a body.
Http2Exchange h2_post(const std::string& path, const std::string& body, const Http2Fields& more = {});
Http2Exchange h2_answered(const std::string& path, const std::string& answer);
Http2Exchange deviates(Http2Exchange exchange, const std::string& reason, const std::string& ours);

/// "GET TARGET HTTP/1.1" with Host a.test; `fields` are whole lines with \r\n.
Exchange get(const std::string& target, const std::string& fields = {}, const std::string& host = "a.test");
Exchange send(const std::string& method, const std::string& target, const std::string& fields = {},
              const std::string& body = {});
/// A GET of "/" that the upstream answers with these raw bytes.
Exchange answered(const std::string& target, const std::string& answer);
Exchange deviates(Exchange exchange, const std::string& reason, const std::string& ours);

/// Both servers and the upstream behind them. In the configuration (the inside of `http {}`): @echo@ is the address of
/// the upstream, @www@ a folder with files for both, @portN@ and @dir@ are each side's own.
class Duel {
 public:
  static bool possible();

  explicit Duel(const std::string& http);
  ~Duel();
  Duel(const Duel&) = delete;
  Duel& operator=(const Duel&) = delete;

  void compare(const Exchange& exchange);
  void compare(const Http2Exchange& exchange);
  /// Stops both and compares a log of each, line by line. Digits between two '#' count only as digits.
  void compare_log(const std::string& name);
  int pairs() const { return pairs_; }
  ProxyUnderTest& nginx() { return *nginx_; }
  ProxyUnderTest& ours() { return *ours_; }

 private:
  std::string transcript(ProxyUnderTest& side, const Exchange& exchange);
  std::string transcript(ProxyUnderTest& side, const Http2Exchange& exchange);
  template <class Any>
  void compare_any(const Any& exchange, const std::string& words);

  std::string www_;
  FakeUpstream upstream_;
  std::unique_ptr<ProxyUnderTest> nginx_;
  std::unique_ptr<ProxyUnderTest> ours_;
  int pairs_ = 0;
};

/// A whole test: both with this configuration, all exchanges, and a log if named. Skips where there is no nginx.
void compare(const std::string& http, const std::vector<Exchange>& exchanges, const std::string& log = {});
void compare_http2(const std::string& http, const std::vector<Http2Exchange>& exchanges, const std::string& log = {});

}  // namespace drishti::testing
