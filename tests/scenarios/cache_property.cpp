#include "tests/scenarios/cache_property.hpp"

#include <algorithm>
#include <random>

#include "tests/scenarios/cache_property_model.hpp"
#include "tests/scenarios/redis_cache.hpp"

namespace drishti::testing::property {
namespace {

/// The first are asked for all the time, and purged and changed long before they expire; the others live to their end.
constexpr std::size_t busy_urls = 60, quiet_urls = 20, groups = 6;

std::string path_of(std::size_t url) {
  return (url < busy_urls ? "/g" + std::to_string(url % groups) : std::string("/quiet")) + "/u" + std::to_string(url);
}

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t n) { return engine_() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::mt19937_64 engine_;
};

// ---- the origin ----

std::string value_in(const std::string& head, const std::string& name) {
  const auto at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

std::map<std::string, std::string> selecting_fields(const std::string& head) {
  std::map<std::string, std::string> fields;
  for (const auto& [name, lower] : {std::pair{"Cookie", "cookie"}, {"X-Lang", "x-lang"}, {"Accept-Encoding", "accept-encoding"}})
    if (head.find(std::string("\r\n") + name + ":") != std::string::npos) fields[lower] = value_in(head, name);
  return fields;
}

/// Draws the rules of an answer: what is said about it, and in ANSWER what that means.
std::string draw_rules(Dice& dice, Answer& answer, bool has_authorization, const std::map<std::string, std::string>& fields) {
  const auto life = static_cast<std::int64_t>(1 + dice.below(3));
  const std::string age = "max-age=" + std::to_string(life);
  answer.life = life * second;
  answer.needs_public = has_authorization;
  const auto vary = [&](const std::string& line, std::vector<std::string> names) {
    for (const std::string& name : names) answer.selected.emplace_back(name, selected_value(name, fields));
    return "Cache-Control: public, " + age + "\r\nVary: " + line + "\r\n";
  };
  const auto for_one = [&](const std::string& lines) {
    answer.for_one = true;
    return lines;
  };
  switch (dice.below(16)) {
    case 0: return for_one("Cache-Control: private, " + age + "\r\n");
    case 1: return for_one("Cache-Control: no-store, " + age + "\r\n");
    case 2: return for_one("Cache-Control: " + age + "\r\nSet-Cookie: session=" + std::to_string(answer.serial) + "\r\n");
    case 3: return for_one("Cache-Control: " + age + "\r\nVary: *\r\n");
    case 4: return for_one("");
    case 5: case 6: answer.needs_public = false; return vary("Cookie", {"cookie"});
    case 7: case 8: answer.needs_public = false; return vary("X-Lang, accept-encoding", {"x-lang", "accept-encoding"});
    case 9: answer.needs_public = false; return vary("Accept-Encoding, Cookie", {"cookie", "accept-encoding"});
    case 10:
      answer.life = 0;
      answer.must_revalidate = true;
      return "Cache-Control: no-cache, max-age=3\r\n";
    case 11:
      answer.needs_public = false;
      answer.is_shared_age = true;
      return "Cache-Control: max-age=0, s-maxage=" + std::to_string(life) + "\r\n";
    case 12:
      answer.needs_public = false;
      answer.must_revalidate = true;
      return "Cache-Control: " + age + ", must-revalidate\r\n";
    case 13: answer.while_revalidating = second; return "Cache-Control: " + age + ", stale-while-revalidate=1\r\n";
    case 14: answer.needs_public = false; return "Cache-Control: public, " + age + "\r\n";
    default: return "Cache-Control: " + age + "\r\n";
  }
}

Actions answer_as_origin(const UpstreamRequest& request, std::uint64_t seed) {
  const std::string& head = request.head;
  const std::uint64_t serial = std::stoull(value_in(head, "X-Serial"));
  Dice dice(seed ^ (serial * 0x9e3779b97f4a7c15u));
  const Micros made = now();
  const std::string checked = "X-Checked: " + std::to_string(serial) + " " + std::to_string(made) + "\r\n";
  if (const std::string tag = value_in(head, "If-None-Match"); !tag.empty() && !dice.one_in(3))
    return {Action::send("HTTP/1.1 304 Not Modified\r\nETag: " + tag + "\r\n" + checked + "\r\n")};
  Answer answer;
  answer.path = request.path();
  answer.serial = serial;
  answer.made = made;
  answer.size = dice.one_in(40) ? 20'000 + dice.below(300'000) : 0;
  const std::string rules = draw_rules(dice, answer, !value_in(head, "Authorization").empty(), selecting_fields(head));
  if (head.find("\r\nCache-Control: no-store\r\n") != std::string::npos) answer.for_one = true;
  const std::string tag = dice.one_in(2) ? "ETag: \"" + std::to_string(serial) + "\"\r\n" : std::string();
  std::string response = ok_response(answer.body(), "X-For: " + answer.text() + "\r\nCache-Tag: t" + std::to_string(serial % 4) + "\r\n" + rules + tag);
  if (head.starts_with("HEAD")) response.resize(response.find("\r\n\r\n") + 4);
  return {Action::send(std::move(response))};
}

// ---- the clients ----

void draw_selecting_fields(Dice& dice, Request& r) {
  if (dice.one_in(2)) r.fields["cookie"] = "u=" + std::to_string(dice.below(5));
  if (dice.one_in(2)) r.fields["x-lang"] = dice.one_in(2) ? "de" : "en";
  static const std::array<std::string, 4> codings{"gzip", "gzip, br", "br,gzip", "br"};
  if (dice.one_in(2)) r.fields["accept-encoding"] = codings[dice.below(codings.size())];
  r.has_authorization = dice.one_in(6);
}

/// The client's Cache-Control.
std::string draw_control(Dice& dice, Request& r) {
  switch (dice.below(24)) {
    case 0: r.no_cache = true; return "no-cache";
    case 1: r.max_age = 0; return "max-age=0";
    case 2: r.max_age = second; return "max-age=1";
    case 3: r.min_fresh = second; return "min-fresh=1";
    case 4: r.max_stale = second; return "max-stale=1";
    case 5: r.only_if_cached = true; return "only-if-cached";
    case 6: r.no_store = true; return "no-store";
    default: return {};
  }
}

Request draw_request(Dice& dice, std::uint64_t serial, std::string& text) {
  Request r;
  r.serial = serial;
  const bool is_quiet = dice.one_in(200);
  r.url = std::min(dice.below(busy_urls), dice.below(busy_urls));  // some are asked for more often
  if (is_quiet) r.url = busy_urls + dice.below(quiet_urls);
  r.path = path_of(r.url);
  const std::uint64_t kind = is_quiet ? 99 : dice.below(100);
  r.method = kind < 8 ? "HEAD" : kind < 11 ? "POST" : kind < 13 ? "PURGE" : "GET";
  draw_selecting_fields(dice, r);
  const std::string control = draw_control(dice, r);
  r.range = r.method == "GET" && dice.one_in(40);
  text = r.method + " " + r.path + " HTTP/1.1\r\nHost: a.test\r\nX-Serial: " + std::to_string(serial) + "\r\n";
  if (r.fields.contains("cookie")) text += "Cookie: " + r.fields["cookie"] + "\r\n";
  if (r.fields.contains("x-lang")) text += "X-Lang: " + r.fields["x-lang"] + "\r\n";
  if (r.fields.contains("accept-encoding")) text += "Accept-Encoding: " + r.fields["accept-encoding"] + "\r\n";
  if (r.has_authorization) text += "Authorization: Basic " + std::to_string(dice.below(5)) + "\r\n";
  if (!control.empty()) text += "Cache-Control: " + control + "\r\n";
  if (r.range) text += "Range: bytes=5-14\r\n";
  if (r.method == "POST") text += "Content-Length: 1\r\n";
  text += r.method == "POST" ? "\r\nx" : "\r\n";
  return r;
}

/// However fast the machine is.
std::uint64_t most_requests(const Options& options) { return 10 * options.requests; }

class Run {
 public:
  Run(const Options& options, std::vector<std::uint16_t> ports)
      : options_(options), ports_(std::move(ports)), arrivals_(most_requests(options) + 1), purges_(busy_urls + quiet_urls) {}

