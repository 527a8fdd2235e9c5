#include <algorithm>
#include <fstream>

#include "tests/scenarios/catalogue.hpp"
#include "tests/support/patience.hpp"

namespace drishti::testing::catalogue {

namespace {

using Steady = std::chrono::steady_clock;

const std::string last_request = "GET /last HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}


std::string echo_text(const std::string& line) { return line.substr(0, line.rfind(' ')); }

std::string join(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += "[" + text.substr(0, 200) + "] ";
  return all;
}

bool starts_with_head(const std::string& line) { return line.starts_with("HEAD "); }

std::string check_statuses(const Probe& probe, const Observation& seen) {
  std::size_t expected = probe.statuses.size() + (probe.then == Probe::Then::last ? 1 : 0);
  bool none_allowed = probe.statuses.size() == 1 && probe.statuses[0].contains(0);
  if (none_allowed && seen.responses.empty()) return {};
  if (seen.responses.size() != expected) {
    std::string got;
    for (const RawResponse& response : seen.responses) got += " " + std::to_string(response.status);
    return "expected " + std::to_string(expected) + " responses, got" + got + ", behind them [" + seen.leftover.substr(0, 200) + "]";
  }
  for (std::size_t i = 0; i < probe.statuses.size(); ++i)
    if (!probe.statuses[i].contains(seen.responses[i].status))
      return "response " + std::to_string(i + 1) + " has status " + std::to_string(seen.responses[i].status);
  if (probe.then == Probe::Then::last && seen.responses.back().body != "GET /last")
    return "the request behind it was answered with [" + seen.responses.back().body + "]";
  if (!seen.leftover.empty()) return "bytes behind the last response: " + seen.leftover.substr(0, 200);
  return {};
}

std::string check_forwarded(const Probe& probe, const Observation& seen) {
  std::vector<std::string> expected = probe.forwarded, got;
  if (probe.then == Probe::Then::last) expected.push_back("GET /last HTTP/1.1");
  for (const UpstreamRequest& request : seen.requests) got.push_back(request.line());
  if (probe.checks_forwarded && got != expected)
    return "the upstream should see " + join(expected) + "but saw " + join(got);
  for (std::size_t i = 0; probe.echoes && i < probe.forwarded.size(); ++i)
    if (!starts_with_head(probe.forwarded[i]) && !seen.responses[i].body.starts_with(echo_text(probe.forwarded[i])))
      return "wrong answer [" + seen.responses[i].body.substr(0, 200) + "]";
  return {};
}

std::string check_upstream_bytes(const Probe& probe, const Observation& seen) {
  std::string raw = lower(seen.upstream_raw);
  for (const std::string& text : probe.has)
    if (seen.upstream_raw.find(text) == std::string::npos) return "the upstream did not get [" + text + "] but " + seen.upstream_raw.substr(0, 1000);
  for (const std::string& text : probe.lacks)
    if (raw.find(lower(text)) != std::string::npos) return "the upstream got [" + text + "]: " + seen.upstream_raw.substr(0, 1000);
  if (raw.find("/smuggled") != std::string::npos && probe.then == Probe::Then::smuggled && !probe.script)
    return "the smuggled request reached the upstream";
  for (const UpstreamRequest& request : seen.requests)
    if (std::string fault = not_canonical(request); !fault.empty()) return fault + ": " + request.head.substr(0, 1000);
  return {};
}

}  // namespace

const std::string smuggled_request = "GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n";

std::string get(const std::string& target, const std::string& fields) {
  return "GET " + target + " HTTP/1.1\r\nHost: a.test\r\n" + fields + "\r\n";
}

std::string post(const std::string& fields, const std::string& body, const std::string& target) {
  return "POST " + target + " HTTP/1.1\r\nHost: a.test\r\n" + fields + "\r\n" + body;
}

std::string chunked_post(const std::string& body, const std::string& target) {
  return post("Transfer-Encoding: chunked\r\n", body, target);
}

std::string repeat(const std::string& text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  while (times-- > 0) all += text;
  return all;
}

Probe refused(std::string words, std::string input, Statuses statuses) {
  Probe probe;
  probe.words = std::move(words);
  probe.input = std::move(input);
  probe.statuses = {std::move(statuses)};
  return probe;
}

Probe passed(std::string words, std::string input, std::vector<std::string> forwarded) {
  Probe probe;
  probe.words = std::move(words);
  probe.input = std::move(input);
  probe.then = Probe::Then::last;
  probe.statuses.assign(forwarded.size(), {200});
  probe.forwarded = std::move(forwarded);
  probe.echoes = true;
  return probe;
}

Probe answered(std::string words, std::string input, Statuses statuses) {
  Probe probe = refused(std::move(words), std::move(input), std::move(statuses));
  probe.then = Probe::Then::last;
  return probe;
}

Probe upstream_sends(std::string words, std::string bytes, Statuses statuses, bool then_closes) {
  Probe probe = answered(std::move(words), get("/r"), std::move(statuses));
  probe.forwarded = {"GET /r HTTP/1.1"};
  probe.pools = false;
  probe.script = [bytes, then_closes](const UpstreamRequest&) {
    Actions actions{Action::send(bytes)};
    if (then_closes) actions.push_back(Action::close());
    return actions;
  };
  return probe;
}

Actions echo(const UpstreamRequest& request) {
  std::string text = echo_text(request.line());
  if (starts_with_head(request.line()))
    return {Action::send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n")};
  return {Action::send(ok_response(request.body.empty() ? text : text + " " + request.body))};
}

Bench::Bench() : first_(echo), second_(echo), proxy_(config()) {
  std::ofstream(proxy_.directory() + "/file") << repeat("0123456789", 100);
}

std::string Bench::config() const {
  return R"(worker_processes 1;
events {}
http {
  access_log off;
  lingering_timeout 200ms;
  client_max_body_size 1m;
  types { text/plain txt; }
  upstream one { server )" + first_.address() + R"( max_fails=0; keepalive 8; }
  upstream two { server )" + first_.address() + " max_fails=0; server " + second_.address() + R"( max_fails=0; keepalive 8; }
  map $http_upgrade $connection_upgrade { default upgrade; '' close; }
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $host;
  proxy_set_header X-Real-IP $remote_addr;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Forwarded-Host $host;
  server {
    listen 127.0.0.1:@port@ default_server;
    server_name a.test;
    location / { proxy_pass http://one; }
    location /bounded { proxy_max_temp_file_size 1m; proxy_pass http://one; }
    location /small { client_max_body_size 10; proxy_pass http://one; }
    location /unbuffered { proxy_request_buffering off; proxy_pass http://one; }
    location /large { client_max_body_size 64m; proxy_pass http://one; }
    location /large/unbuffered { client_max_body_size 64m; proxy_request_buffering off; proxy_pass http://one; }
    location /ws {
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header Host $host;
      proxy_pass http://one;
    }
    location /coded/ { gzip on; gunzip on; proxy_pass http://one; }
    location = /coded/own { gzip on; default_type text/html; return 200 "<p>an answer of more than twenty bytes</p>"; }
    location /local { return 200 local; }
    location /admin { return 403; }
    location = /gone { return 404; }
    location /redirect { return 301 http://$host$uri; }
    location /argument { return 301 http://$host/?x=$arg_x; }
    location /capture { rewrite ^/capture/(.*)$ /new/$1 redirect; }
    location /header { add_header X-Path $uri always; return 200 header; }
    location /file { alias @dir@/file; }
    location ~ ^/slow/(a+)+$ { return 200 matched; }
    location = /who { return 200 a; }
    location /replaced/ { proxy_pass http://one/by/; }
  }
  server { listen 127.0.0.1:@port@; server_name b.test; location = /who { return 200 b; } location / { proxy_pass http://one; } }
  server { listen 127.0.0.1:@port@; server_name *.wild.test; location = /who { return 200 wild; } }
  server { listen 127.0.0.1:@port@; server_name xn--bcher-kva.test; location = /who { return 200 idn; } }
  server {
    listen 127.0.0.1:@port2@;
    server_name a.test;
    client_header_timeout 150ms;
    client_body_timeout 150ms;
    proxy_read_timeout 150ms;
    keepalive_requests 50;
    location / { proxy_pass http://one; }
    location /unbuffered { proxy_request_buffering off; proxy_pass http://one; }
  }
  server {
    listen 127.0.0.1:@port3@;
    location / { proxy_pass http://127.0.0.1:@port3@; }
    location = /last { proxy_pass http://one; }
  }
  server {
    listen 127.0.0.1:@port4@;
    proxy_next_upstream error timeout invalid_header;
    location / { proxy_pass http://two; }
  }
}
)";
}

void Bench::read_responses(const Probe& probe, RawClient& client, Observation& seen) {
  // Probes that may stay open say how many responses they wait for.
  if (probe.may_stay_open)
    for (std::size_t i = 0; i < probe.statuses.size(); ++i)
      if (auto response = client.read_response()) seen.responses.push_back(*response);
  if (probe.may_stay_open) return;
  std::string all = client.read_to_close();
  for (std::size_t i = 0; !all.empty(); ++i) {
    bool is_head = i < probe.forwarded.size() ? starts_with_head(probe.forwarded[i]) : probe.input.starts_with("HEAD ") && i == 0;
    auto response = take_response(all, client.closed(), is_head);
    if (!response) break;
    seen.responses.push_back(*response);
    if (!response->complete) break;
  }
  seen.leftover = all;
}

Observation Bench::observe(const Probe& probe) {
  Observation seen;
  FakeUpstream::Script script = probe.script;
  auto chosen = [script](const UpstreamRequest& request) {
    bool is_ours = request.path() == "/last" || request.path().starts_with("/clean");
    return script && !is_ours ? script(request) : echo(request);
  };
  first_.set_script(chosen, probe.ask_at);
  second_.set_script(chosen, probe.ask_at);
  auto begun = Steady::now();
  RawClient client(proxy_.port(probe.port));
  if (probe.drive) probe.drive(client, first_);
  else client.send(probe.input);
  if (probe.then == Probe::Then::smuggled) client.send(smuggled_request);
  if (probe.then == Probe::Then::last) client.send(last_request);
  read_responses(probe, client, seen);
  seen.took = std::chrono::duration_cast<milliseconds>(Steady::now() - begun);
  seen.closed = client.closed();
  seen.was_reset = client.was_reset();
  seen.requests = first_.requests();
  for (UpstreamRequest& request : second_.requests()) seen.requests.push_back(request);
  seen.upstream_raw = first_.raw() + second_.raw();
  return seen;
}

constexpr std::string_view stray = "the upstream received stray bytes: ";

// A request of another client gets its own answer, whatever came before it on the pooled connections. What the upstream reads
// late of a request that was cut off, on a connection of its own, is nothing; on the pooled one it would garble the next request.
std::string Bench::check_pool(const Probe& probe, const Observation& seen) {
  first_.set_script(echo);
  second_.set_script(echo);
  const std::string path = "/clean" + std::to_string(runs_);
  std::string fault;
  eventually([&] {
    fault = check_next_client(probe, seen, path);
    return !fault.starts_with(stray);
  });
  return fault;
}

std::string Bench::check_next_client(const Probe& probe, const Observation& seen, const std::string& path) {
  first_.forget();
  auto response = testing::get(proxy_.port(usual), path);
  if (!response || response->status != 200 || response->body != "GET " + path)
    return "the next client got " + (response ? response->head + response->body : std::string("nothing"));
  std::vector<UpstreamRequest> after = first_.requests();
  if (after.size() != 1 || after[0].path() != path) return "after the checking request the upstream saw other requests";
  if (first_.raw() != after[0].head && probe.ask_at == FakeUpstream::AskAt::request && probe.checks_forwarded)
    return std::string(stray) + first_.raw().substr(0, 1000);
  if (!probe.pools && !seen.requests.empty() && after[0].connection == seen.requests[0].connection)
    return "a dirty upstream connection was used again";
  return {};
}

// The log is written by a thread of its own.
bool Bench::was_logged(const Probe& probe, std::uintmax_t log_begin) const {
  if (probe.logs.empty()) return true;
  return eventually([&] { return proxy_.error_log().find(probe.logs, log_begin) != std::string::npos; });
}

std::string Bench::run(const Probe& probe) {
  ++runs_;
  first_.forget();
  second_.forget();
  std::uintmax_t log_begin = probe.logs.empty() ? 0 : proxy_.error_log().size();
  Observation seen = observe(probe);
  std::string fault = check_statuses(probe, seen);
  if (fault.empty() && !seen.closed && !probe.may_stay_open) fault = "the connection was not closed";
  if (fault.empty()) fault = check_forwarded(probe, seen);
  if (fault.empty()) fault = check_upstream_bytes(probe, seen);
  if (fault.empty() && probe.check) fault = probe.check(seen);
  if (fault.empty() && !was_logged(probe, log_begin)) fault = "the error log has no [" + probe.logs + "]";
  std::string pool_fault = check_pool(probe, seen);
  return fault.empty() ? pool_fault : fault;
}

}  // namespace drishti::testing::catalogue
