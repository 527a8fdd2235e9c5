// Compression as clients see it: what is compressed for whom, and how it arrives.

#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "compress/coder_pool.hpp"
#include "tests/compress/decoders.hpp"
#include "tests/scenarios/scenario.hpp"
#include "tests/support/patience.hpp"
#include "tests/support/tool_process.hpp"

namespace drishti::testing {
namespace {

using compress::testing::gunzip;
using compress::testing::some_text;
using compress::testing::unbrotli;
using compress::testing::unzstd;

const std::string all_codings = "gzip on; brotli on; zstd on; gzip_types application/json text/event-stream; "
                                "brotli_types application/json text/event-stream; zstd_types application/json text/event-stream;";
const std::string json = "Content-Type: application/json\r\n";

RawResponse get(const ProxyUnderTest& proxy, const std::string& path, const std::string& fields) {
  return ask(proxy, request_text("GET", path, fields));
}

RawResponse get_gzip(const ProxyUnderTest& proxy, const std::string& fields = {}) {
  return get(proxy, "/", "Accept-Encoding: gzip\r\n" + fields);
}

FakeUpstream::Script answers_json(std::string body, std::string fields = {}) {
  return [=](const UpstreamRequest&) { return Actions{Action::send(ok_response(body, json + fields))}; };
}

std::string decode(const RawResponse& response) {
  const std::string coding = response.field("Content-Encoding");
  if (coding == "gzip") return gunzip(response.body);
  if (coding == "br") return unbrotli(response.body);
  if (coding == "zstd") return unzstd(response.body);
  return response.body;
}

TEST(Compression, EachClientGetsTheCodingThatItLikesBest) {
  const std::string body = some_text(20'000);
  FakeUpstream upstream(answers_json(body));
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", all_codings));
  const std::pair<const char*, const char*> cases[] = {
      {"gzip", "gzip"},           {"gzip, deflate, br, zstd", "br"}, {"gzip, zstd", "zstd"},
      {"br;q=0.5, gzip", "gzip"}, {"*", "br"},                       {"identity, gzip;q=0.5", ""},
      {"gzip;q=0", ""},           {"deflate", ""},                   {"gzip;q=NaN", ""}};
  for (const auto& [accepted, coding] : cases) {
    const RawResponse response = get(proxy, "/", std::string("Accept-Encoding: ") + accepted + "\r\n");
    EXPECT_EQ(response.field("Content-Encoding"), coding) << accepted;
    EXPECT_TRUE(response.complete && decode(response) == body) << accepted;
    EXPECT_EQ(response.has_field("Content-Length"), *coding == '\0') << accepted;
    EXPECT_EQ(response.field("Vary"), "Accept-Encoding") << accepted;
    if (*coding != '\0') {
      EXPECT_LT(response.body.size(), body.size() / 2) << accepted;
    }
  }
}

TEST(Compression, CurlUnderstandsIt) {
  if (!installed("/usr/bin/curl")) GTEST_SKIP() << "no curl";
  const std::string body = some_text(500'000);
  FakeUpstream upstream(answers_json(body));
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", all_codings));
  for (const char* coding : {"gzip", "br", "zstd", "gzip, deflate, br"}) {
    const std::string output = proxy.directory() + "/curl.out";
    ToolProcess curl({"/usr/bin/curl", "-sS", "--compressed", "-H", std::string("Accept-Encoding: ") + coding,
                      "http://127.0.0.1:" + std::to_string(proxy.port()) + "/"}, output);
    ASSERT_EQ(curl.wait(), 0) << proxy.read("curl.out");
    EXPECT_TRUE(proxy.read("curl.out") == body) << coding;
  }
}

TEST(Compression, OnlyOfTheTypesThatAreListedAndTextHtml) {
  FakeUpstream upstream([](const UpstreamRequest& request) {
    return Actions{Action::send(ok_response(std::string(1000, 'x'), "Content-Type: " + request.path().substr(1) + "\r\n"))};
  });
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", "gzip on; gzip_types application/json TEXT/CSS;"));
  const std::string gzip = "Accept-Encoding: gzip\r\n";
  for (const char* type : {"text/html", "application/json", "Text/CSS", "text/html;charset=utf-8"})
    EXPECT_EQ(get(proxy, std::string("/") + type, gzip).field("Content-Encoding"), "gzip") << type;
  for (const char* type : {"text/plain", "image/png", "application/jsonp", "text/htm"})
    EXPECT_FALSE(get(proxy, std::string("/") + type, gzip).has_field("Content-Encoding")) << type;
}

TEST(Compression, NeverOfWhatMustNotBeChanged) {
  const std::string body = some_text(2000);
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n" + json;
  const std::string untouched[] = {
      ok + "Cache-Control: max-age=3, No-Transform\r\n\r\n" + body,
      ok + "Content-Encoding: br\r\n\r\n" + body,
      ok + "Content-Encoding: gzip\r\n\r\n" + body,
      ok + "Content-Digest: sha-256=:AAAA:\r\n\r\n" + body,
      "HTTP/1.1 206 Partial Content\r\nContent-Length: 2000\r\nContent-Range: bytes 0-1999/5000\r\n" + json + "\r\n" + body,
      "HTTP/1.1 500 Oops\r\nContent-Length: 2000\r\n" + json + "\r\n" + body,
  };
  for (const std::string& answer : untouched) {
    FakeUpstream upstream([&](const UpstreamRequest&) { return Actions{Action::send(answer)}; });
    ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", all_codings));
    const RawResponse response = get(proxy, "/", "Accept-Encoding: gzip, zstd\r\n");
    EXPECT_TRUE(response.body == body) << answer.substr(0, 200);
    EXPECT_EQ(response.field("Content-Length"), "2000");
  }
}

TEST(Compression, TheHeadSaysThatItIsAnotherBody) {
  FakeUpstream upstream(answers_json(some_text(2000), "ETag: \"abc\"\r\nAccept-Ranges: bytes\r\n"));
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", all_codings));
  const RawResponse coded = get_gzip(proxy), plain = get(proxy, "/", {});
  EXPECT_EQ(coded.field("ETag"), "W/\"abc\"");
  EXPECT_FALSE(coded.has_field("Accept-Ranges") || coded.has_field("Content-Length"));
  EXPECT_EQ(coded.field("Transfer-Encoding"), "chunked");
  EXPECT_EQ(plain.field("ETag"), "\"abc\"");
  EXPECT_EQ(plain.field("Accept-Ranges"), "bytes");
}

/// Status line and fields in the order of their names, without the date.
std::string head_of(const RawResponse& response) {
  std::istringstream head(response.head);
  std::set<std::string> lines;
  for (std::string line; std::getline(head, line);)
    if (!line.starts_with("Date:")) lines.insert(line);
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return all;
}

TEST(Compression, HeadGetsTheHeadOfGet) {
  FakeUpstream upstream([](const UpstreamRequest& request) {
    std::string answer = ok_response(some_text(2000), json + "ETag: \"abc\"\r\n");
    if (request.head.starts_with("HEAD")) answer.resize(answer.find("\r\n\r\n") + 4);
    return Actions{Action::send(answer)};
  });
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", all_codings + "} location /own { gzip on; return 200 " +
                                                                             std::string(300, 'x') + "; default_type text/html;"));
  for (const char* path : {"/", "/own"}) {
    const std::string fields = "Accept-Encoding: gzip\r\n";
    const RawResponse head = ask(proxy, request_text("HEAD", path, fields), true);
    EXPECT_EQ(head.field("Content-Encoding"), "gzip") << path;
    EXPECT_EQ(head_of(head), head_of(get(proxy, path, fields))) << path;
  }
}

TEST(Compression, A304NamesTheTagAsTheClientHasIt) {
  FakeUpstream upstream([](const UpstreamRequest&) {
    return Actions{Action::send("HTTP/1.1 304 Not Modified\r\nETag: \"abc\"\r\n\r\n")};
  });
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", all_codings));
  EXPECT_EQ(get_gzip(proxy, "If-None-Match: \"x\", W/\"abc\"\r\n").field("ETag"), "W/\"abc\"");
  EXPECT_EQ(get_gzip(proxy, "If-None-Match: \"abc\"\r\n").field("ETag"), "\"abc\"");
}

TEST(Compression, AnEventArrivesAtOnce) {
  for (const char* coding : {"gzip", "br", "zstd"}) {
    for (const char* more : {"", "proxy_buffering off;", "limit_rate 1m;"}) {
      const auto first = std::make_shared<Event>(), second = std::make_shared<Event>();
      FakeUpstream upstream([=](const UpstreamRequest&) {
        return Actions{Action::send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"),
                       Action::wait(first), Action::send("b\r\ndata: one\n\n\r\n"), Action::wait(second),
                       Action::send("b\r\ndata: two\n\n\r\n0\r\n\r\n")};
      });
      ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", all_codings + more));
      RawClient client(proxy.port());
      ASSERT_TRUE(client.send(request_text("GET", "/", std::string("Accept-Encoding: ") + coding + "\r\n")));
      // Before the second event exists, the first can be read.
      const auto decoded = [&] {
        std::string bytes = client.unread();
        const auto partial = take_response(bytes, true);
        return partial ? decode(*partial) : std::string();
      };
      const auto wait_for = [&](const std::string& text) {
        const auto end = std::chrono::steady_clock::now() + patience;
        while (decoded().find(text) == std::string::npos && std::chrono::steady_clock::now() < end)
          client.read_some(milliseconds(1000));
        return decoded();
      };
      EXPECT_TRUE(client.read_some(patience)) << "the head does not wait for the body";
      first->set();
      EXPECT_EQ(wait_for("one"), "data: one\n\n[cut]") << coding << more;
      second->set();
      const auto whole = client.read_response();
      ASSERT_TRUE(whole && whole->complete);
      EXPECT_EQ(decode(*whole), "data: one\n\ndata: two\n\n") << coding << more;
    }
  }
}

TEST(Compression, LargeBodiesReachASlowClientWhole) {
  const std::string body = some_text(12 << 20);
  FakeUpstream upstream([&](const UpstreamRequest& request) {
    if (request.path() == "/length") return Actions{Action::send(ok_response(body, json))};
    Actions actions{Action::send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + json + "\r\n")};
    for (std::size_t at = 0; at < body.size(); at += 1 << 20)
      actions.push_back(Action::send("100000\r\n" + body.substr(at, 1 << 20) + "\r\n"));
    actions.push_back(Action::send("0\r\n\r\n"));
    return actions;
  });
  for (const char* more : {"", "proxy_buffering off;", "proxy_max_temp_file_size 0;"}) {
    ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", all_codings + "gzip_comp_level 1;" + more));
    for (const char* path : {"/length", "/chunked"}) {
      for (const char* coding : {"gzip", "br", "zstd"}) {
        RawClient client(proxy.port());
        ASSERT_TRUE(client.send(request_text("GET", path, std::string("Accept-Encoding: ") + coding + "\r\n")));
        // It does not read until the upstream is held up or has sent all.
        upstream.wait_until([&] { return upstream.bytes_sent() >= body.size(); }, milliseconds(100));
        const auto response = client.read_response(false, milliseconds(30'000));
        ASSERT_TRUE(response && response->complete) << coding << path << more;
        EXPECT_EQ(response->field("Content-Encoding"), coding);
        EXPECT_TRUE(decode(*response) == body) << coding << path << more;
      }
    }
  }
}

TEST(Compression, OneLongBodyDoesNotKeepOthersWaiting) {
  const std::string body = some_text(48 << 20);
  FakeUpstream upstream(answers_json(body));
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", "gzip on; gzip_types *; gzip_comp_level 6; } "
                                    "location /quick { return 200 quick;"));
  RawClient slow(proxy.port());
  ASSERT_TRUE(slow.send(request_text("GET", "/", "Accept-Encoding: gzip\r\n")));
  ASSERT_TRUE(slow.read_some(patience));
  int answered = 0;
  for (; answered < 1000 && slow.unread().find("\r\n0\r\n\r\n") == std::string::npos; ++answered) {
    const RawResponse quick = get(proxy, "/quick", {});
    ASSERT_EQ(quick.body, "quick");
    slow.read_some(milliseconds(1));
  }
  EXPECT_GT(answered, 20) << "while one worker compresses 48 MiB";
}

