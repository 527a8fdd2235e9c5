// R01 to R23: an upstream is not trusted either.

#include <thread>

#include "compress/coder_pool.hpp"
#include "tests/compress/decoders.hpp"
#include "tests/scenarios/catalogue.hpp"

namespace drishti::testing::catalogue {

namespace {

using AskAt = FakeUpstream::AskAt;

const std::string get_r = "GET /r HTTP/1.1";
const std::string ok = "HTTP/1.1 200 OK\r\n";
const std::string smuggled_response = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";

std::vector<Probe> refused_responses(const std::vector<std::string>& responses) {
  std::vector<Probe> probes;
  for (const std::string& response : responses) probes.push_back(upstream_sends("[" + response.substr(0, 70) + "]", response, {502}));
  return probes;
}

std::string first_body(const Observation& seen, const std::string& expected) {
  return seen.responses.at(0).body == expected ? "" : "the body is [" + seen.responses[0].body.substr(0, 200) + "]";
}

std::function<std::string(const Observation&)> has_body(std::string expected) {
  return [expected](const Observation& seen) { return first_body(seen, expected); };
}

std::vector<Probe> bodies_that_may_not_be() {
  std::vector<Probe> probes;
  for (std::string status : {"204 No Content", "304 Not Modified"})
    for (std::string fields : {"", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"})
      probes.push_back(upstream_sends(status + " " + fields, "HTTP/1.1 " + status + "\r\n" + fields + "\r\n" + smuggled_response, {status == "204 No Content" ? 204 : 304})
                           .checked(has_body("")));
  Probe head = upstream_sends("HEAD", ok + "Content-Length: 100\r\n\r\n" + smuggled_response, {200}).checked(has_body(""));
  head.input = "HEAD /r HTTP/1.1\r\nHost: a.test\r\n\r\n";
  head.forwarded = {"HEAD /r HTTP/1.1"};
  probes.push_back(head);
  probes.push_back(upstream_sends("103", "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nhello" + smuggled_response, {502}));
  Probe reused = upstream_sends("a HEAD without a body keeps its connection", ok + "Content-Length: 100\r\n\r\n", {200});
  reused.input = head.input;
  reused.forwarded = head.forwarded;
  reused.pools = true;
  probes.push_back(reused);
  return probes;
}

std::vector<Probe> bad_lengths() {
  std::vector<std::string> responses{ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"};
  for (std::string value : {"", "+5", "-5", "0x5", "5 5", "5,6", "five", "5.0", "18446744073709551621", "9223372036854775808"})
    responses.push_back(ok + "Content-Length: " + value + "\r\n\r\nhello");
  return refused_responses(responses);
}

std::vector<Probe> splitting() {
  std::string rest = "Content-Length: 0\r\n\r\n";
  std::vector<std::string> responses;
  for (std::string bad : {bytes("\0"), std::string("\r"), std::string("\n"), std::string("\x01"), std::string("\x7f"), std::string("\v")}) {
    responses.push_back(ok + "X: a" + bad + "b\r\n" + rest);
    responses.push_back("HTTP/1.1 200 O" + bad + "K\r\n" + rest);
    responses.push_back("HTTP/1.1 302 Found\r\nLocation: /a" + bad + "Set-Cookie: x\r\n" + rest);
  }
  for (std::string line : {"X : y", ": y", " X: y", "X", "X\r\n y: z", "X\x80: y", "X Y: z"}) responses.push_back(ok + line + "\r\n" + rest);
  return refused_responses(responses);
}

std::vector<Probe> large_heads() {
  const char* log = "upstream sent too big header";
  return {upstream_sends("8 KiB value", ok + "X: " + repeat("v", 8192) + "\r\nContent-Length: 0\r\n\r\n", {502}).logging(log),
          upstream_sends("1,000 fields", ok + repeat("X-Field: value\r\n", 1000) + "Content-Length: 0\r\n\r\n", {502}).logging(log),
          upstream_sends("1 MiB Set-Cookie", ok + "Set-Cookie: a=" + repeat("b", 1 << 20) + "\r\nContent-Length: 0\r\n\r\n", {502}).logging(log),
          upstream_sends("endless reason", "HTTP/1.1 200 " + repeat("x", 20000) + "\r\n\r\n", {502})};
}

std::vector<Probe> interim_floods() {
  std::vector<Probe> probes;
  for (std::string status : {"100 Continue", "102 Processing", "103 Early Hints"})
    probes.push_back(upstream_sends("1,000 times " + status, repeat("HTTP/1.1 " + status + "\r\n\r\n", 1000) + ok + "Content-Length: 2\r\n\r\nok", {502}));
  Probe few = upstream_sends("three", repeat("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", 3) + ok + "Content-Length: 2\r\n\r\nok", {200}).checked(has_body("ok"));
  few.pools = true;
  Probe endless = upstream_sends("one now and then: the time runs on", "", {504}).on_port(hurried);
  endless.script = [](const UpstreamRequest&) { return Actions{Action::send(repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 2)), Action::read_to_close()}; };
  return {probes[0], probes[1], probes[2], few, endless};
}

std::vector<Probe> status_lines() {
  std::vector<std::string> responses;
  for (std::string line : {"HTTP/1.1 99 X", "HTTP/1.1 1000 X", "HTTP/1.1 abc X", "HTTP/1.1 20 OK", "HTTP/1.1 2000", "HTTP/1.1  200 OK", "HTTP/1.1\t200 OK", "HTTP/1.1 -20 X",
                           "HTTP/1.1 0 X", "HTTP/1.1 000 X", "HTTP/1.1 999 X", "HTTP/1.1 200OK", "HTTP/1.1", "HTTP/2.0 200 OK", "HTTP/11 200 OK", "http/1.1 200 OK"})
    responses.push_back(line + "\r\nContent-Length: 0\r\n\r\n");
  std::vector<Probe> probes = refused_responses(responses);
  for (std::string line : {"HTTP/1.1 200", "HTTP/1.1 200 "}) {
    Probe probe = upstream_sends("missing reason [" + line + "]", line + "\r\nContent-Length: 2\r\n\r\nok", {200}).checked(has_body("ok"));
    probe.pools = true;
    probes.push_back(probe);
  }
  return probes;
}

std::vector<Probe> garbage() {
  std::vector<Probe> probes = refused_responses({"SSH-2.0-OpenSSH_9.2p1\r\n", bytes("\x15\x03\x03\x00\x02\x02\x28"), "<html>hello</html>", bytes("\0\0\0\0"), "\r\n\r\n",
                                                 "220 mail ESMTP\r\n", "-ERR unknown command\r\n", repeat("x", 100000), "ICY 200 OK\r\n\r\n", "hello\r\n" + smuggled_response});
  Probe once = upstream_sends("a POST is not repeated", "SSH-2.0-x\r\n", {502}, true).on_port(two_peers);
  once.input = post("Content-Length: 5\r\n", "hello", "/r");
  once.forwarded = {"POST /r HTTP/1.1"};
  once.then = Probe::Then::smuggled;
  once.input.insert(once.input.find("\r\n\r\n"), "\r\nConnection: close");
  Probe twice = upstream_sends("a GET is", "SSH-2.0-x\r\n", {502}, true).on_port(two_peers);
  twice.input = get("/r", "Connection: close\r\n");
  twice.forwarded = {get_r, get_r};
  twice.then = Probe::Then::smuggled;
  probes.push_back(once);
  probes.push_back(twice);
  return probes;
}

/// Every pooled connection ends when it is used again; new ones answer.
FakeUpstream::Script dies_when_reused() {
  return [](const UpstreamRequest& request) { return request.number > 1 ? Actions{Action::close()} : echo(request); };
}

std::vector<Probe> keepalive_races() {
  Probe repeated = passed("a GET is repeated", get("/r"), {get_r});
  repeated.script = dies_when_reused();
  repeated.forwarded = {get_r};
  repeated.checks_forwarded = false;
  repeated.check = [](const Observation& seen) {
    std::size_t arrived = 0;
    for (const UpstreamRequest& request : seen.requests) arrived += request.path() == "/r" ? 1 : 0;
    return arrived == 2 ? "" : "it arrived " + std::to_string(arrived) + " times";
  };
  Probe post_once = refused("a POST is not, once it was sent", post("Content-Length: 5\r\nConnection: close\r\n", "hello", "/r"), {502}).seeing({"POST /r HTTP/1.1"});
  post_once.script = dies_when_reused();
  return {repeated, post_once};
}

/// The client must see that the answer is not whole.
Probe cut(std::string words, Actions actions, bool must_reset = false) {
  Probe probe = refused(std::move(words), get("/r"), {200}).seeing({get_r});
  probe.pools = false;
  probe.script = [actions](const UpstreamRequest&) { return actions; };
  probe.check = [must_reset](const Observation& seen) {
    if (must_reset) return seen.was_reset ? "" : std::string("the cut answer ended like a whole one");
    return seen.responses.at(0).complete ? std::string("the cut answer looks complete") : "";
  };
  return probe;
}

std::vector<Probe> cut_responses() {
  std::string length = ok + "Content-Length: 10\r\n\r\nhello", chunks = ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
  std::vector<Probe> probes;
  for (Action end : {Action::close(), Action::reset()}) {
    std::string how = end.kind == Action::Kind::close ? "FIN" : "RST";
    probes.push_back(cut(how + " inside a Content-Length", {Action::send(length), end}));
    probes.push_back(cut(how + " between chunks", {Action::send(chunks), end}));
    probes.push_back(cut(how + " inside a chunk", {Action::send(chunks + "5\r\nhe"), end}));
    probes.push_back(cut(how + " before the last CRLF", {Action::send(chunks + "0\r\n"), end}));
  }
  auto begun = std::make_shared<Event>();
  probes.push_back(cut("malformed chunk", {Action::send(chunks), Action::wait(begun), Action::send("zz\r\n"), Action::read_to_close()})
                       .driven([begun](RawClient& client, FakeUpstream&) {
                         client.send(get("/r"));
                         while (client.unread().find("hello") == std::string::npos && client.read_some(patience)) continue;
                         begun->set();
                       }));
  probes.push_back(upstream_sends("malformed chunk before the answer has begun", ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", {502}));
  probes.push_back(cut("silence inside a body", {Action::send(length), Action::read_to_close()}).on_port(hurried));
  Probe whole = upstream_sends("FIN is the end of a body without length", ok + "\r\nhello", {200}, true).checked(has_body("hello"));
  probes.push_back(whole);
  return probes;
}

/// The upstream answers the head and reads nothing of the body until the client has its answer.
Probe answered_early(std::string words, std::string target, std::size_t announced, std::size_t sent) {
  auto done = std::make_shared<Event>();
  Probe probe = refused(std::move(words), "", {200}).followed_by(Probe::Then::nothing).checked(has_body("early"));
  probe.script = [done](const UpstreamRequest&) {
    return Actions{Action::send(ok + "Content-Length: 5\r\n\r\nearly"), Action::wait(done), Action::close()};
  };
  probe.ask_at = AskAt::head;
  probe.checks_forwarded = probe.pools = false;
  probe.drive = [done, target, announced, sent](RawClient& client, FakeUpstream&) {
    client.send_until_answered(post("Connection: close\r\nContent-Length: " + std::to_string(announced) + "\r\n", repeat("x", sent), target));
    while (client.unread().find("early") == std::string::npos && client.read_some(patience)) continue;
    client.shutdown_write();
    done->set();
  };
  return probe;
}

/// 103 before the body: the upload goes on.
Probe early_hints(std::string target, std::size_t size) {
  Probe probe = passed("an interim response comes early, " + target, post("Content-Length: " + std::to_string(size) + "\r\n", repeat("x", size), target), {"POST " + target + " HTTP/1.1"});
  probe.echoes = probe.checks_forwarded = false;
  probe.ask_at = AskAt::head;
  probe.script = [](const UpstreamRequest&) {
    return Actions{Action::send("HTTP/1.1 103 Early Hints\r\n\r\n"), Action::read_body(), Action::send(ok_response("whole"))};
  };
  return std::move(probe).checked(has_body("whole"));
}

std::vector<Probe> early_responses() {
  constexpr std::size_t large = 24 << 20;
  auto whole = [](const Observation& seen) {
    return seen.responses.at(0).body.size() == large + std::string("POST /large/unbuffered ").size() ? "" : std::string("the body did not arrive whole");
  };
  return {early_hints("/large", large), early_hints("/large/unbuffered", large), early_hints("/x", 10),
          answered_early("a buffered body", "/large", large, large),
          answered_early("a streamed body", "/large/unbuffered", large, large),
          answered_early("a streamed body that the client holds back", "/large/unbuffered", large, 10),
          passed("without an early answer a large body arrives", post("Content-Length: " + std::to_string(large) + "\r\n", repeat("x", large), "/large/unbuffered"),
                 {"POST /large/unbuffered HTTP/1.1"}).checked(whole)};
}

std::vector<Probe> slow_responses() {
  Probe dribbled_head = upstream_sends("head byte by byte", "", {504}).on_port(hurried);
  dribbled_head.script = [](const UpstreamRequest&) { return Actions{Action::send("HTTP/1.1 200"), Action::dribble(" OK", milliseconds(400)), Action::close()}; };
  Probe dribbled_body = cut("body byte by byte", {Action::send(ok + "Content-Length: 10\r\n\r\n"), Action::dribble("abc", milliseconds(400)), Action::close()}).on_port(hurried);
  return {dribbled_head, dribbled_body};
}

std::vector<Probe> endless_streams() {
  auto received = std::make_shared<Event>();
  Probe events = refused("events arrive one by one", "", {200}).followed_by(Probe::Then::nothing).seeing({get_r});
  events.script = [received](const UpstreamRequest&) {
    return Actions{Action::send(ok + "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n"), Action::wait(received),
                   Action::send("9\r\ndata: 2\n\n\r\n0\r\n\r\n")};
  };
  events.drive = [received](RawClient& client, FakeUpstream&) {
    client.send(get("/r", "Connection: close\r\n"));
    while (client.unread().find("data: 1") == std::string::npos && client.read_some(patience)) continue;
    if (client.unread().find("data: 1") != std::string::npos) received->set();
  };
  return {std::move(events).checked([](const Observation& seen) { return seen.responses.at(0).complete ? "" : std::string("the stream did not arrive"); })};
}

std::vector<Probe> slow_clients() {
  constexpr std::size_t size = 64 << 20;
  auto ahead = std::make_shared<std::uint64_t>(0);
  Probe probe = refused("64 MiB to a client that does not read", "", {200}).followed_by(Probe::Then::nothing).seeing({"GET /bounded HTTP/1.1"});
  probe.script = [](const UpstreamRequest&) {
    return Actions{Action::send(ok + "Content-Length: " + std::to_string(size) + "\r\n\r\n"), Action::send(repeat("x", size))};
  };
  probe.drive = [ahead](RawClient& client, FakeUpstream& upstream) {
    std::uint64_t before = upstream.bytes_sent();
    client.send(get("/bounded", "Connection: close\r\n"));
    // With the temporary file at its limit the upstream gets no further: what was sent stays the same for 100 ms.
    std::uint64_t last = 0;
    do {
      last = upstream.bytes_sent();
      std::this_thread::sleep_for(milliseconds(100));
    } while (upstream.bytes_sent() != last || last == before);
    *ahead = upstream.bytes_sent() - before;
  };
  probe.check = [ahead](const Observation& seen) {
    if (*ahead > size / 2) return "the proxy took " + std::to_string(*ahead) + " bytes that the client did not";
    return seen.responses.at(0).body == repeat("x", size) ? "" : std::string("the body arrived damaged");
  };
  return {probe};
}

std::vector<Probe> listed_by_connection() {
  std::string fields = "X-Hop: secret\r\nSet-Cookie: a=b\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nTrailer: X\r\nUpgrade: foo\r\n";
  Probe probe = upstream_sends("names go, end-to-end fields stay", ok + "Connection: X-Hop, Set-Cookie, Content-Length, Cache-Control\r\nCache-Control: private\r\n" + fields + "Content-Length: 2\r\n\r\nok", {200});
  probe.pools = true;
  probe.check = [](const Observation& seen) {
    const RawResponse& response = seen.responses.at(0);
    if (response.field("Set-Cookie") != "a=b" || response.field("Cache-Control") != "private") return std::string("an end-to-end field was removed");
    for (const char* name : {"X-Hop", "Proxy-Connection", "Trailer", "Upgrade"})
      if (response.has_field(name)) return std::string("hop-by-hop field ") + name;
    return first_body(seen, "ok");
  };
  return {probe};
}

// ---- R18, R19: the location of /coded/ has gzip and gunzip on ----

std::string gzipped(const std::string& text) {
  compress::CoderPool pool;
  return compress::testing::run(*pool.gzip(6), text).value();
}

Probe coded(std::string words, const std::string& fields, const std::string& body, const std::string& asked = {}) {
  Probe probe = upstream_sends(std::move(words), ok + fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body, {200});
  probe.input = get("/coded/", asked);
  probe.forwarded = {"GET /coded/ HTTP/1.1"};
  probe.pools = true;  // the upstream's own message is whole
  return probe;
}

std::vector<Probe> compressed_bombs() {
  const std::string zip = "Content-Encoding: gzip\r\n";
  const auto is_cut = [](const Observation& seen) {
    if (seen.responses.empty()) return std::string();
    if (seen.responses[0].complete) return std::string("it was decompressed");
    const std::size_t got = seen.responses[0].body.size();
    return got < (8u << 20) ? std::string() : "the client got " + std::to_string(got) + " bytes";
  };
  std::vector<Probe> probes;
  const auto add = [&](std::string words, const std::string& body, std::string log) {
    Probe probe = coded(std::move(words), zip, body).checked(is_cut).logging(std::move(log)).followed_by(Probe::Then::nothing);
    probe.statuses = {{0, 200}};
    probes.push_back(std::move(probe));
  };
  add("by ratio", gzipped(std::string(30 << 20, 'x')), "the body grew by more than gunzip_max_ratio");
  add("in members", repeat(gzipped(std::string(1 << 20, 'x')), 30), "the body grew by more than gunzip_max_ratio");
  probes.push_back(coded("one megabyte harms nobody", zip, gzipped(std::string(1 << 20, 'x'))).checked(has_body(std::string(1 << 20, 'x'))));
  probes.push_back(coded("who takes gzip gets it as it is", zip, gzipped("small"), "Accept-Encoding: gzip\r\n").checked(has_body(gzipped("small"))));
  return probes;
}

std::vector<Probe> codings() {
  const std::string html = "Content-Type: text/html\r\n", asked = "Accept-Encoding: gzip\r\n";
  const std::string body = repeat("<p>", 200);
  const auto has_coding = [](std::string coding) {
    return [coding](const Observation& seen) {
      const RawResponse& response = seen.responses.at(0);
      if (response.field("Content-Encoding") != coding) return "Content-Encoding is [" + response.field("Content-Encoding") + "]";
      return coding == "gzip" || response.body == repeat("<p>", 200) ? std::string() : std::string("the body was changed");
    };
  };
  std::vector<Probe> probes{
      coded("identity of a listed type", html, body, asked).checked([body](const Observation& seen) {
        return compress::testing::gunzip(seen.responses.at(0).body) == body ? "" : std::string("the body is another");
      }),
      coded("never twice", html + "Content-Encoding: gzip\r\n", gzipped(body), asked).checked([body](const Observation& seen) {
        return compress::testing::gunzip(seen.responses.at(0).body) == body ? "" : std::string("the body is another");
      }),
      coded("another coding", html + "Content-Encoding: br\r\n", body, asked).checked(has_coding("br")),
      coded("unknown type", "Content-Type: image/png\r\n", body, asked).checked(has_coding("")),
      coded("no type", "", body, asked).checked(has_coding("")),
      coded("no-transform", html + "Cache-Control: no-transform\r\n", body, asked).checked(has_coding("")),
      coded("a weak tag", html + "ETag: \"a\"\r\n", body, asked).checked([](const Observation& seen) {
        return seen.responses.at(0).field("ETag") == "W/\"a\"" ? "" : "ETag " + seen.responses.at(0).field("ETag");
      })};
  Probe no_gzip = coded("says gzip and is none", "Content-Encoding: gzip\r\n", body).followed_by(Probe::Then::nothing).logging("this is no gzip");
  no_gzip.statuses = {{0, 200}};
  no_gzip.check = [](const Observation& seen) {
    return seen.responses.empty() || !seen.responses[0].complete ? "" : std::string("it looks whole");
  };
  probes.push_back(std::move(no_gzip));
  return probes;
}

}  // namespace

std::vector<Entry> response_entries() {
  std::string chunks = "5\r\nhello\r\n0\r\n\r\n";
  return {
      {"R01", "body where none may be", bodies_that_may_not_be(), {}},
      {"R02", "Content-Length and Transfer-Encoding",
       refused_responses({ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, ok + "Transfer-Encoding: chunked\r\nContent-Length: 15\r\n\r\n" + chunks}), {}},
      {"R03", "invalid Content-Length", bad_lengths(), {}},
      {"R04", "unknown Transfer-Encoding, chunked not last",
       refused_responses({ok + "Transfer-Encoding: gzip\r\n\r\nhello", ok + "Transfer-Encoding: chunked, gzip\r\n\r\n" + chunks, ok + "Transfer-Encoding: xchunked\r\n\r\n" + chunks,
                          ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, ok + "Transfer-Encoding: ,chunked\r\n\r\n" + chunks, ok + "Transfer-Encoding:\r\n\r\n" + chunks,
                          "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks}), {}},
      {"R05", "controls and line ends in the head", splitting(), {}},
      {"R06", "large heads", large_heads(), {}},
      {"R07", "endless interim responses", interim_floods(), {}},
      {"R08", "101 that nobody asked for (in HTTP/2: UpstreamHttp2.ABadHeadIsA502)",
       {upstream_sends("101", "HTTP/1.1 101 Switching Protocols\r\n\r\nevil", {502}).followed_by(Probe::Then::smuggled)}, {}},
      {"R09", "status lines", status_lines(), {}},
      {"R10", "no HTTP at all", garbage(), {}},
      {"R11", "FIN before any byte on a reused connection", keepalive_races(), {}},
      {"R12", "the answer is cut", cut_responses(), {}},
      {"R13", "answer before the request was sent", early_responses(), {}},
      {"R14", "more bytes than Content-Length",
       {upstream_sends("garbage behind", ok + "Content-Length: 5\r\n\r\nhelloEVIL", {200}).checked(has_body("hello")),
        upstream_sends("a response behind", ok + "Content-Length: 5\r\n\r\nhello" + smuggled_response, {200}).checked(has_body("hello")),
        upstream_sends("behind the last chunk", ok + "Transfer-Encoding: chunked\r\n\r\n" + chunks + smuggled_response, {200}).checked(has_body("hello")),
        upstream_sends("behind length 0", ok + "Content-Length: 0\r\n\r\n" + smuggled_response, {200}).checked(has_body(""))}, {}},
      {"R15", "a byte now and then", slow_responses(), {}},
       {"R16", "plaintext before the TLS handshake", {}, "UpstreamTls.PlaintextInPlaceOfAHandshakeIsNoResponse"},
       {"R17", "upstream certificate", {}, "UpstreamTls.Refuses*"},
       {"R18", "compressed bomb", compressed_bombs(), {}},
       {"R19", "Content-Encoding mismatch, compression of what is compressed", codings(), {}},
      {"R20", "stream without end", endless_streams(), {}},
      {"R21", "slow client, fast upstream", slow_clients(), {}},
      {"R22", "Connection: close in the response",
       {upstream_sends("close", ok + "Connection: close\r\nContent-Length: 2\r\n\r\nok", {200}).checked(has_body("ok")),
        upstream_sends("in a list", ok + "Connection: x, Close\r\nContent-Length: 2\r\n\r\nok", {200}).checked(has_body("ok")),
        upstream_sends("HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", {200}).checked(has_body("ok"))}, {}},
      {"R23", "names listed in Connection", listed_by_connection(), {}},
  };
}

}  // namespace drishti::testing::catalogue
