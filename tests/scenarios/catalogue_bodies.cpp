// S21 to S42: bodies, their chunks and trailers, what comes behind them.

#include "tests/scenarios/catalogue.hpp"

namespace drishti::testing::catalogue {

namespace {

const std::string post_x = "POST /x HTTP/1.1";
const std::string end_of_chunks = "0\r\n\r\n";

/// One probe for each body.
std::vector<Probe> refused_chunks(const std::vector<std::string>& bodies) {
  std::vector<Probe> probes;
  for (const std::string& body : bodies)
    probes.push_back(refused("body [" + body.substr(0, 60) + "]", chunked_post(body + end_of_chunks)));
  return probes;
}

/// Streamed to the upstream while it is read: what was begun there must never look complete.
Probe streamed_and_refused(std::string words, const std::string& body) {
  Probe probe = refused(std::move(words), chunked_post(body, "/unbuffered"));
  probe.checks_forwarded = false;
  probe.pools = false;
  probe.lacks = {"\r\n0\r\n\r\n"};
  return probe;
}

std::vector<Probe> too_large_bodies() {
  std::vector<Probe> probes;
  auto none_continued = [](const Observation& seen) {
    return seen.responses[0].interim.empty() ? "" : std::string("100 Continue was sent");
  };
  probes.push_back(refused("over the location's limit", post("Content-Length: 11\r\n", "", "/small"), {413}));
  probes.push_back(refused("over the default limit", post("Content-Length: 1048577\r\n", ""), {413}));
  probes.push_back(refused("with Expect", post("Content-Length: 11\r\nExpect: 100-continue\r\n", "", "/small"), {413, 417}).checked(none_continued));
  probes.push_back(refused("chunked", chunked_post("b\r\nhello world\r\n" + end_of_chunks, "/small"), {413}));
  probes.push_back(passed("exactly the limit", post("Content-Length: 10\r\n", "0123456789", "/small"), {"POST /small HTTP/1.1"}));
  return probes;
}

std::vector<Probe> overflowing_sizes() {
  std::vector<Probe> probes = refused_chunks({"FFFFFFFFFFFFFFFF0\r\nhello\r\n", "10000000000000005\r\nhello\r\n", "8000000000000000\r\nhello\r\n",
                                              "FFFFFFFFFFFFFFFF\r\nhello\r\n", repeat("0", 5000) + "5\r\nhello\r\n"});
  probes.push_back(passed("40 zeros", chunked_post(repeat("0", 40) + "5\r\nhello\r\n" + end_of_chunks), {post_x}).with("Content-Length: 5\r\n"));
  probes.push_back(streamed_and_refused("streamed", "5\r\nhello\r\nFFFFFFFFFFFFFFFFF\r\n"));
  return probes;
}

std::vector<Probe> extensions() {
  std::vector<Probe> probes = refused_chunks({"5;\r\nhello\r\n", bytes("5;\0a\r\nhello\r\n"), "5;a\nb\r\nhello\r\n", "5;a\nhello\r\n",
                                              "5;a=\"x\ny\"\r\nhello\r\n", "5;a=\"x\x01\"\r\nhello\r\n", "5;a=\"x\r\nhello\r\n", "5;=x\r\nhello\r\n",
                                              "5;a=\r\nhello\r\n", "5;a b\r\nhello\r\n", "5;a\x80\r\nhello\r\n", "5;a\r;b\r\nhello\r\n"});
  probes.push_back(passed("valid ones are dropped", chunked_post("5;name=value;q=\"a;b\"\r\nhello\r\n0;last\r\n\r\n"), {post_x})
                       .without(";name").without("q=").without("last\r\n"));
  Probe streamed = passed("and not streamed on", chunked_post("5;name=value\r\nhello\r\n0;final\r\n\r\n", "/unbuffered"), {"POST /unbuffered HTTP/1.1"});
  probes.push_back(std::move(streamed).with("5\r\nhello\r\n0\r\n\r\n").without(";name").without("final"));
  return probes;
}

std::vector<Probe> trailers() {
  std::vector<Probe> probes;
  for (std::string field : {"Content-Length: 100", "Transfer-Encoding: chunked", "Host: evil.test", "Authorization: Basic x", "Connection: X-Real-IP",
                            "X-Forwarded-For: 6.6.6.6", "X-Trailer: evil"}) {
    std::string body = "5\r\nhello\r\n0\r\n" + field + "\r\n\r\n";
    std::string value = field.substr(field.find(':') + 2);
    for (std::string target : {"/x", "/unbuffered"}) {
      Probe probe = passed(field + " to " + target, chunked_post(body, target), {"POST " + target + " HTTP/1.1"});
      if (value != "chunked" && value != "X-Real-IP") probe.lacks = {value};
      probes.push_back(std::move(probe));
    }
  }
  probes.push_back(passed("announced by Trailer", post("Transfer-Encoding: chunked\r\nTrailer: X-Trailer\r\n", "5\r\nhello\r\n0\r\nX-Trailer: evil\r\n\r\n"), {post_x})
                       .without("trailer"));
  return probes;
}

std::vector<Probe> bodies_of_bodyless_methods() {
  std::vector<Probe> probes;
  for (std::string method : {"GET", "HEAD", "OPTIONS", "DELETE"}) {
    std::string line = method + " /x HTTP/1.1";
    std::string start = line + "\r\nHost: a.test\r\n";
    probes.push_back(passed(method + " with Content-Length", start + "Content-Length: 5\r\n\r\nhello", {line}).with("Content-Length: 5\r\n"));
    probes.push_back(passed(method + " with chunks", start + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", {line}).with("hello"));
  }
  std::string hidden = smuggled_request;
  probes.push_back(passed("a request as body", get("/x", "Content-Length: " + std::to_string(hidden.size()) + "\r\n") + hidden, {"GET /x HTTP/1.1"}));
  return probes;
}

/// The proxy answers without an upstream; the body is a request that must not be taken for one.
std::vector<Probe> bodies_of_local_answers() {
  std::vector<Probe> probes;
  auto not_answered = [](const Observation& seen) {
    for (const RawResponse& response : seen.responses)
      if (response.body.find("smuggled") != std::string::npos) return std::string("the body was taken for a request");
    return std::string();
  };
  const std::pair<std::string, int> places[] = {{"/local", 200}, {"/redirect/x", 301}, {"/admin", 403}, {"/gone", 404}};
  for (const auto& [target, status] : places) {
    std::string hidden = smuggled_request;
    probes.push_back(answered(target, post("Content-Length: " + std::to_string(hidden.size()) + "\r\n", hidden, target), {status}).checked(not_answered));
    std::string large = repeat(smuggled_request, 5000);
    probes.push_back(refused(target + " with a large body", post("Content-Length: " + std::to_string(large.size()) + "\r\n", large, target), {status}));
    probes.push_back(refused(target + " chunked", chunked_post("26\r\n" + hidden + "\r\n", target), {status}));
  }
  probes.push_back(refused("413", post("Content-Length: 38\r\n", smuggled_request, "/small"), {413}));
  return probes;
}

std::vector<Probe> short_bodies() {
  Probe buffered = refused("buffered", post("Content-Length: 100\r\n", "only this"), {408}).on_port(hurried).followed_by(Probe::Then::nothing);
  Probe chunked = refused("chunked", chunked_post("64\r\nonly this"), {408}).on_port(hurried).followed_by(Probe::Then::nothing);
  Probe streamed = refused("streamed", post("Content-Length: 100\r\n", "only this", "/unbuffered"), {408}).on_port(hurried).followed_by(Probe::Then::nothing);
  streamed.checks_forwarded = streamed.pools = false;
  Probe left = refused("the client leaves", "", {0}).followed_by(Probe::Then::nothing)
      .driven([](RawClient& client, FakeUpstream&) {
        client.send(post("Content-Length: 100\r\n", "only this"));
        client.shutdown_write();
      });
  return {buffered, chunked, streamed, left};
}

std::string interim_count(const Observation& seen, std::size_t most) {
  std::size_t count = seen.responses.at(0).interim.size();
  return count > most ? std::to_string(count) + " interim responses" : "";
}

std::vector<Probe> expectations() {
  auto at_most_one = [](const Observation& seen) { return interim_count(seen, 1); };
  auto none = [](const Observation& seen) { return interim_count(seen, 0); };
  auto exactly_one = [](const Observation& seen) {
    return seen.responses.at(0).interim == std::vector<int>{100} ? "" : std::string("not one 100 Continue");
  };
  std::string expect = "Expect: 100-continue\r\n";
  Probe waits = passed("the client waits for it", "", {post_x}).checked(exactly_one)
      .driven([expect](RawClient& client, FakeUpstream&) {
        client.send(post(expect + "Content-Length: 5\r\n", ""));
        while (client.unread().find("\r\n\r\n") == std::string::npos && client.read_some(patience)) continue;
        client.send("hello");
      });
  return {
      waits,
      passed("body sent at once", post(expect + "Content-Length: 5\r\n", "hello"), {post_x}).checked(at_most_one),
      passed("chunked, body sent at once", post(expect + "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), {post_x}).checked(at_most_one),
      passed("length 0", post(expect + "Content-Length: 0\r\n", ""), {post_x}).checked(none),
      passed("GET", get("/x", expect), {"GET /x HTTP/1.1"}).checked(none),
      refused("HTTP/1.0", "POST /x HTTP/1.0\r\nHost: a.test\r\nContent-Length: 5\r\n" + expect + "\r\nhello", {200}).seeing({post_x}).checked(none),
      refused("twice", post(expect + expect + "Content-Length: 5\r\n", "hello"), {417, 400}),
      refused("obfuscated", post("Expect: y 100-continue\r\nContent-Length: 5\r\n", "hello"), {417, 400}),
      refused("unknown", post("Expect: 200-ok\r\nContent-Length: 5\r\n", "hello"), {417, 400}),
      refused("answered without the body", post(expect + "Content-Length: 5\r\n", "", "/local"), {200}).checked(none),
  };
}

std::vector<Probe> upgrades_not_granted() {
  std::string fields = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n";
  Probe denied = refused("the upstream answers 200", get("/ws", fields), {200}).seeing({"GET /ws HTTP/1.1"});
  std::string others = "Upgrade: foo\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n";
  Probe elsewhere = refused("a location that does not upgrade to it", get("/x", others), {200}).seeing({"GET /x HTTP/1.1"}).without("upgrade");
  Probe with_body = refused("with a body", post(fields + "Content-Length: 5\r\n", "hello", "/ws"), {200, 400}).seeing({"POST /ws HTTP/1.1"}).without("upgrade");
  Probe granted = refused("the upstream answers 101: a tunnel", get("/ws", fields), {101}).seeing({"GET /ws HTTP/1.1"}).followed_by(Probe::Then::nothing);
  granted.script = [](const UpstreamRequest&) {
    return Actions{Action::send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"), Action::close()};
  };
  return {denied, elsewhere, with_body, granted};
}

std::vector<Probe> h2c() {
  std::string fields = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n";
  std::vector<Probe> probes;
  for (std::string target : {"/x", "/ws"})
    probes.push_back(passed(target, get(target, fields), {"GET " + target + " HTTP/1.1"}).without("h2c").without("http2-settings").without("upgrade"));
  Probe listed = refused("behind another protocol", get("/ws", "Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n"), {200}).seeing({"GET /ws HTTP/1.1"}).without("h2c");
  probes.push_back(std::move(listed));
  return probes;
}

std::vector<Probe> switching_unasked() {
  std::string reply = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
  Probe plain = upstream_sends("to a GET", reply + "frames", {502});
  plain.then = Probe::Then::smuggled;
  return {plain};
}

std::vector<Probe> connects() {
  std::string head = "CONNECT b.test:443 HTTP/1.1\r\nHost: b.test:443\r\n";
  return {refused("authority-form", head + "\r\n", {405, 501}), refused("with Transfer-Encoding", head + "Transfer-Encoding: chunked\r\n\r\n" + end_of_chunks, {405, 501, 400}),
          refused("with Content-Length", head + "Content-Length: 5\r\n\r\nhello", {405, 501}), refused("origin-form", "CONNECT / HTTP/1.1\r\nHost: a.test\r\n\r\n", {405, 501, 400}),
          refused("absolute-form", "CONNECT http://b.test/ HTTP/1.1\r\nHost: b.test\r\n\r\n", {405, 501, 400})};
}

std::vector<Probe> bytes_behind_a_refusal() {
  std::string tls = bytes("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
  Probe upgrade = refused("upgrade answered 403 by the upstream", get("/ws", "Upgrade: websocket\r\nConnection: Upgrade\r\n") + "\x81\x85mask", {403}).seeing({"GET /ws HTTP/1.1"});
  upgrade.script = [](const UpstreamRequest&) { return Actions{Action::send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")}; };
  return {refused("CONNECT, then TLS", "CONNECT b.test:443 HTTP/1.1\r\nHost: b.test:443\r\n\r\n" + tls, {405, 501}), upgrade};
}

std::vector<Probe> pipelines() {
  auto numbered = [](int count) {
    std::pair<std::string, std::vector<std::string>> all;
    for (int i = 0; i < count; ++i) {
      all.first += get("/n" + std::to_string(i));
      all.second.push_back("GET /n" + std::to_string(i) + " HTTP/1.1");
    }
    return all;
  };
  auto [two, two_lines] = numbered(2);
  auto [hundred, hundred_lines] = numbered(100);
  auto [many, many_lines] = numbered(10000);
  std::vector<std::string> first_fifty(many_lines.begin(), many_lines.begin() + 50);
  Probe bounded = passed("10,000, of which keepalive_requests are answered", many, first_fifty).on_port(hurried).followed_by(Probe::Then::nothing);
  Probe bytewise = passed("byte by byte", "", two_lines).driven([text = two](RawClient& client, FakeUpstream&) { client.send_bytewise(text); });
  return {passed("2", two, two_lines), passed("100", hundred, hundred_lines), bounded, bytewise,
          passed("bodies between", post("Content-Length: 5\r\n", "hello", "/1") + get("/2") + chunked_post("5\r\nhello\r\n0\r\n\r\n", "/3") + get("/4"),
                 {"POST /1 HTTP/1.1", "GET /2 HTTP/1.1", "POST /3 HTTP/1.1", "GET /4 HTTP/1.1"})};
}

}  // namespace

std::vector<Entry> body_entries() {
  std::string small_chunks;
  for (int i = 0; i < 100; ++i) small_chunks += "1;a=" + repeat("x", 2000) + "\r\ny\r\n";
  return {
      {"S21", "Content-Length over client_max_body_size", too_large_bodies(), {}},
      {"S22", "malformed chunk size",
       refused_chunks({"0x5\r\nhello\r\n", "+5\r\nhello\r\n", "-5\r\nhello\r\n", " 5\r\nhello\r\n", "5 \r\nhello\r\n", "5_0\r\nhello\r\n", "\r\nhello\r\n", "G\r\nhello\r\n", "5\t\r\nhello\r\n",
                       "5,5\r\nhello\r\n", bytes("5\0\r\nhello\r\n")}), {}},
      {"S23", "chunk size that overflows", overflowing_sizes(), {}},
      {"S24", "chunk size line not ended by CRLF",
       refused_chunks({"5\nhello\r\n", "5\rhello\r\n", "5\r\r\nhello\r\n", "5\r\r;a\r\nhello\r\n", "5\n\r\nhello\r\n", "5 \nhello\r\n"}), {}},
      {"S25", "malformed chunk extensions", extensions(), {}},
      {"S26", "huge chunk extensions",
       {refused("64 KiB", chunked_post("5;a=" + repeat("x", 65536) + "\r\nhello\r\n" + end_of_chunks)),
        refused("2 KB for every byte", chunked_post(small_chunks + end_of_chunks)), streamed_and_refused("2 KB for every byte, streamed", small_chunks)}, {}},
      {"S27", "chunk data longer than said, or not ended by CRLF",
       refused_chunks({"5\r\nhello!\r\n", "5\r\nhello world\r\n", "5\r\nhello0\r\n\r\n", "5\r\nhello\n", "5\r\nhello\r", "5\r\nhell\r\n\r\n"}), {}},
      {"S28", "the last chunk",
       {refused("bare LF", chunked_post("5\r\nhello\r\n0\n\n")), refused("bare LF behind", chunked_post("5\r\nhello\r\n0\r\n\n")),
        refused("extra CRLF before", chunked_post("5\r\nhello\r\n\r\n0\r\n\r\n")), passed("zeros", chunked_post("5\r\nhello\r\n00000\r\n\r\n"), {post_x})}, {}},
      {"S29", "trailers", trailers(), {}},
      {"S30", "huge trailers",
       {refused("1 MiB in one", chunked_post("0\r\nX: " + repeat("y", 1 << 20) + "\r\n\r\n"), {400, 431}),
        refused("10,000 lines", chunked_post("0\r\n" + repeat("X: y\r\n", 10000) + "\r\n"), {400, 431})}, {}},
      {"S31", "trailer line ended by bare LF",
       {refused("one", chunked_post("0\r\nX: y\n\r\n")), refused("the last", chunked_post("0\r\nX: y\r\n\n")), refused("bare CR", chunked_post("0\r\nX: y\rz\r\n\r\n"))}, {}},
      {"S32", "GET, HEAD, OPTIONS and DELETE with a body", bodies_of_bodyless_methods(), {}},
      {"S33", "body of a request that is answered locally", bodies_of_local_answers(), {}},
      {"S34", "body shorter than announced", short_bodies(), {}},
      {"S35", "Expect", expectations(), {}},
      {"S36", "Upgrade with a second request behind it", upgrades_not_granted(), {}},
      {"S37", "h2c", h2c(), {}},
      {"S38", "101 that nobody asked for", switching_unasked(), {}},
      {"S39", "CONNECT", connects(), {}},
      {"S40", "bytes behind a refused CONNECT or upgrade", bytes_behind_a_refusal(), {}},
      {"S41", "empty lines before the request",
       {passed("one", "\r\n" + get("/x"), {"GET /x HTTP/1.1"}), passed("one before each", "\r\n" + get("/x") + "\r\n" + get("/y") + "\r\n", {"GET /x HTTP/1.1", "GET /y HTTP/1.1"}),
        refused("100", repeat("\r\n", 100) + get("/x"), {400}), refused("65535", repeat("\r\n", 65535) + get("/x"), {400}), refused("LF", "\n" + get("/x"), {400})}, {}},
      {"S42", "pipelines", pipelines(), {}},
  };
}

}  // namespace drishti::testing::catalogue