  void client(unsigned number) {
    Dice dice(options_.seed * 1000 + number);
    std::vector<std::unique_ptr<RawClient>> connections(ports_.size());
    for (std::uint64_t serial; goes_on(serial = next_.fetch_add(1));) {
      std::string text;
      Request request = draw_request(dice, serial, text);
      request.proxy = dice.below(ports_.size());
      auto& connection = connections[request.proxy];
      if (!connection || connection->closed()) connection = std::make_unique<RawClient>(ports_[request.proxy]);
      ask(*connection, request, text);
    }
  }
  Report& report() { return report_; }

 private:
  /// The shortest lifetime is a second: some have to end.
  bool goes_on(std::uint64_t serial) const {
    return serial <= options_.requests || (serial <= most_requests(options_) && now() < begun_ + 4 * second);
  }

  void ask(RawClient& connection, Request& request, std::string& text) {
    const bool is_group = request.method == "PURGE" && request.serial % 8 == 0;
    if (is_group) text.replace(6, request.path.size(), "/g" + std::to_string(request.url % groups) + "/*");
    request.sent = now();
    request.floor = purges_.floor(request.url, request.proxy, request.sent);
    connection.send(text);
    const auto response = connection.read_response(request.method == "HEAD");
    const Micros done = now();
    if (!response || !response->complete) return note(request, "no answer", {});
    if (request.method == "PURGE") return take_purge(request, *response, is_group, done);
    take_answer(request, *response, done);
    if (request.method == "POST") purges_.note(request.url, request.proxy, request.sent, done);
  }