TEST(Compression, ManyStreamsAtOnceAreBoundedInMemory) {
  const auto end = std::make_shared<Event>();
  FakeUpstream upstream([=](const UpstreamRequest&) {
    return Actions{Action::send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\nb\r\ndata: one\n\n\r\n"),
                   Action::wait(end), Action::send("b\r\ndata: two\n\n\r\n0\r\n\r\n")};
  });
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", all_codings));
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(std::make_unique<RawClient>(proxy.port()));
    ASSERT_TRUE(clients.back()->send(request_text("GET", "/", "Accept-Encoding: gzip, br\r\n")));
    ASSERT_TRUE(clients.back()->read_some(patience));
  }
  end->set();
  std::map<std::string, int> codings;
  for (const auto& client : clients) {
    const auto response = client->read_response();
    ASSERT_TRUE(response && response->complete);
    EXPECT_EQ(decode(*response), "data: one\n\ndata: two\n\n");
    ++codings[response->field("Content-Encoding")];
  }
  EXPECT_EQ(codings, (std::map<std::string, int>{{"br", 10}, {"gzip", 30}}));
}

TEST(Compression, ACutResponseHasNoProperEnd) {
  FakeUpstream upstream([](const UpstreamRequest&) {
    return Actions{Action::send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n" + json + "\r\n" + some_text(50'000)), Action::close()};
  });
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", all_codings));
  for (const char* coding : {"gzip", "br", "zstd"}) {
    RawClient client(proxy.port());
    ASSERT_TRUE(client.send(request_text("GET", "/", std::string("Accept-Encoding: ") + coding + "\r\n")));
    const auto response = client.read_response();
    EXPECT_FALSE(response && response->complete && response->status == 200) << coding;
  }
}

TEST(Compression, OwnAnswersAndFilesToo) {
  const std::string page(500, 'p');
  ProxyUnderTest proxy(http_config("server { listen 127.0.0.1:@port@; root @dir@; gzip on; gzip_types text/plain; default_type text/plain;\n"
                                   "location /text { return 200 " + page + "; }\n"
                                   "location /gone { return 404; }\n"
                                   "location /short { return 200 short; }\n}"));
  const std::string text = some_text(700'000);
  std::ofstream(proxy.directory() + "/file.html") << text;
  const std::string gzip = "Accept-Encoding: gzip\r\n";
  EXPECT_EQ(decode(get(proxy, "/text", gzip)), page);
  EXPECT_EQ(get(proxy, "/text", gzip).field("Content-Encoding"), "gzip");
  EXPECT_EQ(get(proxy, "/gone", gzip).field("Content-Encoding"), "gzip") << "the built-in page";
  EXPECT_FALSE(get(proxy, "/short", gzip).has_field("Content-Encoding")) << "below gzip_min_length";
  const RawResponse file = get(proxy, "/file.html", gzip);
  EXPECT_EQ(file.field("Content-Encoding"), "gzip");
  EXPECT_TRUE(file.complete && decode(file) == text);
  const RawResponse range = get(proxy, "/file.html", gzip + "Range: bytes=5-9\r\n");
  EXPECT_EQ(range.status, 206);
  EXPECT_FALSE(range.has_field("Content-Encoding"));
  EXPECT_EQ(range.body, text.substr(5, 5));
  const std::string tag = file.field("ETag");
  EXPECT_TRUE(tag.starts_with("W/\"")) << tag;
  const RawResponse same = get(proxy, "/file.html", gzip + "If-None-Match: " + tag + "\r\n");
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.field("ETag"), tag);
  EXPECT_FALSE(same.has_field("Content-Encoding"));
}

TEST(Compression, AReloadLeavesAResponseInProgressWhole) {
  const auto go_on = std::make_shared<Event>();
  const std::string body = some_text(1'000'000);
  FakeUpstream upstream([&](const UpstreamRequest& request) {
    if (request.path() != "/") return Actions{Action::send(ok_response("other", json))};
    return Actions{Action::send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n" + json + "\r\n" + body.substr(0, 500'000)),
                   Action::wait(go_on), Action::send(body.substr(500'000))};
  });
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", all_codings));
  RawClient client(proxy.port());
  ASSERT_TRUE(client.send(request_text("GET", "/", "Accept-Encoding: gzip\r\n")));
  ASSERT_TRUE(client.read_some(patience));
  proxy.write_config(proxy_config("server " + upstream.address() + ";", "gzip off; add_header X-New yes;"));
  proxy.send_signal(SIGHUP);
  for (int i = 0; i < 500 && !get(proxy, "/new", {}).has_field("X-New"); ++i) continue;
  EXPECT_TRUE(get(proxy, "/new", {}).has_field("X-New"));
  go_on->set();
  const auto response = client.read_response();
  ASSERT_TRUE(response && response->complete);
  EXPECT_TRUE(decode(*response) == body);
}

TEST(Compression, TheRatioIsLogged) {
  const std::string body(10'000, 'x');
  FakeUpstream upstream(answers_json(body));
  ProxyUnderTest proxy(http_config("log_format ratio '$request_uri $gzip_ratio $brotli_ratio $zstd_ratio $body_bytes_sent.';\n"
                                   "server { listen 127.0.0.1:@port@; access_log @dir@/ratio.log ratio;\nlocation / { proxy_pass http://" +
                                   upstream.address() + "; " + all_codings + "} }"));
  for (const char* coding : {"gzip", "br", "zstd", "none"}) {
    const RawResponse response = get(proxy, std::string("/") + coding, std::string("Accept-Encoding: ") + coding + "\r\n");
    ASSERT_TRUE(response.complete);
  }
  proxy.stop(SIGTERM);
  std::istringstream log(proxy.read("ratio.log"));
  std::string line;
  ASSERT_TRUE(std::getline(log, line));
  EXPECT_TRUE(std::regex_match(line, std::regex(R"(/gzip \d\d\d?\.\d\d - - .*)"))) << line;
  ASSERT_TRUE(std::getline(log, line));
  EXPECT_TRUE(std::regex_match(line, std::regex(R"(/br - \d\d\d?\.\d\d - .*)"))) << line;
  ASSERT_TRUE(std::getline(log, line));
  EXPECT_TRUE(std::regex_match(line, std::regex(R"(/zstd - - \d\d\d?\.\d\d .*)"))) << line;
  ASSERT_TRUE(std::getline(log, line));
  EXPECT_TRUE(line.starts_with("/none - - - ")) << line;
}

TEST(Compression, AnIfInTheLocationMaySwitchItOff) {
  FakeUpstream upstream(answers_json(some_text(2000)));
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";",
                                    "gzip on; gzip_types application/json; if ($http_x_plain) { gzip off; }"));
  EXPECT_EQ(get_gzip(proxy).field("Content-Encoding"), "gzip");
  EXPECT_FALSE(get_gzip(proxy, "X-Plain: 1\r\n").has_field("Content-Encoding"));
}

// ---- gunzip ----

std::string gzipped(const std::string& text) {
  compress::CoderPool pool;
  return compress::testing::run(*pool.gzip(6), text).value();
}

TEST(GunzipScenario, WhoDoesNotAcceptGzipGetsThePlainBody) {
  const std::string body = some_text(300'000);
  FakeUpstream upstream(answers_json(gzipped(body), "Content-Encoding: gzip\r\nETag: \"abc\"\r\n"));
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", "gunzip on;"));
  const RawResponse plain = get(proxy, "/", {});
  EXPECT_TRUE(plain.complete && plain.body == body);
  EXPECT_FALSE(plain.has_field("Content-Encoding"));
  EXPECT_EQ(plain.field("ETag"), "W/\"abc\"");
  const RawResponse coded = get_gzip(proxy);
  EXPECT_EQ(coded.field("Content-Encoding"), "gzip");
  EXPECT_EQ(coded.field("ETag"), "\"abc\"");
  EXPECT_TRUE(gunzip(coded.body) == body);
}

TEST(GunzipScenario, ABombIsCutAndLogged) {
  const std::string bomb = gzipped(std::string(40 << 20, 'x'));
  FakeUpstream upstream(answers_json(bomb, "Content-Encoding: gzip\r\n"));
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", "gunzip on;"));
  RawClient client(proxy.port());
  ASSERT_TRUE(client.send(request_text("GET", "/")));
  const auto response = client.read_response();
  EXPECT_FALSE(response && response->complete);
  EXPECT_LT(client.unread().size(), 4u << 20);
  EXPECT_TRUE(proxy.wait_for_log("the body grew by more than gunzip_max_ratio while sending response to client"));
}

TEST(GunzipScenario, WhatIsNoGzipIsCut) {
  FakeUpstream upstream(answers_json("this is no gzip", "Content-Encoding: gzip\r\n"));
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", "gunzip on;"));
  RawClient client(proxy.port());
  ASSERT_TRUE(client.send(request_text("GET", "/")));
  const auto response = client.read_response();
  EXPECT_FALSE(response && response->complete && response->status == 200);
  EXPECT_TRUE(proxy.wait_for_log("this is no gzip while sending response to client"));
}

}  // namespace
}  // namespace drishti::testing
