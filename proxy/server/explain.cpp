#include "server/explain.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "context/request_context.hpp"
#include "context/variables.hpp"
#include "filters/error_pages.hpp"
#include "filters/proxy_request.hpp"
#include "filters/rewrite.hpp"
#include "filters/static_files.hpp"
#include "http/head_parser.hpp"
#include "http/uri.hpp"
#include "net/clock.hpp"
#include "request/retry_policy.hpp"
#include "routing/router.hpp"
#include "server/command_line.hpp"
#include "server/error_log.hpp"
#include "server/explain_text.hpp"

namespace drishti::server {
namespace {

constexpr int most_steps = 20;  // more than the internal redirects and rewrites that a request may have

struct Url {
  std::string authority;  ///< empty when only a path was given
  std::uint16_t port = 80;
  std::string target;
};

std::uint16_t port_of(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos) return 80;
  std::uint16_t port = 0;
  const char* end = authority.data() + authority.size();
  const auto result = std::from_chars(authority.data() + colon + 1, end, port);
  if (result.ec != std::errc() || result.ptr != end)
    throw UsageError("invalid port in \"" + std::string(authority) + "\"");
  return port;
}

Url parse_url(std::string text) {
  text.resize(std::min(text.find('#'), text.size()));
  if (text.starts_with("https://")) throw UsageError("https is not served; write the URL with http://");
  if (text.starts_with("/")) return {"", 80, text};
  if (!text.starts_with("http://")) throw UsageError("want http://HOST/PATH, got \"" + text + "\"");
  text.erase(0, 7);
  const std::size_t slash = std::min(text.find_first_of("/?"), text.size());
  std::string target = text.substr(slash);
  if (target.empty() || target[0] == '?') target.insert(0, "/");
  const std::string authority = text.substr(0, slash);
  return {authority, port_of(authority), target};
}

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c | 0x20 : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) {
    return lower(static_cast<unsigned char>(x)) == lower(static_cast<unsigned char>(y));
  });
}

/// One explanation: the request on its way, and the text about it.
class Explanation {
 public:
  Explanation(std::shared_ptr<const conf::Config> config, const ExplainedRequest& request)
      : config_(std::move(config)), request_(request), router_(config_), url_(parse_url(request.url)) {}
  std::string run();

 private:
  void write_head();
  bool parse_head();
  SocketAddress local_address() const;
  void choose_server();
  bool normalise();
  bool run_server_rewrite();
  bool find_location();
  void list_candidates(const conf::Location& level);
  bool run_location_rewrite();
  bool tell(const filters::RewriteResult& result, const std::vector<conf::RewriteOp>& ops);
  bool content();
  bool tell_file(const filters::StaticResult& result, const char* source);
  bool go_to_named(std::string_view name);
  void tell_proxy();
  bool find_target(std::optional<std::string_view>& uri);
  void tell_group(const conf::Upstream& upstream);
  void tell_upstream_request(std::optional<std::string_view> uri);
  void tell_retries();
  void answer(int status);

  void line(const std::string& text) { out_ += text + "\n"; }
  void detail(const std::string& text) { out_ += "    " + text + "\n"; }
  /// Where DIRECTIVE, as it is in force for the request, was written.
  std::string origin(std::string_view directive) const {
    const auto& written = context_.location->written;
    const auto found = written.find(directive);
    return "  " + (found == written.end() ? "(default)" : place(found->second));
  }

  std::shared_ptr<const conf::Config> config_;
  const ExplainedRequest& request_;
  routing::Router router_;
  Url url_;
  std::string out_;
  std::string head_;
  ErrorLog error_log_;
  net::Clock clock_;
  context::ConnectionInfo connection_;
  context::RequestContext context_{clock_};
};

void Explanation::write_head() {
  head_ = request_.method + " " + url_.target + " HTTP/1.1\r\n";
  const bool has_host = std::any_of(request_.headers.begin(), request_.headers.end(),
                                    [](const auto& field) { return same_name(field.first, "Host"); });
  if (!has_host) head_ += "Host: " + (url_.authority.empty() ? "localhost" : url_.authority) + "\r\n";
  for (const auto& [name, value] : request_.headers) head_ += name + ": " + value + "\r\n";
  head_ += "\r\n";
}

bool Explanation::parse_head() {
  http::HeadLimits limits;
  limits.fields = 1000;
  http::RequestParser parser;
  parser.start(limits, context_.head);
  if (parser.parse(head_) == http::ParseState::done) return true;
  line("The request is refused before routing: " + std::string(http::reject_text(parser.reject())));
  line("Answer: " + std::to_string(http::reject_status(parser.reject())));
  return false;
}

