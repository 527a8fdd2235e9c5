// The threat catalogue, T: what hostile clients of HTTP/2 send, frame by frame, and what must come of it. After each entry
// another client is served, and nothing hostile has reached the upstream.
#include <gtest/gtest.h>

#include <functional>

#include "tests/scenarios/scenario.hpp"
#include "tests/support/http2_client.hpp"
#include "tests/support/process_memory.hpp"

namespace drishti::testing {
namespace {

using std::string;

/// The proxy under attack.
struct Target {
  FakeUpstream upstream{[this](const UpstreamRequest& request) { return answer(request); }};
  ProxyUnderTest proxy{config()};

  string config() const {
    const string pass = "proxy_pass http://" + upstream.address() + "; proxy_http_version 1.1; proxy_set_header Connection \"\";";
    return http_config("http2 on; client_header_timeout 60s;\n"
                       "server { listen 127.0.0.1:@port@; location / { " + pass + " }\n"
                       "location = /metrics { metrics; access_log off; }\nlocation = /here { return 200 here; }\n"
                       "location = /shut { send_timeout 300ms; " + pass + " } }\n"
                       "server { listen 127.0.0.1:@port2@; keepalive_timeout 1s; client_header_timeout 1s;\n"
                       "location / { return 200 here; } }");
  }
  Actions answer(const UpstreamRequest& request) const {
    if (request.path() == "/wait") return {Action::read_to_close()};
    if (request.path() == "/big" || request.path() == "/shut")
      return {Action::send("HTTP/1.1 200 OK\r\nContent-Length: 8388608\r\n\r\n"), Action::send(string(64 << 10, 'x'), 128)};
    return {Action::send(ok_response(request.path()))};
  }
  std::uint64_t counted(const string& reason) const {
    const auto page = get(proxy.port(), "/metrics");
    const string line = "drishti_http2_floods_total{reason=\"" + reason + "\"} ";
    const auto at = page ? page->body.find(line) : string::npos;
    return at == string::npos ? 0 : std::stoull(page->body.substr(at + line.size()));
  }
};

using Attack = std::function<string(Target&)>;  // what is wrong, or empty

struct Entry {
  string id, words;
  std::vector<Attack> attacks;
  string elsewhere = {};  ///< where it is tested, when not here
};
void PrintTo(const Entry& entry, std::ostream* out) { *out << entry.words; }

// ---- what must come of it ----

string text(std::optional<std::uint32_t> code) { return code ? std::to_string(*code) : "none"; }

/// GOAWAY with this code, and the end.
string ended_with(Http2Client& client, std::uint32_t code) {
  const auto goaway = client.wait_for_goaway(std::chrono::seconds(30));  // of a busy machine
  if (goaway != std::optional<std::uint32_t>(code)) return "GOAWAY " + text(goaway) + " instead of " + std::to_string(code);
  return client.wait_for_close() ? "" : "the connection stays open";
}

/// ENHANCE_YOUR_CALM, counted for this reason.
string calmed(Target& target, Http2Client& client, const string& reason, std::uint64_t before) {
  if (string fault = ended_with(client, h2::enhance_your_calm); !fault.empty()) return fault;
  return target.counted(reason) > before ? "" : "not counted as " + reason;
}

string flooded(Target& target, const string& reason, const std::function<void(Http2Client&)>& attack,
               const string& settings = {}) {
  const std::uint64_t before = target.counted(reason);
  Http2Client client(target.proxy.port(), settings);
  if (!client.ping()) return "no HTTP/2";
  attack(client);
  return calmed(target, client, reason, before);
}

/// A request with these fields is answered 400 (or STATUS), or its stream is reset; the connection serves on.
Attack refused(const Http2Fields& fields, bool ends = true, const string& body = {}, int status = 400) {
  return [=](Target& target) -> string {
    target.upstream.forget();
    Http2Client client(target.proxy.port());
    const std::uint32_t stream = client.request_with(fields, ends);
    if (!body.empty()) client.send_data(stream, body, true);
    const Http2Answer answer = client.wait(stream);
    if (answer.status != status && !(answer.reset && *answer.reset == h2::protocol_error))
      return fields.back().first + ": status " + std::to_string(answer.status) + ", reset " + text(answer.reset);
    if (client.wait(client.request("/here")).body != "here") return "the connection does not serve on";
    for (const UpstreamRequest& request : target.upstream.requests())  // others may still be on their way
      if (request.path() != "/wait" && request.path() != "/big" && request.path() != "/shut") return "it reached the upstream";
    return "";
  };
}

Http2Fields get_fields(const Http2Fields& more = {}) {
  Http2Fields fields{{":method", "GET"}, {":scheme", "http"}, {":path", "/t"}, {":authority", "a.test"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

Http2Fields changed(const string& name, const string& value) {
  Http2Fields fields = get_fields();
  for (auto& field : fields)
    if (field.first == name) field.second = value;
  return fields;
}

Http2Fields without(const string& name, const Http2Fields& more = {}) {
  Http2Fields fields = get_fields(more);
  std::erase_if(fields, [&](const auto& field) { return field.first == name; });
  return fields;
}

/// These frames end the connection with this code.
Attack breaks(const string& frames, std::uint32_t code) {
  return [=](Target& target) -> string {
    Http2Client client(target.proxy.port());
    if (!client.ping()) return "no HTTP/2";
    client.send(frames);
    return ended_with(client, code);
  };
}

string repeat_frames(const string& frame, int times) {
  string all;
  for (int i = 0; i < times; ++i) all += frame;
  return all;
}

string request_block(const string& path = "/here") {
  return h2::block({{":method", "GET"}, {":scheme", "http"}, {":path", path}, {":authority", "a.test"}});
}

// ---- T01 .. T11 ----

string rapid_reset(Target& target) {
  target.upstream.forget();
  const string fault = flooded(target, "rapid_reset", [](Http2Client& client) {
    string all;
    for (std::uint32_t stream = 1; stream < 4000; stream += 2)
      all += h2::frame(h2::headers, 5, stream, request_block("/wait")) + h2::frame(h2::rst_stream, 0, stream, h2::number(8));
    client.send(all);
  });
  if (!fault.empty()) return fault;
  return target.upstream.requests().size() <= 300 ? "" : "the upstream had to do it all";
}

/// The client makes us reset: a window that overflows, again and again.
string made_you_reset(Target& target) {
  return flooded(target, "our_resets", [](Http2Client& client) {
    for (int i = 0; i < 2000 && !client.goaway() && !client.raw().closed(); ++i) {
      client.send_frame(h2::window_update, 0, client.request("/wait"), h2::number(0x7fffffff));
      if (i % 50 == 49) client.ping();
    }
  });
}

string continuation_flood(Target& target) {
  return flooded(target, "continuation", [](Http2Client& client) {
    client.send(h2::frame(h2::headers, 0, 1, request_block()) + repeat_frames(h2::frame(h2::continuation, 0, 1, ""), 100));
  });
}

/// One entry of the dynamic table, 4000 bytes, named by one byte each time (T04).
string hpack_bomb(Target& target) {
  return flooded(target, "header_list", [](Http2Client& client) {
    string entry = "\x40\x01" "a";
    entry += '\x7f';
    entry += static_cast<char>((3900 - 127) % 128 + 128);
    entry += static_cast<char>((3900 - 127) / 128);
    entry += string(3900, 'x');
    client.send(h2::frame(h2::headers, 4 + 1, 1, request_block() + entry + string(8000, '\xbe')));
  });
}

string many_fields(Target& target) {
  Http2Client client(target.proxy.port());
  const Http2Answer answer = client.wait(client.request("/here", Http2Fields(1500, {"a", "b"})));
  if (answer.status != 400) return "1500 fields: " + std::to_string(answer.status);
  return client.wait(client.request("/here")).body == "here" ? "" : "the connection does not serve on";
}

string table_sizes(Target& target) {
  Http2Client client(target.proxy.port());
  for (int i = 0; i < 50; ++i) {
    const string block = string("\x20\x3f\xe1\x1f", 4) + request_block();  // 0, then 4096
    client.send_frame(h2::headers, 5, static_cast<std::uint32_t>(2 * i + 1), block);
    if (client.wait(static_cast<std::uint32_t>(2 * i + 1)).body != "here") return "a change of the table's size is no error";
  }
  client.send_frame(h2::headers, 5, 1001, string("\x3f\xe1\xff\x03", 4) + request_block());  // beyond what we allow
  return ended_with(client, h2::compression_error);
}

string cookie_crumbs(Target& target) {
  Http2Client client(target.proxy.port());
  const Http2Answer answer = client.wait(client.request("/here", Http2Fields(1500, {"cookie", "a=b"})));
  if (answer.status != 400) return "1500 crumbs: " + std::to_string(answer.status);
  const std::uint64_t before = target.counted("header_list");
  Http2Client more(target.proxy.port());
  more.request("/here", Http2Fields(8000, {"cookie", "a=b"}));
  return calmed(target, more, "header_list", before);
}

string slow_window(Target& target) {
  const std::uint64_t before = target.counted("window_update");
  Http2Client client(target.proxy.port(), h2::setting(4, 0));
  const std::uint32_t stream = client.request("/big");
  if (!client.wait_for_head(stream)) return "no head";
  for (int i = 0; i < 2000 && !client.raw().closed() && !client.goaway(); ++i) {
    client.send_frame(h2::window_update, 0, stream, h2::number(1));
    client.read_for(milliseconds(0));
  }
  return calmed(target, client, "window_update", before);
}

string shut_window(Target& target) {
  Http2Client client(target.proxy.port(), h2::setting(4, 0));
  const Http2Answer answer = client.wait(client.request("/shut"));
  if (!answer.reset) return "the stream waits for ever";
  return client.wait_for_head(client.request("/none")) ? "" : "the connection does not serve on";
}

/// All streams want much at once and nobody reads: memory stays bounded (T20).
string greedy_streams(Target& target) {
  Http2Client client(target.proxy.port(), h2::setting(4, Http2Client::ample));
  client.send_frame(h2::window_update, 0, 0, h2::number(Http2Client::ample - 65535));
  const std::size_t before = rss_kib(target.proxy.pid());
  for (int i = 0; i < 100; ++i) client.request("/big");
  std::this_thread::sleep_for(milliseconds(0));
  RawClient other(target.proxy.port());
  other.send(request_text("GET", "/here"));
  if (!other.read_response()) return "others are not served";
  const std::size_t grown = rss_kib(target.proxy.pid()) - before;
  if (memory_can_be_measured && grown > 100 << 10) return "took " + std::to_string(grown) + " KiB";
  client.raw().reset();
  return "";
}

// ---- T18 .. T24 ----

string too_many_streams(Target& target) {
  Http2Client client(target.proxy.port());
  if (!client.ping()) return "no HTTP/2";
  if (client.setting(3) != 128) return "not announced";
  std::vector<std::uint32_t> streams;
  for (int i = 0; i < 129; ++i) streams.push_back(client.request("/wait"));
  client.wait_for_goaway(milliseconds(500));
  if (client.goaway()) return *client.goaway() == h2::protocol_error ? "" : "GOAWAY " + text(client.goaway());
  const Http2Answer last = client.wait(streams.back());
  return last.reset && *last.reset == h2::refused_stream ? "" : "the 129th was taken: " + text(last.reset);
}

/// An id below the last one belongs to a stream that is closed: it is no request.
string falling_ids(Target& target) {
  Http2Client client(target.proxy.port());
  client.send_frame(h2::headers, 5, 5, request_block());
  if (client.wait(5).body != "here") return "no answer";
  client.send_frame(h2::headers, 5, 3, request_block());
  if (!client.ping()) return client.goaway() ? "" : "no HTTP/2 any more";
  return client.seen(3).status == 0 ? "" : "a request was made of it";
}

/// A stream that was given up has its place until the work for it ended: no more than 128 are ever at the upstream.
string zombies(Target& target) {
  target.upstream.forget();
  Http2Client client(target.proxy.port());
  std::uint32_t stream = 0;
  for (int i = 0; i < 100; ++i) {
    stream = client.request("/wait");
    client.send_frame(h2::rst_stream, 0, stream, h2::number(h2::cancel));
  }
  if (!client.ping()) return "no answer";
  return client.wait(client.request("/here")).body == "here" ? "" : "the connection does not serve on";
}

string pings_keep_nothing_alive(Target& target) {
  Http2Client client(target.proxy.port(2));
  if (client.wait(client.request("/")).body != "here") return "no answer";
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (std::chrono::steady_clock::now() < until && !client.raw().closed()) {
    client.send_frame(h2::ping, 0, 0, "12345678");
    client.read_for(milliseconds(60));
  }
  if (!client.raw().closed()) return "kept open by PING";
  return client.goaway() == std::optional<std::uint32_t>(h2::no_error) ? "" : "GOAWAY " + text(client.goaway());
}

string half_a_head(Target& target) {
  Http2Client client(target.proxy.port(2));
  client.send_frame(h2::headers, 0, 1, request_block());
  return client.wait_for_close() ? "" : "a head that does not end is waited for";
}

string websocket_anyway(Target& target) {
  Http2Client client(target.proxy.port());
  const Http2Answer other = client.wait(client.request_with(
      {{":method", "CONNECT"}, {":scheme", "http"}, {":path", "/t"}, {":authority", "a.test"}, {":protocol", "connect-ip"}}));
  if (other.status != 501) return "unknown :protocol: " + std::to_string(other.status);
  const Http2Answer plain = client.wait(client.request_with({{":method", "CONNECT"}, {":authority", "b.test:443"}}));
  return plain.status == 405 || plain.reset ? "" : "CONNECT: " + std::to_string(plain.status);
}

string overhead(Target& target) {
  return flooded(target, "overhead", [](Http2Client& client) {
    // One byte a frame, each the end of its own padding: bytes that carry nothing.
    const std::uint32_t stream = client.request("/t", {}, "POST", false);
    const string frames = repeat_frames(h2::frame(h2::data, 0, stream, ""), 9) + h2::frame(h2::data, 0, stream, "x");
    const string batch = repeat_frames(frames, 1000);
    for (int i = 0; i < 200 && !client.goaway() && client.send(batch); ++i) client.read_for(milliseconds(0));
  });
}

std::vector<Entry> entries() {
  using namespace h2;
  const string ping = frame(h2::ping, 0, 0, "12345678");
  return {
      {"T01", "rapid reset", {rapid_reset, zombies}},
      {"T02", "the client makes us reset", {made_you_reset}},
      {"T03", "CONTINUATION flood", {continuation_flood}},
      {"T04", "HPACK bomb", {hpack_bomb, many_fields}},
      {"T05", "sizes of the HPACK table", {table_sizes}},
      {"T06", "cookie crumbs", {cookie_crumbs}},
      {"T07", "SETTINGS and PING flood",
       {[](Target& t) { return flooded(t, "settings", [](Http2Client& c) { c.send(repeat_frames(frame(settings, 0, 0, ""), 500)); }); },
        [ping](Target& t) { return flooded(t, "ping", [&](Http2Client& c) { c.send(repeat_frames(ping, 2000)); }); }}},
      {"T08", "empty frames",
       {[](Target& t) {
         return flooded(t, "empty_frames", [](Http2Client& c) {
           const std::uint32_t stream = c.request("/t", {}, "POST", false);
           c.send(repeat_frames(frame(data, 0, stream, ""), 100));
         });
       },
        [](Target& t) {
          return flooded(t, "empty_frames", [](Http2Client& c) {
            const std::uint32_t stream = c.request("/t", {}, "POST", false);
            c.send(repeat_frames(frame(data, padded, stream, string("\x03\0\0\0", 4)), 100));
          });
        }}},
      {"T09", "PRIORITY churn",
       {[](Target& t) {
          return flooded(t, "priority", [](Http2Client& c) { c.send(repeat_frames(frame(priority, 0, 5, string(5, '\0')), 3000)); });
        },
        [](Target& t) {
          return flooded(t, "priority", [](Http2Client& c) {
            const std::uint32_t stream = c.request("/wait");
            c.send(repeat_frames(frame(priority_update, 0, 0, number(stream) + "u=1"), 3000));
          });
        }}},
      {"T10", "a window opened byte by byte", {slow_window}},
      {"T11", "a window that stays shut", {shut_window}},
      {"T12", "fields of HTTP/1's connection",
       {refused(get_fields({{"connection", "keep-alive"}})), refused(get_fields({{"keep-alive", "timeout=1"}})),
        refused(get_fields({{"proxy-connection", "close"}})), refused(get_fields({{"transfer-encoding", "chunked"}})),
        refused(get_fields({{"upgrade", "websocket"}})), refused(get_fields({{"te", "gzip"}}))}},
      {"T13", "Content-Length that lies",
       {refused(get_fields({{"content-length", "10"}}), false, "short"), refused(get_fields({{"content-length", "1"}}), false, "long"),
        refused(get_fields({{"content-length", "5"}})), refused(get_fields({{"content-length", "+5"}}), false, "short")}},
      {"T14", "bytes that no field has",
       {refused(get_fields({{"a", "b\r\nc: d"}})), refused(get_fields({{"a", "b\nc"}})), refused(get_fields({{"a", string("b\0c", 3)}})),
        refused(get_fields({{"a", " b"}})), refused(get_fields({{"a", "b\t"}})), refused(get_fields({{"A", "b"}})),
        refused(get_fields({{"a:b", "c"}})), refused(get_fields({{"a b", "c"}})), refused(get_fields({{"", "c"}}))}},
      {"T15", "pseudo-fields that are no request",
       {refused(changed(":path", "t")), refused(changed(":path", "/a b")), refused(changed(":path", "/a#b")),
        refused(changed(":path", "")), refused(changed(":path", "*")), refused(changed(":method", "GET?")),
        refused(changed(":scheme", "http://x/?")), refused(changed(":path", "http://b.test/"))}},
      {"T16", ":authority and host",
       {refused(get_fields({{"host", "b.test"}})), refused(without(":authority")), refused(get_fields({{"host", "a.test"}, {"host", "a.test"}})),
        refused(changed(":authority", "a.test, b.test")), refused(changed(":authority", "u@a.test"))}},
      {"T17", "pseudo-fields out of place",
       {refused(without(":path", {{"a", "b"}, {":path", "/t"}})), refused(get_fields({{":path", "/u"}})),
        refused(get_fields({{":unknown", "x"}})), refused(get_fields({{":status", "200"}})), refused(without(":method"))}},
      {"T18", "too many streams, wrong ids",
       {too_many_streams, breaks(frame(headers, 5, 2, request_block()), protocol_error),
        falling_ids,
        breaks(frame(headers, 5, 0, request_block()), protocol_error)}},
      {"T19", "frames that are none",
       {breaks(frame(data, 0, 1, string(16385, 'x')), frame_size_error),
        breaks(frame(headers, 4 + 8, 1, "\x10x"), protocol_error), breaks(frame(data, 0, 1, "x"), protocol_error),
        breaks(frame(push_promise, 4, 1, number(2)), protocol_error), breaks(frame(h2::ping, 0, 0, "1"), frame_size_error),
        breaks(frame(settings, 0, 0, "12345"), frame_size_error), breaks(frame(window_update, 0, 0, number(0)), protocol_error)}},
      {"T20", "streams that all want much", {greedy_streams}},
      {"T21", "PING keeps nothing alive", {pings_keep_nothing_alive, half_a_head}},
      {"T22", "GOAWAY and REFUSED_STREAM of an upstream", {}, "HTTP/2 to upstreams"},
      {"T23", "CONNECT", {websocket_anyway, refused(get_fields({{":protocol", "websocket"}}))}},
      {"T24", "bytes that carry nothing", {overhead}},
  };
}

string still_serves(Target& target) {
  Http2Client client(target.proxy.port());
  return client.wait(client.request("/here")).body == "here" ? "" : "others are not served any more";
}

TEST(Http2Catalogue, NamesEveryEntryOnce) {
  int number = 0;
  for (const Entry& entry : entries()) {
    ++number;
    EXPECT_EQ(entry.id, string(number < 10 ? "T0" : "T") + std::to_string(number));
    EXPECT_NE(entry.attacks.empty(), entry.elsewhere.empty());
  }
  EXPECT_EQ(number, 24);
}

std::vector<Entry> entries_of_here() {
  std::vector<Entry> all = entries();
  std::erase_if(all, [](const Entry& entry) { return entry.attacks.empty(); });
  return all;
}

class Http2CatalogueEntry : public ::testing::TestWithParam<Entry> {};

TEST_P(Http2CatalogueEntry, IsAnsweredAsItSays) {
  Target target;
  for (std::size_t i = 0; i < GetParam().attacks.size(); ++i) {
    EXPECT_EQ(GetParam().attacks[i](target), "") << GetParam().words << " | " << i;
    EXPECT_EQ(still_serves(target), "") << GetParam().words << " | " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Http2CatalogueEntry, ::testing::ValuesIn(entries_of_here()),
                         [](const auto& entry) { return entry.param.id; });

}  // namespace
}  // namespace drishti::testing
