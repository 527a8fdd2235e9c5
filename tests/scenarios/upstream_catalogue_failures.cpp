// Servers that refuse, hang, reset and close, and what may be tried again.

#include <sys/socket.h>
#include <unistd.h>

#include "conf/socket_address.hpp"
#include "tests/scenarios/admin_support.hpp"
#include "tests/scenarios/health_support.hpp"
#include "tests/scenarios/upstream_catalogue.hpp"
#include "tests/support/backend_process.hpp"
#include "tests/support/load_client.hpp"
#include "tests/support/patience.hpp"

namespace drishti::testing::upstream_catalogue {
namespace {

using std::chrono::seconds;

int status_of(const ProxyUnderTest& proxy, const std::string& path = "/", const char* method = "GET") {
  return ask(proxy, request_text(method, path, {}, std::string(method) == "POST" ? "x" : "")).status;
}

/// All of N requests are answered with BODY.
void all_answered(const ProxyUnderTest& proxy, const std::string& body, Checks& checks) {
  for (int i = 0; i < 4; ++i) checks.equal(ask(proxy, request_text("GET", "/")).body, body, "a GET");
}

/// Its queue of connections is full: the next SYN is dropped.
class FullListener {
 public:
  FullListener() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    SocketAddress any = *SocketAddress::from_ip("127.0.0.1", 0);
    ::bind(listener_, any.data(), any.size());
    socklen_t size = any.size();
    ::getsockname(listener_, any.data(), &size);
    address_ = any;
    ::listen(listener_, 0);
    for (int& fd : fillers_) {
      fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      ::connect(fd, address_.data(), address_.size());
    }
  }
  ~FullListener() {
    for (const int fd : fillers_) ::close(fd);
    ::close(listener_);
  }
  FullListener(const FullListener&) = delete;
  FullListener& operator=(const FullListener&) = delete;
  std::string address() const { return address_.text(); }

