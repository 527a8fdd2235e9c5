#pragma once
// The threat catalogue (S: framing of requests, H: heads of requests, R: responses of upstreams, P: paths) as a table.
// An entry has probes; a probe is bytes that a client sends, what an upstream does, and what must come of it.

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/fake_upstream.hpp"
#include "tests/support/proxy_under_test.hpp"
#include "tests/support/raw_client.hpp"

namespace drishti::testing::catalogue {

/// What happened, for rules that the table's columns cannot say.
struct Observation {
  std::vector<RawResponse> responses;
  std::string leftover;                   ///< bytes behind the last response
  bool closed = false;                    ///< by the proxy, with FIN or RST
  bool was_reset = false;
  std::vector<UpstreamRequest> requests;  ///< that the upstreams received, without the request that checks the pool
  std::string upstream_raw;               ///< all their bytes
  milliseconds took{0};
};

using Statuses = std::set<int>;

struct Probe {
  /// What the client sends behind the input: a request that must never be answered nor forwarded; an ordinary last
  /// request with `Connection: close` that must be answered; or nothing.
  enum class Then { smuggled, last, nothing };

  std::string words;
  std::string input;
  Then then = Then::smuggled;
  std::vector<Statuses> statuses;         ///< one set a response, in order; without that of the last request
  std::vector<std::string> forwarded;     ///< request lines that the upstream must see, in order, and no others
  std::vector<std::string> has, lacks;    ///< in what the upstream receives (lacks: in any case)
  FakeUpstream::Script script;            ///< instead of echoing; not for the last and the checking request
  FakeUpstream::AskAt ask_at = FakeUpstream::AskAt::request;
  int port = 1;
  bool echoes = false;                    ///< each forwarded request's own echo must come back
  bool checks_forwarded = true;
  bool pools = true;                      ///< false: the upstream connection of the first request is used no more
  bool may_stay_open = false;             ///< Then::nothing: the proxy need not close
  std::function<void(RawClient&, FakeUpstream&)> drive;  ///< instead of sending `input`
  std::function<std::string(const Observation&)> check;  ///< what is wrong, or empty
  std::string logs;                       ///< what the error log must say

  Probe&& on_port(int number) && { port = number; return std::move(*this); }
  Probe&& with(std::string text) && { has.push_back(std::move(text)); return std::move(*this); }
  Probe&& without(std::string text) && { lacks.push_back(std::move(text)); return std::move(*this); }
  Probe&& driven(std::function<void(RawClient&, FakeUpstream&)> f) && { drive = std::move(f); return std::move(*this); }
  Probe&& checked(std::function<std::string(const Observation&)> f) && { check = std::move(f); return std::move(*this); }
  Probe&& logging(std::string text) && { logs = std::move(text); return std::move(*this); }
  Probe&& answering(std::vector<Statuses> s) && { statuses = std::move(s); return std::move(*this); }
  Probe&& seeing(std::vector<std::string> lines) && { forwarded = std::move(lines); return std::move(*this); }
  Probe&& followed_by(Then t) && { then = t; return std::move(*this); }
};

/// Refused with one of these statuses (0: closed without an answer); the connection closes, a request behind it is not
/// answered, the upstream receives nothing.
Probe refused(std::string words, std::string input, Statuses statuses = {400});
/// Forwarded as these request lines, each answered with its own echo, and so is the request behind it.
Probe passed(std::string words, std::string input, std::vector<std::string> forwarded);
/// Answered by the proxy itself with this status; the connection lives on for the request behind it.
Probe answered(std::string words, std::string input, Statuses statuses);
/// A GET of /r to which the upstream sends these bytes (and stays open, or closes) and the client gets this status.
Probe upstream_sends(std::string words, std::string bytes, Statuses statuses, bool then_closes = false);

struct Entry {
  std::string id;
  std::string words;
  std::vector<Probe> probes;
  std::string later;  ///< the test that has it, or why it belongs to a later issue; then it has no probes
};

std::vector<Entry> framing_entries();       // S01 .. S20
std::vector<Entry> body_entries();          // S21 .. S42
std::vector<Entry> head_entries();          // H01 .. H30
std::vector<Entry> response_entries();      // R01 .. R23
std::vector<Entry> path_entries();          // P01 .. P13

// ---- requests ----
std::string get(const std::string& target, const std::string& fields = {});
/// POST /x with these fields and what follows them.
std::string post(const std::string& fields, const std::string& body, const std::string& target = "/x");
std::string chunked_post(const std::string& body, const std::string& target = "/x");
/// Never answered, never forwarded.
extern const std::string smuggled_request;
/// With its NUL bytes.
template <std::size_t n>
std::string bytes(const char (&text)[n]) {
  return std::string(text, n - 1);
}
std::string repeat(const std::string& text, std::size_t times);

// ---- the ports of the proxy under test ----
constexpr int usual = 1;     ///< everything the catalogue needs, ordinary limits
constexpr int hurried = 2;   ///< timeouts of 150 ms, keepalive_requests 50
constexpr int looping = 3;   ///< proxies to itself
constexpr int two_peers = 4; ///< two peers, invalid_header is retried

/// Why this is not a message that a proxy may send to an upstream; empty when it is canonical.
std::string not_canonical(const UpstreamRequest& request);
/// What the upstream answers unless a probe scripts it.
Actions echo(const UpstreamRequest& request);

/// The proxy, its upstreams, and one probe after the other.
class Bench {
 public:
  Bench();
  /// What is wrong, or empty.
  std::string run(const Probe& probe);

 private:
  std::string config() const;
  Observation observe(const Probe& probe);
  void read_responses(const Probe& probe, RawClient& client, Observation& seen);
  bool was_logged(const Probe& probe, std::uintmax_t log_begin) const;
  std::string check_pool(const Probe& probe, const Observation& seen);
  std::string check_next_client(const Probe& probe, const Observation& seen, const std::string& path);

  FakeUpstream first_, second_;
  ProxyUnderTest proxy_;
  int runs_ = 0;
};

}  // namespace drishti::testing::catalogue