/// The address that a client of the URL would reach: a listening one with the URL's port.
SocketAddress Explanation::local_address() const {
  std::string known;
  std::optional<SocketAddress> found;
  const std::string ip = url_.authority.substr(0, url_.authority.rfind(':'));
  for (const auto& server : config_->servers) {
    for (const conf::Listen& listen : server->listens) {
      known += " " + listen.address.text();
      if (listen.address.is_unix() || listen.address.port() != url_.port) continue;
      if (auto literal = SocketAddress::from_ip(ip, url_.port); literal && *literal == listen.address) return *literal;
      if (!found) found = listen.address;
    }
  }
  if (!found) throw UsageError("nothing listens on port " + std::to_string(url_.port) + "; addresses are:" + known);
  if (found->ip_text() == "0.0.0.0") return *SocketAddress::from_ip("127.0.0.1", url_.port);
  if (found->ip_text() == "::") return *SocketAddress::from_ip("::1", url_.port);
  return *found;
}

void Explanation::choose_server() {
  std::string host(context_.head.host);
  std::transform(host.begin(), host.end(), host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  if (host.ends_with('.')) host.pop_back();
  const std::string_view kept = context_.arena.copy(host);
  routing::RegexMatch match;
  context_.server = &router_.table(connection_.local)->find(kept, match);
  context_.location = context_.server->root.get();
  context_.host = kept.empty() ? std::string_view(context_.server->first_name) : kept;
  if (match.regex != nullptr) context::remember_captures(*match.regex, kept, match.captures, context_);
  line("Server: " + place(context_.server->where));
  detail("host \"" + host + "\" on " + connection_.local.text());
  detail(server_rule(*context_.server, host));
}

bool Explanation::normalise() {
  context_.method = context_.head.method;
  context_.method_text = context_.head.method_text;
  http::NormalizedTarget target;
  char* scratch = context_.arena.allocate(context_.head.target.size() + 1);
  if (http::normalize_target(context_.head.target, context_.server->merge_slashes, scratch, target) !=
      http::UriError::none) {
    line("The path is refused: bad escape, control byte, or .. above the root");
    answer(400);
    return false;
  }
  context_.uri = target.path;
  context_.args = target.args;
  if (!target.is_plain) detail("path after decoding and normalising: " + std::string(context_.uri));
  return true;
}

/// What the rewrite phase did; true when the request goes on to a location or its content.
bool Explanation::tell(const filters::RewriteResult& result, const std::vector<conf::RewriteOp>& ops) {
  using Action = filters::RewriteResult::Action;
  const std::string first = place(ops.front().where), last = place(ops.back().where);
  const std::string target =
      std::string(context_.uri) + (context_.args.empty() ? "" : "?" + std::string(context_.args));
  line("Rewrite phase: " + first + (last == first ? "" : " to " + last));
  switch (result.action) {
    case Action::go_on:
      detail("goes on with " + target);
      return true;
    case Action::relocate:
      detail("the URI is now " + target + "; the location is looked for again");
      return true;
    case Action::redirect:
      line("Answer: " + std::to_string(result.status) +
           ", Location: " + std::string(filters::redirect_location(result.text, context_)));
      return false;
    case Action::respond:
      if (result.has_text) {
        line("Answer: " + std::to_string(result.status) + " with the body \"" + std::string(result.text) + "\"");
      } else {
        answer(result.status);
      }
      return false;
    case Action::fail:
      answer(result.status);
      return false;
  }
  return false;
}

bool Explanation::run_server_rewrite() {
  const auto& ops = context_.server->root->rewrite;
  return ops.empty() || tell(filters::run_rewrite(ops, context_), ops);
}

void Explanation::list_candidates(const conf::Location& level) {
  for (const auto& child : level.children) {
    if (!location_matches(*child, context_.uri)) continue;
    if (child.get() != context_.location) detail("also matches: " + location_text(*child) + "  " + place(child->where));
    list_candidates(*child);
  }
}

bool Explanation::find_location() {
  routing::RegexMatch match;
  const routing::LocationMatch found = router_.find_location(*context_.server, context_.uri, match);
  if (found.regex_limit) {
    line("Location: a regular expression ran into its match limit");
    answer(500);
    return false;
  }
  context_.location = found.location;
  if (match.regex != nullptr) context::remember_captures(*match.regex, context_.uri, match.captures, context_);
  line("Location: " + location_text(*found.location) + "  " + place(found.location->where));
  if (found.auto_redirect) {
    detail("only the slash at the end of " + std::string(context_.uri) + " is missing");
    line("Answer: 301 to the same path with the slash");
    return false;
  }
  detail(location_rule(*found.location));
  list_candidates(*context_.server->root);
  if (!found.location->internal || context_.is_internal) return true;
  detail("it is internal, so a request from outside gets 404");
  answer(404);
  return false;
}

/// False when the request has been answered.
bool Explanation::run_location_rewrite() {
  for (int step = 0; step < most_steps; ++step) {
    const auto& ops = context_.location->rewrite;
    if (ops.empty()) return true;
    const filters::RewriteResult result = filters::run_rewrite(ops, context_);
    if (!tell(result, ops)) return false;
    if (result.action == filters::RewriteResult::Action::go_on) return true;
    if (!find_location()) return false;
  }
  line("Rewrites go in a circle");
  answer(500);
  return false;
}

/// True when the request was redirected inside and has to be routed again.
bool Explanation::tell_file(const filters::StaticResult& result, const char* source) {
  using Action = filters::StaticResult::Action;
  context_.is_internal = true;
  switch (result.action) {
    case Action::send:
      line("Answer: " + std::to_string(context_.response.status) + " with a file below " + std::string(source));
      return false;
    case Action::relocate:
      line(std::string(source) + ": internal redirect to " + std::string(context_.uri));
      return find_location() && run_location_rewrite();
    case Action::named:
      return go_to_named(result.target);
    case Action::redirect:
      line("Answer: 301 to " + std::string(filters::redirect_location(result.target, context_)));
      return false;
    default:
      answer(result.status);
      return false;
  }
}

bool Explanation::go_to_named(std::string_view name) {
  const conf::Location* named = router_.find_named(*context_.server, name);
  if (named == nullptr) {
    line("There is no location " + std::string(name));
    answer(500);
    return false;
  }
  context_.location = named;
  context_.raw_target_valid = false;
  context_.is_internal = true;
  line("Location: " + location_text(*named) + "  " + place(named->where));
  detail(location_rule(*named));
  return run_location_rewrite();
}

/// True when the content has to be looked for again, in another location.
bool Explanation::content() {
  if (context_.location->try_files) {
    const filters::StaticResult result = filters::run_try_files(context_);
    if (result.action != filters::StaticResult::Action::go_on) return tell_file(result, "try_files");
    line("try_files found " + std::string(context_.uri));
  }
  if (context_.location->proxy_pass) {
    tell_proxy();
    return false;
  }
  return tell_file(filters::serve_static(context_), context_.location->has_alias ? "alias" : "root");
}

/// Fills what proxy_pass decides; false when its URL makes no sense.
bool Explanation::find_target(std::optional<std::string_view>& uri) {
  const conf::ProxyPass& proxy_pass = *context_.location->proxy_pass;
  context_.proxy_host = proxy_pass.proxy_host;
  context_.proxy_port = proxy_pass.proxy_port;
  if (proxy_pass.uri) uri = *proxy_pass.uri;
  if (!proxy_pass.has_variables) return true;
  const filters::DynamicTarget target = filters::evaluate_proxy_pass(proxy_pass, context_);
  if (!target.ok || target.tls) return false;
  context_.proxy_host = target.proxy_host;
  context_.proxy_port = context_.arena.copy(std::to_string(target.port));
  uri = target.uri;
  return true;
}

void Explanation::tell_proxy() {
  const conf::ProxyPass& proxy_pass = *context_.location->proxy_pass;
  line("Proxy: proxy_pass " + proxy_pass.url.source + "  " + place(proxy_pass.where));
  std::optional<std::string_view> uri;
  if (!find_target(uri)) {
    detail("its variables do not make an http:// URL");
    answer(500);
    return;
  }
  const conf::Upstream* upstream = proxy_pass.upstream.get();
  if (upstream == nullptr) {
    detail("evaluates to the host " + std::string(context_.proxy_host));
    upstream = config_->find_upstream(context_.proxy_host);
  }
  if (upstream != nullptr) tell_group(*upstream);
  tell_upstream_request(uri);
  tell_retries();
}

void Explanation::tell_group(const conf::Upstream& upstream) {
  line("Upstream: " + upstream.name + "  " + place(upstream.where));
  detail(balance_text(upstream.method));
  for (const conf::UpstreamServer& server : upstream.servers)
    detail(server_line_text(server) + "  " + place(server.where));
  for (const auto& check : upstream.health_checks) detail(health_check_text(*check) + "  " + place(check->where));
  if (upstream.health_checks.empty()) detail("no health_check: only failing requests (max_fails) take a peer out");
  if (upstream.queue) detail("queue: " + std::to_string(upstream.queue->length) + " requests wait up to " +
                             duration_text(upstream.queue->timeout) + " when all peers are at max_conns");
  if (upstream.servers.size() == 1) detail("if it has one address only, it is never taken out and nothing is retried");
  detail("every address of a name is a peer of its own; names are looked up while the proxy runs");
}

void Explanation::tell_upstream_request(std::optional<std::string_view> uri) {
  filters::UpstreamBody body;
  if (auto configured = filters::configured_body(context_)) {
    body = {filters::UpstreamBody::Kind::length, configured->size()};
  } else if (context_.head.body.kind == http::BodyKind::length && *context_.location->proxy.pass_request_body) {
    body = {filters::UpstreamBody::Kind::length, context_.head.body.length};
  } else if (context_.head.body.kind == http::BodyKind::chunked && *context_.location->proxy.pass_request_body) {
    body = {filters::UpstreamBody::Kind::chunked, 0};
  }
  std::string head;
  filters::write_upstream_head(filters::upstream_target(uri, context_), body, context_, head);
  line("Request to the upstream (client address 127.0.0.1):");
  for (std::size_t begin = 0; begin < head.size();) {
    const std::size_t end = std::min(head.find("\r\n", begin), head.size());
    if (end > begin) detail(head.substr(begin, end - begin));
    begin = end + 2;
  }
  detail("its fields: proxy_set_header, the last one" + origin("proxy_set_header"));
}

void Explanation::tell_retries() {
  const conf::ProxySettings& proxy = context_.location->proxy;
  const conf::NextUpstream& next = *proxy.next_upstream;
  line("Retries: proxy_next_upstream " + next_upstream_text(next) + origin("proxy_next_upstream"));
  if (request::is_idempotent(context_.method) || next.non_idempotent) {
    detail(std::string(context_.method_text) + " may be repeated on another peer, each peer once");
  } else {
    detail(std::string(context_.method_text) +
           " is repeated only when nothing of it was sent (connection refused or timed out)");
  }
  const int tries = *proxy.next_upstream_tries;
  detail("proxy_next_upstream_tries " + std::to_string(tries) + (tries == 0 ? " (as many as there are peers)" : "") +
         origin("proxy_next_upstream_tries"));
  const conf::milliseconds time = *proxy.next_upstream_timeout;
  detail("proxy_next_upstream_timeout " + duration_text(time) + (time.count() == 0 ? " (no limit)" : "") +
         origin("proxy_next_upstream_timeout"));
  detail("proxy_connect_timeout " + duration_text(*proxy.connect_timeout) + origin("proxy_connect_timeout"));
  detail("proxy_send_timeout " + duration_text(*proxy.send_timeout) + origin("proxy_send_timeout"));
  detail("proxy_read_timeout " + duration_text(*proxy.read_timeout) + origin("proxy_read_timeout"));
}

void Explanation::answer(int status) {
  line("Answer: " + std::to_string(status) + " " + std::string(http::reason_phrase(status)));
  if (status < 300) return;
  const filters::ErrorPageResult page = filters::find_error_page(status, context_);
  if (page.action == filters::ErrorPageResult::Action::builtin) return;
  detail("error_page gives it the content of " + std::string(page.target));
}

std::string Explanation::run() {
  clock_.update();
  write_head();
  line("Request: " + request_.method + " " + url_.target);
  context_.connection = &connection_;
  context_.error_log = &error_log_;
  context_.config = config_.get();
  context_.user_variables.resize(config_->variables.size());
  connection_.id = connection_.requests = 1;
  connection_.remote = *SocketAddress::from_ip("127.0.0.1", 50000);
  connection_.remote_text = connection_.remote.ip_text();
  connection_.local = local_address();
  context_.server = &router_.table(connection_.local)->default_server();
  context_.location = context_.server->root.get();
  if (!parse_head()) return out_;
  choose_server();
  if (!normalise() || !run_server_rewrite() || !find_location() || !run_location_rewrite()) return out_;
  for (int step = 0; step < most_steps && content(); ++step) {
  }
  return out_;
}

}  // namespace

std::string explain(std::shared_ptr<const conf::Config> config, const ExplainedRequest& request) {
  return Explanation(std::move(config), request).run();
}

}  // namespace drishti::server