 private:
  int listener_;
  SocketAddress address_;
  int fillers_[4] = {};
};

void refused_goes_to_the_next(Checks& checks) {
  DeadPort dead;
  FakeUpstream good(answers("good"));
  ProxyUnderTest proxy(proxy_config("server " + dead.address() + "; " + server(good)));
  all_answered(proxy, "good", checks);
}

void a_dropped_syn_goes_to_the_next(Checks& checks) {
  FullListener full;
  FakeUpstream good(answers("good"));
  {
    ProxyUnderTest proxy(proxy_config("server " + full.address() + "; " + server(good), "proxy_connect_timeout 300ms;"));
    all_answered(proxy, "good", checks);
  }
  ProxyUnderTest alone(proxy_config("server " + full.address() + ";", "proxy_connect_timeout 300ms;"));
  checks.equal(status_of(alone), 504, "nobody else is there");
}

void accepted_and_closed_goes_to_the_next(Checks& checks) {
  FakeUpstream closes([](const UpstreamRequest&) { return Actions{Action::close()}; }, FakeUpstream::AskAt::accept);
  FakeUpstream good(answers("good"));
  ProxyUnderTest proxy(proxy_config(server(closes) + server(good)));
  all_answered(proxy, "good", checks);
}

void silence_is_504(Checks& checks) {
  FakeUpstream silent(stays_silent());
  ProxyUnderTest proxy(proxy_config(server(silent), "proxy_read_timeout 200ms;"));
  checks.equal(status_of(proxy), 504, "GET");
  checks.equal(status_of(proxy, "/", "POST"), 504, "POST");
}

/// Answers the first request of a connection, and closes when the second arrives.
FakeUpstream::Script closes_on_the_second() {
  return [](const UpstreamRequest& request) {
    return request.number == 1 ? Actions{Action::send(ok_response("ok"))} : Actions{Action::close()};
  };
}

void a_race_with_the_idle_timeout_costs_nothing(Checks& checks) {
  FakeUpstream upstream(closes_on_the_second()), other(answers("other"));
  ProxyUnderTest proxy(proxy_config(server(upstream, "max_fails=1 fail_timeout=60s") + server(other, "backup")));
  all_answered(proxy, "ok", checks);
  checks.equal(other.requests().size(), 0U, "no blame");
}

void a_race_never_doubles_a_post(Checks& checks) {
  FakeUpstream upstream(closes_on_the_second());
  ProxyUnderTest proxy(proxy_config(server(upstream)));
  checks.equal(status_of(proxy), 200, "GET");
  checks.equal(status_of(proxy, "/pay", "POST"), 502, "POST on the kept connection");
  int payments = 0;
  for (const UpstreamRequest& request : upstream.requests()) payments += request.path() == "/pay" ? 1 : 0;
  checks.equal(payments, 1, "payments");
}

void a_reset_in_the_response_is_not_repeated(Checks& checks) {
  FakeUpstream resets([](const UpstreamRequest&) {
    return Actions{Action::send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"), Action::reset()};
  });
  FakeUpstream other(answers("other"));
  ProxyUnderTest proxy(proxy_config(server(resets) + server(other, "backup"), "proxy_buffering off;"));
  const RawResponse response = ask(proxy, request_text("GET", "/"));
  checks.that(!response.complete, "it does not look whole");
  checks.equal(other.requests().size(), 0U, "asked again");
}

void all_down_is_502_at_once_and_ends(Checks& checks) {
  FakeUpstream one(answers("back")), two(answers("back"));
  one.kill();
  two.kill();
  ProxyUnderTest proxy(proxy_config(server(one, "fail_timeout=1s") + server(two, "fail_timeout=1s")));
  for (int i = 0; i < 3; ++i) checks.equal(status_of(proxy), 502, "nobody is there");
  one.revive();
  checks.that(becomes(proxy, "back"), "the first one that is back is used");
}

void one_of_three_is_killed(Checks& checks) {
  BackendProcess one("1"), two("2"), three("3");
  std::string servers;
  for (const BackendProcess* backend : {&one, &two, &three}) servers += "server " + backend->address() + " max_fails=1 fail_timeout=1s; ";
  ProxyUnderTest proxy("worker_processes 2;\n" + proxy_config(servers));
  LoadClient load(proxy.port(), 4, LoadClient::Connections::kept);
  for (BackendProcess* victim : {&one, &two, &three}) {
    const std::string name = victim == &one ? "1" : victim == &two ? "2" : "3";
    checks.that(load.wait_for_body(name, seconds(30)), name + " takes part");
    victim->kill();
    checks.that(load.wait_for_answers(50, seconds(30)), "the others answer");
    victim->start();
    checks.that(load.wait_for_body(name, seconds(30)), name + " is back");
  }
  load.stop();
  checks.equal(load.failed(), 0U, "failed requests: " + load.reasons());
}

void a_connection_that_goes_dead_is_ended(Checks& checks) {
  FakeUpstream half([](const UpstreamRequest&) {
    return Actions{Action::send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"), Action::read_to_close()};
  });
  ProxyUnderTest proxy(proxy_config(server(half), "proxy_read_timeout 200ms; proxy_buffering off;"));
  checks.that(!ask(proxy, request_text("GET", "/")).complete, "the client is told");
  checks.that(half.wait_until([&] { return half.connections_open() == 0; }), "and the connection is given up");
}

// EADDRNOTAVAIL, as when all ports are in use.
void no_local_port_is_no_fault_of_the_server(Checks& checks) {
  TokenFile token;
  FakeUpstream a(answers("a")), b(answers("b"));
  const std::string config = http_config("upstream backend { " + server(a, "max_fails=1 fail_timeout=60s") +
      server(b, "max_fails=1 fail_timeout=60s") + "}\nserver { listen 127.0.0.1:@port@; proxy_bind $arg_from; "
      "location / { proxy_pass http://backend; } }");
  ProxyUnderTest proxy(with_admin(token, config));
  const int status = status_of(proxy, "/?from=192.0.2.1");
  checks.that(status >= 500 && status < 504, "an error of ours: " + std::to_string(status));
  for (const FakeUpstream* upstream : {&a, &b})
    checks.equal(peer_of(proxy, upstream->address()).at("fails").as_int64(), 0, "fails of " + upstream->address());
  checks.equal(bodies(proxy, 2).size(), 2U, "both are used");
}

void a_request_goes_to_each_server_once(Checks& checks) {
  FakeUpstream one(answers_status(503, "1")), two(answers_status(503, "2")), three(answers_status(503, "3"));
  ProxyUnderTest proxy(proxy_config(server(one, "max_fails=0") + server(two, "max_fails=0") + server(three, "max_fails=0"),
                                    "proxy_next_upstream error http_503;"));
  for (int i = 0; i < 5; ++i) checks.equal(status_of(proxy), 503, "GET");
  checks.equal(one.requests().size() + two.requests().size() + three.requests().size(), 15U, "attempts of five requests");
}

/// All servers fail whatever comes; a budget of nothing means that nothing is repeated.
void a_spent_budget_ends_repeats(Checks& checks) {
  FakeUpstream one(answers_status(503, "1")), two(answers_status(503, "2"));
  ProxyUnderTest proxy(proxy_config("retry_budget 0% min=0; " + server(one, "max_fails=0") + server(two, "max_fails=0"),
                                    "proxy_next_upstream error http_503;"));
  for (int i = 0; i < 5; ++i) checks.equal(status_of(proxy), 503, "GET");
  checks.equal(one.requests().size() + two.requests().size(), 5U, "attempts of five requests");
}

void nothing_is_repeated_for_who_left(Checks& checks) {
  FakeUpstream silent(stays_silent()), other(answers("other"));
  ProxyUnderTest proxy(proxy_config(server(silent) + server(other, "backup")));
  {
    RawClient client(proxy.port());
    client.send(request_text("GET", "/gone"));
    checks.that(silent.wait_until([&] { return silent.requests().size() == 1; }), "it arrives");
  }
  checks.that(silent.wait_until([&] { return silent.connections_open() == 0; }), "it is cancelled");
  checks.that(log_line(proxy, "/gone").starts_with("499|"), "499 in the log");
  checks.equal(other.requests().size(), 0U, "asked again");
}

void a_proxy_line_on_a_plain_port_is_refused(Checks& checks) {
  FakeUpstream a(answers("a"));
  ProxyUnderTest proxy(proxy_config(server(a)));
  for (const std::string& line : {std::string("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n"), "PROXY UNKNOWN " + std::string(200, 'x') + "\r\n",
                                  std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c", 16) + "abcdefghijkl"})
    checks.that(ask(proxy, line + request_text("GET", "/")).status != 200, "accepted: " + line.substr(0, 20));
  checks.equal(a.requests().size(), 0U, "requests behind it");
}

/// What a listener of the protocol makes of BYTES: the answer, or "closed".
std::string answer_behind(const std::string& bytes, const std::string& more = {}) {
  ProxyUnderTest proxy(http_config("server { listen 127.0.0.1:@port@ proxy_protocol; client_header_timeout 300ms; " + more +
                                   " location / { return 200 \"$proxy_protocol_addr\"; } }"));
  RawClient client(proxy.port());
  client.send(bytes);
  const auto response = client.read_response();
  return response ? response->body : client.closed() ? "closed" : "open";
}

void a_header_is_right_or_the_connection_ends(Checks& checks) {
  const std::string request = request_text("GET", "/");
  const std::string addresses("\x01\x02\x03\x04\x05\x06\x07\x08\x00\x01\x00\x02", 12), start("\r\n\r\n\0\r\nQUIT\n\x21\x11", 14);
  const auto v2 = [&](const std::string& tlvs) {
    return start + std::string(1, '\0') + static_cast<char>(12 + tlvs.size()) + addresses + tlvs;
  };
  checks.equal(answer_behind("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + request), "1.2.3.4", "version 1");
  checks.equal(answer_behind(v2(std::string("\x01\x00\x02h2", 5)) + request), "1.2.3.4", "version 2");
  checks.equal(answer_behind("PROXY TCP4 1.2.3.4 5.6"), "closed", "truncated");
  checks.equal(answer_behind(v2({}).substr(0, 20)), "closed", "truncated");
  checks.equal(answer_behind(v2(std::string("\x01\x00\x09h2", 5)) + request), "closed", "wrong length of a TLV");
  checks.equal(answer_behind("PROXY UNKNOWN " + std::string(92, 'x') + "\r\n" + request), "closed", "108 bytes");
  checks.equal(answer_behind(request), "closed", "none at all");
  checks.equal(answer_behind("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + request, "proxy_protocol_from 10.0.0.0/8;"), "closed",
               "not from here");
}

void the_servers_own_timeout_counts(Checks& checks) {
  FakeUpstream upstream([](const UpstreamRequest&) {
    return Actions{Action::send(ok_response("ok", "Keep-Alive: timeout=1\r\nAlt-Svc: h3=\":443\"\r\n"))};
  });
  ProxyUnderTest proxy(proxy_config(server(upstream)));
  const RawResponse response = ask(proxy, request_text("GET", "/"));
  checks.equal(response.status, 200, "status");
  checks.that(response.field("keep-alive").empty(), "Keep-Alive is for one connection");
  checks.that(upstream.wait_until([&] { return upstream.connections_open() == 0; }), "the kept connection is given up");
}

void who_is_tied_to_a_dead_server_gets_another(Checks& checks) {
  FakeUpstream a(answers("a")), b(answers("b"));
  ProxyUnderTest proxy(proxy_config("ip_hash; " + server(a) + server(b)));
  const bool is_a = ask(proxy, request_text("GET", "/")).body == "a";
  (is_a ? a : b).kill();
  all_answered(proxy, is_a ? "b" : "a", checks);
}

void who_has_the_cookie_of_a_dead_server_gets_another(Checks& checks) {
  FakeUpstream a(answers("a")), b(answers("b"));
  ProxyUnderTest proxy(proxy_config(server(a, "route=ra") + server(b, "route=rb") + "sticky cookie id;"));
  const std::string request = request_text("GET", "/", "Cookie: id=ra\r\n");
  checks.equal(ask(proxy, request).body, "a", "its server");
  a.kill();
  const RawResponse moved = ask(proxy, request);
  checks.equal(moved.body, "b", "the other");
  checks.equal(moved.field("set-cookie"), "id=rb", "the cookie is written anew");
}

void cancelled_requests_are_counted_down(Checks& checks) {
  TokenFile token;
  FakeUpstream a(stays_silent()), b(stays_silent());
  ProxyUnderTest proxy(with_admin(token, "worker_processes 2;\n" + proxy_config("least_conn; " + server(a) + server(b))));
  for (int round = 0; round < 10; ++round) {
    RawClient one(proxy.port()), two(proxy.port());
    one.send(request_text("GET", "/"));
    two.send(request_text("POST", "/", "Content-Length: 100\r\n"));
    const auto arrived = [&] { return a.requests().size() + b.requests().size() > static_cast<std::size_t>(round); };
    checks.that(eventually(arrived), "it arrives");
  }
  const auto is_idle = [&] {
    return peer_of(proxy, a.address()).at("active").as_int64() + peer_of(proxy, b.address()).at("active").as_int64() == 0;
  };
  checks.that(eventually(is_idle), "nothing is in progress");
}

}  // namespace

std::vector<Entry> failure_entries() {
  return {
      {"U01", "refused, no answer to SYN", {{"refused", refused_goes_to_the_next}, {"dropped", a_dropped_syn_goes_to_the_next}}},
      {"U02", "accepted, then nothing", {{"closed", accepted_and_closed_goes_to_the_next}, {"silent", silence_is_504}}},
      {"U03", "closed as a request is written", {{"GET", a_race_with_the_idle_timeout_costs_nothing}, {"POST", a_race_never_doubles_a_post}}},
      {"U04", "reset in the response", {{"not repeated", a_reset_in_the_response_is_not_repeated}}},
      {"U05", "all down", {{"502, then back", all_down_is_502_at_once_and_ends}}},
      {"U06", "one of three killed", {{"under load", one_of_three_is_killed}}},
      {"U13", "half-open connections", {{"in the body", a_connection_that_goes_dead_is_ended}}},
      {"U14", "no local port", {{"EADDRNOTAVAIL", no_local_port_is_no_fault_of_the_server}}},
      {"U15", "retry storm", {{"each once", a_request_goes_to_each_server_once},
       {"budget", a_spent_budget_ends_repeats},
       {"client left", nothing_is_repeated_for_who_left}}},
      {"U16", "the client disconnects", {{"cancelled, 499", nothing_is_repeated_for_who_left}}},
      {"U18", "PROXY protocol", {{"unasked", a_proxy_line_on_a_plain_port_is_refused}, {"asked for", a_header_is_right_or_the_connection_ends}}},
      {"U19", "Keep-Alive and Alt-Svc of a server", {{"timeout hint", the_servers_own_timeout_counts}}},
      {"U20", "sticky server gone", {{"ip_hash", who_is_tied_to_a_dead_server_gets_another}, {"sticky", who_has_the_cookie_of_a_dead_server_gets_another}}},
      {"U21", "counters after cancelled requests", {{"least_conn", cancelled_requests_are_counted_down}}},
  };
}

}  // namespace drishti::testing::upstream_catalogue