  void take_purge(const Request& request, const RawResponse& response, bool is_group, Micros done) {
    if (response.status != 200) return note(request, "PURGE " + std::to_string(response.status) + " " + response.body, {});
    for (std::size_t url = 0; url < busy_urls; ++url)
      if (url == request.url || (is_group && url % groups == request.url % groups)) purges_.note(url, request.proxy, request.sent, done);
    const std::lock_guard lock(mutex_);
    ++report_.purges;
  }

  void take_answer(const Request& request, const RawResponse& response, Micros done) {
    if (response.status == 504 && request.only_if_cached) return;
    const bool is_part = request.range && response.status == 206;  // a range may be ignored: RFC 9110 14.2
    if (response.status != 200 && !is_part) return note(request, "status " + std::to_string(response.status), {});
    const auto answer = Answer::read(response.field("X-For"));
    if (!answer) return note(request, "an unreadable answer", response.head);
    const std::string whole = answer->body();
    if (request.method != "HEAD" && response.body != (is_part ? whole.substr(5, 10) : whole))
      return note(request, "the body is not the head's", response.head);
    std::uint64_t checked = 0;
    Micros checked_at = 0;
    std::istringstream(response.field("X-Checked")) >> checked >> checked_at;
    const auto observed = Observed::read(response.field("X-Clock"));
    if (!observed || observed->answered > done + clock_step) return note(request, "a clock that is ahead", response.head);
    const std::string fault = fault_of(request, observed->begun, *answer, checked, checked_at, arrivals_);
    if (!fault.empty()) note(request, fault, response.head);
    arrivals_.note(checked != 0 ? checked : answer->serial, observed->answered);
    count(request, *answer, response, observed->answered < request.sent - clock_step);
  }

