// What may be stored, under which key, and who gets it: group C without what stands in Redis.

#include <poll.h>
#include <sys/socket.h>

#include "tests/scenarios/cache.hpp"
#include "tests/scenarios/cache_catalogue.hpp"
#include "tests/support/process_memory.hpp"

namespace drishti::testing::cache_catalogue {
namespace {

const std::string fresh = "Cache-Control: max-age=60\r\n";

/// One proxy with a zone in memory, and an upstream that counts.
struct World {
  explicit World(FakeUpstream::Script script, const std::string& more = {}) : upstream(std::move(script)), proxy(cache_config(upstream, more)) {}
  FakeUpstream upstream;
  ProxyUnderTest proxy;
  std::string body(const std::string& path, const std::string& fields = {}) { return get(proxy, path, fields).body; }
  std::string says(const std::string& path, const std::string& fields = {}) { return told(get(proxy, path, fields)); }
};

FakeUpstream::Script sends(std::string bytes) {
  return [bytes](const UpstreamRequest&) { return Actions{Action::send(bytes)}; };
}

/// Counts in the body, with what ECHOED says of the request behind it.
FakeUpstream::Script counts_and_echoes(std::string fields, std::function<std::string(const UpstreamRequest&)> echoed) {
  auto number = std::make_shared<std::atomic<int>>(0);
  return [=](const UpstreamRequest& request) {
    return Actions{Action::send(ok_response(std::to_string(++*number) + " " + echoed(request), fields))};
  };
}

std::string value_of(const UpstreamRequest& request, const std::string& name) {
  const auto at = request.head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 4;
  return request.head.substr(begin, request.head.find("\r\n", begin) - begin);
}

// ---- what may be stored ----

void set_cookie_is_not_stored(Checks& checks) {
  World world(counts(fresh + "Set-Cookie: session=1\r\n"));
  checks.equal(world.body("/"), "1", "first");
  checks.equal(world.body("/"), "2", "second");
}

void set_cookie_is_stored_when_told_without_the_cookie(Checks& checks) {
  World world(counts(fresh + "Set-Cookie: session=1\r\n"), "proxy_ignore_headers Set-Cookie;");
  world.body("/");
  const RawResponse hit = get(world.proxy, "/");
  checks.equal(told(hit), "HIT 200 1", "second");
  checks.that(!hit.has_field("Set-Cookie"), "another client got the cookie");
}

void authorization_needs_a_word(Checks& checks) {
  for (const auto& [words, is_stored] : {std::pair<std::string, bool>{"max-age=60", false}, {"public, max-age=60", true},
                                         {"must-revalidate, max-age=60", true}, {"s-maxage=60", true},
                                         {"proxy-revalidate, max-age=60", false}, {"immutable, max-age=60", false}}) {
    World world(counts("Cache-Control: " + words + "\r\n"));
    world.body("/", "Authorization: Basic YTpi\r\n");
    checks.equal(world.body("/", "Authorization: Basic Yzpk\r\n"), is_stored ? "1" : "2", words);
  }
}

void doubt_is_not_stored(Checks& checks) {
  const std::string later = "Expires: Thu, 01 Jan 2099 00:00:00 GMT\r\n";
  for (const std::string& fields : std::vector<std::string>{
           "Cache-Control: private, max-age=60\r\n", "Cache-Control: no-store, max-age=60\r\n",
           "Cache-Control: no-cache, max-age=60\r\n", "Cache-Control: max-age=60, No-Store\r\n",
           "Cache-Control: max-age=60\r\nCache-Control: no-store\r\n", "Cache-Control: max-age=60, s-maxage=0\r\n",
           "Cache-Control: max-age=60, max-age=0\r\n", "Cache-Control: max-age=0, max-age=60\r\n",
           "Cache-Control: max-age=\"0\"\r\n", "Cache-Control: max-age=x\r\n" + later, "Cache-Control: max-age=-1\r\n",
           "Cache-Control: max-age=60, private\r\n", "Cache-Control: s-maxage=60, no-store=\"x\"\r\n",
           "Cache-Control: =\"a, max-age=60\r\n", "Expires: 0\r\n", "Expires: tomorrow\r\n",
           "Expires: 0\r\n" + later, "Expires: Thu, 01 Jan 1998 00:00:00 GMT\r\n", "Pragma: no-cache\r\n",
           fresh + "Vary: *\r\n", fresh + "Vary: Accept, *\r\n", fresh + "Vary: Accept\r\nVary: *\r\n",
           fresh + "Vary: a b\r\n", std::string()}) {
    World world(counts(fields));
    world.body("/");
    checks.equal(world.body("/"), "2", "[" + fields + "]");
  }
}

void quoted_values_are_read(Checks& checks) {
  for (const std::string& fields : std::vector<std::string>{"Cache-Control: max-age=\"60\"\r\n", "CACHE-CONTROL: MAX-AGE=60\r\n",
                                                            "Cache-Control: x=\"no-store, private\", max-age=60\r\n",
                                                            "Cache-Control:,,max-age=60,\r\n"}) {
    World world(counts(fields));
    world.body("/");
    checks.equal(world.body("/"), "1", "[" + fields + "]");
  }
}

// ---- Vary and the key ----

void vary_tells_apart(Checks& checks) {
  World world(counts(fresh + "Vary: Cookie, X-Foo, Accept-Encoding\r\n"));
  checks.equal(world.body("/", "Cookie: u=1\r\n"), "1", "one user");
  checks.equal(world.body("/", "Cookie: u=2\r\n"), "2", "another");
  checks.equal(world.body("/", "Cookie: u=1\r\nX-Foo: a\r\n"), "3", "another field");
  checks.equal(world.body("/", "Cookie: u=1\r\nX-Foo: \r\n"), "4", "an empty field is not an absent one");
  checks.equal(world.body("/", "Cookie: u=1\r\n"), "1", "again");
}

void vary_is_normalised(Checks& checks) {
  World world(counts(fresh + "Vary: Accept-Encoding\r\n"));
  world.body("/", "Accept-Encoding: gzip, br\r\n");
  checks.equal(world.body("/", "accept-encoding: br;q=0.5,gzip\r\n"), "1", "order and weight");
  checks.equal(world.body("/", "Accept-Encoding: gzip\r\n"), "2", "fewer codings");
}

void many_variants_drive_nothing_else_out(Checks& checks) {
  const auto script = [](const UpstreamRequest& request) {
    const std::string vary = request.path() == "/many" ? "Vary: Cookie\r\n" : "";
    return Actions{Action::send(ok_response(std::string(2000, 'x'), fresh + vary))};
  };
  FakeUpstream upstream(script);
  ProxyUnderTest proxy(http_config("proxy_cache_path memory keys_zone=z:1m;\nserver { listen 127.0.0.1:@port@; location / {\n"
                                   "proxy_pass http://" + upstream.address() + ";\nproxy_cache z; add_header X-Cache "
                                   "$upstream_cache_status always;\n} }"));
  for (int i = 0; i < 3; ++i) get(proxy, "/hot");
  const std::size_t before = rss_kib(proxy.pid());
  std::unique_ptr<RawClient> client;
  for (int i = 0; i < 3000; ++i) {
    if (i % 500 == 0) client = std::make_unique<RawClient>(proxy.port());
    client->send(request_text("GET", "/many", "Cookie: u=" + std::to_string(i) + "\r\n"));
    if (!client->read_response()) return checks.that(false, "no answer to variant " + std::to_string(i));
  }
  checks.equal(get(proxy, "/hot").field("X-Cache"), "HIT", "what is used stays");
  checks.that(!memory_can_be_measured || rss_kib(proxy.pid()) < before + 16 * 1024, "6 MB of variants took more than the zone's 1 MB and some");
}

void every_part_of_the_url_counts(Checks& checks) {
  World world(counts_and_echoes(fresh, [](const UpstreamRequest& request) { return request.line() + " " + value_of(request, "X-Host"); }),
              "proxy_set_header X-Host $http_host;");
  std::set<std::string> bodies;
  const std::vector<std::pair<std::string, std::string>> targets{
      {"a.test", "/a"}, {"b.test", "/a"}, {"a.test:81", "/a"}, {"a.test", "/a?"}, {"a.test", "/a?x"}, {"a.test", "/a/"},
      {"a.test", "/A"}, {"a.test", "/%61"}, {"a.test", "//a"}, {"a.test", "/a?x|/a"}, {"a.test", "/a?1:/a"}, {"a.tes", "/t/a"},
      {"a.test", "/a?x=1"}, {"a.test", "/a?x=1;y=2"}, {"a.test", "/a?x=1&x=2"}, {"a.test", "/a?x=2&x=1"}, {"a.test", "/a?utm_source=x&x=1"}};
  for (int round = 0; round < 2; ++round)
    for (const auto& [host, target] : targets)
      bodies.insert(ask(world.proxy, "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n").body);
  checks.equal(bodies.size(), targets.size(), "answers");
  checks.equal(world.upstream.requests().size(), targets.size(), "each was fetched once");
  checks.that(ask(world.proxy, "GET /a HTTP/1.1\r\nHost: A.Test\r\n\r\n").body.starts_with("1 "), "the case of a host counts");
}

void unkeyed_fields_poison_nobody(Checks& checks) {
  for (const std::string name : {"X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Original-URL", "X-Rewrite-URL",
                                 "X-HTTP-Method-Override", "X-Forwarded-Scheme", "X-Host", "Forwarded"}) {
    World world(counts_and_echoes(fresh, [=](const UpstreamRequest& request) { return value_of(request, name); }));
    world.body("/", name + ": evil\r\n");
    checks.that(world.body("/").find("evil") == std::string::npos, name + " of another client came back");
  }
}

void accept_and_range_do_not_matter(Checks& checks) {
  World world(counts_and_echoes(fresh, [](const UpstreamRequest& request) { return value_of(request, "Range"); }));
  world.body("/", "Range: bytes=0-0\r\n");
  checks.equal(world.body("/"), "1 ", "the whole was fetched and stored");
}

void a_get_with_a_body_is_not_stored(Checks& checks) {
  World world(counts_and_echoes(fresh, [](const UpstreamRequest& request) { return request.body; }));
  ask(world.proxy, request_text("GET", "/", {}, "evil"));
  checks.that(world.body("/").find("evil") == std::string::npos, "the answer to somebody's body came back");
}

// ---- web cache deception ----

void an_extension_stores_nothing(Checks& checks) {
  for (const std::string path : {"/account/x.css", "/account;a.css", "/account%2fx.css", "/account%0ax.css", "/account%23x.css"})
    for (const std::string& fields : {std::string("Cache-Control: private\r\n"), std::string()}) {
      World world(counts_and_echoes(fields, [](const UpstreamRequest& request) { return value_of(request, "Cookie") + request.path(); }));
      const RawResponse mine = get(world.proxy, path, "Cookie: victim\r\n");
      checks.that(mine.status == 400 || mine.body.find("victim" + path) != std::string::npos, path + " is forwarded as it is");
      checks.that(world.body(path).find("victim") == std::string::npos, path + " was stored");
    }
}

// ---- poisoning by errors ----

void errors_are_not_stored(Checks& checks) {
  for (const int status : {400, 401, 403, 413, 431, 500, 502, 503, 504}) {
    World world(sends("HTTP/1.1 " + std::to_string(status) + " No\r\nCache-Control: max-age=60\r\nContent-Length: 2\r\n\r\nno"));
    world.body("/");
    world.upstream.set_script(answers("good"));
    checks.equal(world.body("/"), "good", std::to_string(status));
  }
}

void an_error_is_stored_when_written(Checks& checks) {
  World world(answers_status(503, "no"), "proxy_cache_valid 503 1m;");
  world.body("/");
  world.upstream.set_script(answers("good"));
  checks.equal(world.body("/"), "no", "proxy_cache_valid 503");
}

void bad_requests_leave_nothing(Checks& checks) {
  World world(counts(fresh));
  checks.that(get(world.proxy, "/", "X: " + std::string(70000, 'x') + "\r\n").status >= 400, "a head too large is refused");
  checks.equal(get(world.proxy, "/", "Range: bytes=9-\r\n").status, 416, "a range behind the end");
  const int malformed = get(world.proxy, "/", "Range: bytes=abc\r\n").status;
  checks.that(malformed == 200 || malformed == 416, "a malformed range is ignored or refused (RFC 9110 14.2)");
  checks.equal(get(world.proxy, "/", "If-Match: \"x\"\r\n").status, 412, "a condition that does not hold");
  checks.equal(world.says("/"), "HIT 200 1", "everybody else gets the whole");
}

// ---- HEAD, cut and partial responses ----

void a_head_answer_is_not_a_get_answer(Checks& checks) {
  World world([](const UpstreamRequest& request) {
    const bool is_head = request.line().starts_with("HEAD");
    return Actions{Action::send(is_head ? "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 4\r\n\r\n" : ok_response("body", fresh))};
  }, "proxy_cache_convert_head off; proxy_cache_key $uri;");
  ask(world.proxy, request_text("HEAD", "/"), true);
  checks.equal(world.body("/"), "body", "GET behind HEAD");
  checks.equal(ask(world.proxy, request_text("HEAD", "/"), true).field("X-Cache"), "HIT", "HEAD is answered from GET");
}

void what_is_cut_is_not_stored(Checks& checks) {
  const std::string head = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n";
  for (const std::string& cut : {head + "Content-Length: 10\r\n\r\nhalf", head + "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
                                 head + "Transfer-Encoding: chunked\r\n\r\n9\r\nhalf", head + "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n"}) {
    World world([cut](const UpstreamRequest&) { return Actions{Action::send(cut), Action::close()}; });
    const RawResponse first = get(world.proxy, "/");
    checks.that(!first.complete || first.status == 502, "the client sees that it is cut: " + cut.substr(head.size()));
    world.upstream.set_script(answers("whole"));
    checks.equal(world.body("/"), "whole", cut.substr(head.size()));
  }
}

void a_206_is_not_stored(Checks& checks) {
  World world(sends("HTTP/1.1 206 Partial Content\r\nCache-Control: max-age=60\r\nContent-Range: bytes 0-3/8\r\nContent-Length: 4\r\n\r\nhalf"),
              "proxy_cache_valid 206 1m;");
  world.body("/");
  world.upstream.set_script(answers("whole"));
  checks.equal(world.body("/"), "whole", "after an unasked 206");
}

// ---- 304 ----

void a_304_updates_what_it_may(Checks& checks) {
  World world([](const UpstreamRequest& request) {
    const bool has_it = request.head.find("If-None-Match: \"v\"") != std::string::npos;
    return Actions{Action::send(has_it ? "HTTP/1.1 304 Not Modified\r\nETag: \"v\"\r\nCache-Control: max-age=60\r\nX-New: 1\r\n"
                                         "Content-Length: 99\r\nContent-Encoding: gzip\r\nContent-Type: evil/type\r\nContent-Range: bytes 0-0/1\r\n\r\n"
                                       : ok_response("body", "Cache-Control: max-age=0\r\nETag: \"v\"\r\nContent-Type: text/plain\r\n"))};
  }, "proxy_cache_revalidate on;");
  world.body("/");
  world.body("/");
  const RawResponse hit = get(world.proxy, "/");
  checks.equal(told(hit), "HIT 200 body", "after the 304");
  checks.equal(hit.field("X-New"), "1", "a new field");
  checks.equal(hit.field("Content-Length"), "4", "Content-Length");
  checks.equal(hit.field("Content-Encoding"), "", "Content-Encoding");
  checks.equal(hit.field("Content-Range"), "", "Content-Range");
}

void a_304_that_nobody_asked_for_is_not_stored(Checks& checks) {
  World world(sends("HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=60\r\nETag: \"v\"\r\n\r\n"), "proxy_cache_valid any 1m;");
  const RawResponse first = get(world.proxy, "/");
  checks.that(first.status == 304 || first.status == 502, "passed on or refused");
  world.upstream.set_script(answers("good"));
  checks.equal(world.body("/"), "good", "the next one");
}

void a_304_for_another_version_is_asked_again(Checks& checks) {
  World world([](const UpstreamRequest& request) {
    const bool is_conditional = request.head.find("If-None-Match") != std::string::npos;
    return Actions{Action::send(is_conditional ? "HTTP/1.1 304 Not Modified\r\nETag: \"other\"\r\nCache-Control: max-age=60\r\n\r\n"
                                               : ok_response("body", "Cache-Control: max-age=0\r\nETag: \"v\"\r\n"))};
  }, "proxy_cache_revalidate on;");
  world.body("/");
  checks.equal(get(world.proxy, "/").body, "body", "asked again without the condition");
  checks.equal(world.upstream.requests().size(), 3u, "requests");
}

// ---- S33: a hit whose request has a body ----

void a_hit_leaves_no_body_behind(Checks& checks) {
  World world(counts(fresh));
  world.body("/");
  const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n";
  for (const std::string& framing : {"Content-Length: " + std::to_string(smuggled.size()) + "\r\n\r\n" + smuggled,
                                     "Transfer-Encoding: chunked\r\n\r\n2a\r\n" + smuggled + "\r\n0\r\n\r\n"}) {
    RawClient client(world.proxy.port());
    client.send("GET / HTTP/1.1\r\nHost: a.test\r\n" + framing + "GET /last HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
    client.read_to_close();
  }
  for (const UpstreamRequest& request : world.upstream.requests())
    checks.that(request.path() != "/smuggled", "a body was taken for a request");
}

// ---- herds and slow fills ----

std::vector<std::unique_ptr<RawClient>> ask_all(const ProxyUnderTest& proxy, int count) {
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<RawClient>(proxy.port()));
    clients.back()->send(request_text("GET", "/"));
  }
  return clients;
}

void a_cold_herd_is_one_request(Checks& checks) {
  auto go = std::make_shared<Event>();
  World world([=](const UpstreamRequest&) { return Actions{Action::wait(go), Action::send(ok_response("body", fresh))}; });
  auto clients = ask_all(world.proxy, 100);
  world.upstream.wait_until([&] { return world.upstream.requests().size() == 1; });
  go->set();
  int good = 0;
  for (auto& client : clients) good += client->read_response().value_or(RawResponse{}).body == "body" ? 1 : 0;
  checks.equal(good, 100, "answers");
  checks.equal(world.upstream.requests().size(), 1u, "requests");
}

void an_expired_herd_is_one_request(Checks& checks) {
  World world(answers("x"));
  world.upstream.set_script([](const UpstreamRequest&) { return Actions{Action::send(ok_response("old", "Cache-Control: max-age=0, stale-while-revalidate=60\r\n"))}; });
  world.body("/");
  auto go = std::make_shared<Event>();
  world.upstream.set_script([=](const UpstreamRequest&) { return Actions{Action::wait(go), Action::send(ok_response("new", fresh))}; });
  int old = 0;
  for (auto& client : ask_all(world.proxy, 100)) old += client->read_response().value_or(RawResponse{}).body == "old" ? 1 : 0;
  go->set();
  checks.equal(old, 100, "nobody waits");
  world.upstream.wait_until([&] { return world.upstream.requests().size() == 2; });
  for (int i = 0; i < 500 && world.body("/") != "new"; ++i) continue;
  checks.equal(world.upstream.requests().size(), 2u, "requests");
}

void a_slow_fill_blocks_nobody(Checks& checks) {
  auto go = std::make_shared<Event>();
  World world([=](const UpstreamRequest& request) {
    const Action answer = Action::send(ok_response("body", fresh));
    return request.connection == 1 ? Actions{Action::wait(go), answer} : Actions{answer};
  }, "proxy_cache_lock_timeout 100ms;");
  RawClient slow(world.proxy.port());
  slow.send(request_text("GET", "/"));
  world.upstream.wait_until([&] { return world.upstream.requests().size() == 1; });
  checks.equal(world.body("/"), "body", "behind proxy_cache_lock_timeout");
  go->set();
  checks.equal(slow.read_response().value_or(RawResponse{}).body, "body", "the slow one");
}

void a_fill_outlives_its_client(Checks& checks) {
  auto go = std::make_shared<Event>();
  World world([=](const UpstreamRequest&) { return Actions{Action::wait(go), Action::send(ok_response("body", fresh))}; });
  auto clients = ask_all(world.proxy, 2);
  world.upstream.wait_until([&] { return world.upstream.requests().size() == 1; });
  clients[0]->reset();
  go->set();
  checks.equal(clients[1]->read_response().value_or(RawResponse{}).body, "body", "who waited");
  checks.equal(world.upstream.requests().size(), 1u, "requests");
}

// ---- large ones ----

/// Counted as it comes, and not kept.
std::size_t bytes_of_answer(const ProxyUnderTest& proxy) {
  RawClient client(proxy.port());
  client.send(request_text("GET", "/", "Connection: close\r\n"));
  std::vector<char> buffer(1 << 20);
  std::size_t all = 0;
  for (ssize_t got; (got = ::recv(client.fd(), buffer.data(), buffer.size(), 0)) != 0;) {
    if (got > 0) all += static_cast<std::size_t>(got);
    else if (pollfd ready{client.fd(), POLLIN, 0}; ::poll(&ready, 1, 10'000) <= 0) break;
  }
  return all;
}

void what_is_too_large_passes_without_being_kept(Checks& checks) {
  constexpr std::size_t size = 64 << 20;
  for (const bool is_sized : {true, false}) {
    FakeUpstream upstream([=](const UpstreamRequest&) {
      return Actions{Action::send("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n" +
                                  (is_sized ? "Content-Length: " + std::to_string(size) : std::string("X: y")) + "\r\n\r\n" + std::string(size, 'x')),
                     Action::close()};
    });
    ProxyUnderTest proxy(http_config("proxy_cache_path memory keys_zone=z:64m max_entry=1m;\nserver { listen 127.0.0.1:@port@; location / {\n"
                                     "proxy_pass http://" + upstream.address() + "; proxy_cache z; proxy_max_temp_file_size 0; } }"));
    const std::size_t before = rss_kib(proxy.pid());
    checks.that(bytes_of_answer(proxy) >= size, "the whole came");
    checks.that(!memory_can_be_measured || rss_kib(proxy.pid()) < before + 16 * 1024, "a body of 64 MiB was gathered: " + std::to_string(rss_kib(proxy.pid()) - before) + " KiB more");
    bytes_of_answer(proxy);
    checks.equal(upstream.requests().size(), 2u, "requests: it was not stored");
  }
}

// ---- time ----

void age_counts_and_never_runs_backwards(Checks& checks) {
  for (const auto& [fields, least, most] : {std::tuple<std::string, int, int>{"Age: 50\r\n", 50, 55}, {"Age: -5\r\n", 0, 5},
                                            {"Date: Thu, 01 Jan 2099 00:00:00 GMT\r\n", 0, 5}, {"", 0, 5}}) {
    World world(counts("Cache-Control: max-age=6000\r\n" + fields));
    world.body("/");
    const RawResponse hit = get(world.proxy, "/");
    const std::string age = hit.field("Age");
    checks.equal(hit.body, "1", fields);
    checks.that(!age.empty() && std::stoi(age) >= least && std::stoi(age) <= most, fields + " gave Age " + age);
  }
}

void what_is_old_at_arrival_is_not_fresh(Checks& checks) {
  for (const std::string& fields : {std::string("Age: 100\r\n"), std::string("Age: 99999999999999999999\r\n"),
                                    std::string("Date: Thu, 01 Jan 1998 00:00:00 GMT\r\n"), std::string("Age: 100\r\nAge: 10\r\n")}) {
    World world(counts(fresh + fields));
    world.body("/");
    checks.equal(world.body("/"), "2", fields);
  }
}

// ---- ranges ----

void ranges_are_cut_and_capped(Checks& checks) {
  World world([](const UpstreamRequest&) { return Actions{Action::send(ok_response("0123456789", fresh))}; });
  world.body("/");
  checks.equal(world.says("/", "Range: bytes=2-4\r\n"), "HIT 206 234", "one");
  checks.equal(get(world.proxy, "/", "Range: bytes=10-\r\n").status, 416, "behind the end");
  checks.equal(world.says("/", "Range: bytes=-0\r\n").substr(0, 7), "HIT 416", "nothing");
  std::string many = "Range: bytes=0-0";
  for (int i = 0; i < 1000; ++i) many += ",0-";
  const RawResponse response = get(world.proxy, "/", many + "\r\n");
  checks.that(response.body.size() <= 2000, "1000 overlapping ranges made " + std::to_string(response.body.size()) + " bytes of 10");
  checks.equal(world.upstream.requests().size(), 1u, "requests");
}

// ---- purge and invalidation ----

void purge_is_for_given_addresses(Checks& checks) {
  World world(counts(fresh), "proxy_cache_purge PURGE from 10.0.0.0/8;");
  world.body("/");
  checks.equal(ask(world.proxy, request_text("PURGE", "/")).status, 403, "from elsewhere");
  checks.equal(ask(world.proxy, request_text("PURGE", "/", "X-Forwarded-For: 10.0.0.1\r\n")).status, 403, "who says he is");
  checks.equal(world.says("/"), "HIT 200 1", "it still stands");
}

void purge_takes_who_is_named(Checks& checks) {
  World world(counts(fresh), "proxy_cache_purge PURGE from 10.0.0.0/8 127.0.0.1;");
  world.body("/");
  checks.equal(ask(world.proxy, request_text("PURGE", "/")).status, 200, "from a named address");
  checks.equal(world.says("/"), "MISS 200 2", "it is gone");
}

void purge_is_nothing_special_by_default(Checks& checks) {
  World world(counts(fresh));
  world.body("/");
  ask(world.proxy, request_text("PURGE", "/nothing"));
  checks.equal(world.says("/"), "HIT 200 1", "it still stands");
}

void unsafe_methods_invalidate(Checks& checks) {
  for (const std::string method : {"POST", "PUT", "DELETE", "PATCH"}) {
    World world([number = std::make_shared<std::atomic<int>>(0)](const UpstreamRequest& request) {
      const bool is_safe = request.line().starts_with("GET");
      return Actions{Action::send(ok_response(std::to_string(++*number), is_safe ? fresh : "Location: /b\r\nContent-Location: http://a.test/c\r\n"))};
    });
    for (const std::string path : {"/a", "/b", "/c", "/d"}) world.body(path);
    ask(world.proxy, request_text(method, "/a", {}, "x"));
    checks.equal(world.body("/a"), "6", method + ": its target");
    checks.equal(world.body("/b"), "7", method + ": Location");
    checks.equal(world.body("/c"), "8", method + ": Content-Location");
    checks.equal(world.body("/d"), "4", method + ": nothing else");
  }
}

void failed_unsafe_methods_invalidate_nothing(Checks& checks) {
  World world([](const UpstreamRequest& request) {
    return Actions{Action::send(request.line().starts_with("GET") ? ok_response("1", fresh) : status_response(403, "no"))};
  });
  world.body("/a");
  ask(world.proxy, request_text("POST", "/a", {}, "x"));
  checks.equal(world.says("/a"), "HIT 200 1", "after a 403");
}

}  // namespace

std::vector<Entry> rule_entries() {
  return {
      {"C01", "Set-Cookie", {{"not stored", set_cookie_is_not_stored}, {"stored when told, without it", set_cookie_is_stored_when_told_without_the_cookie}}},
      {"C02", "Authorization", {{"stored only with public, must-revalidate or s-maxage", authorization_needs_a_word}}},
      {"C03", "Cache-Control, Pragma, Vary: *, Expires", {{"on doubt not stored", doubt_is_not_stored}, {"quoted values", quoted_values_are_read}}},
      {"C04", "Vary", {{"tells apart", vary_tells_apart}, {"normalised", vary_is_normalised}, {"a flood of variants", many_variants_drive_nothing_else_out}}},
      {"C05", "the key has the whole URL", {{"every part counts", every_part_of_the_url_counts}}},
      {"C06", "unkeyed inputs", {{"fields that name another URL", unkeyed_fields_poison_nobody}, {"Range", accept_and_range_do_not_matter}, {"a body", a_get_with_a_body_is_not_stored}}},
      {"C07", "web cache deception", {{"extensions", an_extension_stores_nothing}}},
      {"C08", "parameter cloaking", {{"the raw query counts", every_part_of_the_url_counts}}},
      {"C09", "poisoning by errors", {{"errors", errors_are_not_stored}, {"written", an_error_is_stored_when_written}, {"bad requests", bad_requests_leave_nothing}}},
      {"C10", "HEAD", {{"not served to GET", a_head_answer_is_not_a_get_answer}}},
      {"C11", "cut and partial responses", {{"cut", what_is_cut_is_not_stored}, {"206", a_206_is_not_stored}}},
      {"C12", "304", {{"fields", a_304_updates_what_it_may}, {"unasked", a_304_that_nobody_asked_for_is_not_stored}, {"another version", a_304_for_another_version_is_asked_again}}},
      {"C13", "a hit with an unread body", {{"is no request", a_hit_leaves_no_body_behind}}},
      {"C16", "herds", {{"cold", a_cold_herd_is_one_request}, {"expired", an_expired_herd_is_one_request}}},
      {"C17", "slow fills", {{"timeout", a_slow_fill_blocks_nobody}, {"the client leaves", a_fill_outlives_its_client}}},
      {"C18", "large bodies", {{"stream on", what_is_too_large_passes_without_being_kept}}},
      {"C19", "Age and Date", {{"counted and clamped", age_counts_and_never_runs_backwards}, {"old at arrival", what_is_old_at_arrival_is_not_fresh}}},
      {"C20", "ranges of a stored response", {{"cut and capped", ranges_are_cut_and_capped}}},
      {"C21", "PURGE from outside", {{"given addresses", purge_is_for_given_addresses}, {"who is named", purge_takes_who_is_named}, {"off", purge_is_nothing_special_by_default}}},
      {"C23", "unsafe methods", {{"invalidate", unsafe_methods_invalidate}, {"failed ones do not", failed_unsafe_methods_invalidate_nothing}}},
  };
}

}  // namespace drishti::testing::cache_catalogue