  void count(const Request& request, const Answer& answer, const RawResponse& response, bool is_clock_late) {
    const std::string word = response.field("X-Cache");
    const std::lock_guard lock(mutex_);
    ++report_.requests;
    report_.shared += answer.serial != request.serial ? 1 : 0;
    report_.hits += word == "HIT" ? 1 : 0;
    report_.late_clocks += is_clock_late ? 1 : 0;
    report_.stale += word == "STALE" || word == "UPDATING" ? 1 : 0;
    report_.revalidated += word == "REVALIDATED" ? 1 : 0;
  }

  void note(const Request& request, const std::string& words, const std::string& head) {
    const std::lock_guard lock(mutex_);
    ++report_.fault_count;
    if (report_.faults.size() >= 5) return;
    std::string fields;
    for (const auto& [name, value] : request.fields) fields += " " + name + "=" + value;
    report_.faults.push_back("request " + std::to_string(request.serial) + " " + request.method + " " + request.path + fields + " to proxy " +
                             std::to_string(request.proxy) + " at " + std::to_string(request.sent) + ": " + words + "\n" + head);
  }

  const Options options_;
  const std::vector<std::uint16_t> ports_;
  const Micros begun_ = now();
  std::atomic<std::uint64_t> next_{1};
  Arrivals arrivals_;
  Purges purges_;
  std::mutex mutex_;
  Report report_;
};

std::string config(const FakeUpstream& upstream, const std::string& zone, int workers) {
  return "worker_processes " + std::to_string(workers) + ";\n" +
         "events { worker_connections 1024; }\nhttp {\naccess_log off;\nproxy_cache_path " + zone + " keys_zone=z:4m;\n" +
         "upstream origin { server " + upstream.address() + "; keepalive 64; keepalive_requests 1000000000; }\nkeepalive_requests 1000000000;\n" +
         "server { listen 127.0.0.1:@port@; location / {\nproxy_pass http://origin; proxy_http_version 1.1; " +
         "proxy_set_header Connection \"\";\nproxy_cache z; proxy_cache_revalidate on; proxy_cache_purge on;\n" +
         "add_header X-Cache $upstream_cache_status always;\n" +
         "add_header X-Clock \"$msec $request_time\" always;\n} } }\n";
}

}  // namespace

std::string Report::text() const {
  std::ostringstream out;
  out << requests << " requests in " << seconds << " s: " << hits << " hits, " << stale << " stale or updating, " << revalidated << " revalidated, "
      << shared << " with another request's answer, " << purges << " purges, " << upstream << " reached the origin, "
      << late_clocks << " by a late clock, " << fault_count << " faults";
  for (const std::string& fault : faults) out << "\n  " << fault;
  return out.str();
}

Report run(const Options& options) {
  std::atomic<std::uint64_t> fetched{0};
  FakeUpstream upstream([&](const UpstreamRequest& request) {
    if (fetched.fetch_add(1) % 4096 == 4095) upstream.forget();
    return answer_as_origin(request, options.seed);
  });
  std::unique_ptr<RedisProcess> redis;
  if (options.with_redis) redis = std::make_unique<RedisProcess>();
  std::vector<std::unique_ptr<ProxyUnderTest>> proxies;
  std::vector<std::uint16_t> ports;
  for (int i = 0; i < (redis ? 2 : 1); ++i) {
    // The deadline of a command is no subject here, and this machine may be busy.
    proxies.push_back(std::make_unique<ProxyUnderTest>(config(upstream, redis ? redis->url("?timeout=1s") : "memory", redis ? 1 : 2)));
    ports.push_back(proxies.back()->port());
  }
  if (redis) eventually([&] { return are_connected(*redis, 2, 1); });
  Run run(options, ports);
  const Micros begun = now();
  std::vector<std::thread> clients;
  for (unsigned i = 0; i < options.clients; ++i) clients.emplace_back([&run, i] { run.client(i); });
  for (std::thread& client : clients) client.join();
  Report report = std::move(run.report());
  report.seconds = static_cast<double>(now() - begun) / 1e6;
  report.upstream = fetched;
  return report;
}

}  // namespace drishti::testing::property
