#include "request/request_handler.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "context/variables.hpp"
#include "filters/error_pages.hpp"
#include "filters/real_ip.hpp"
#include "filters/response_headers.hpp"
#include "filters/rewrite.hpp"
#include "filters/static_files.hpp"
#include "request/access_log.hpp"
#include "request/cached_exchange.hpp"
#include "request/coding_client.hpp"
#include "request/local_response.hpp"
#include "request/proxy_exchange.hpp"
#include "request/status_page.hpp"
#include "request/tls_rules.hpp"

namespace drishti::request {
namespace {

constexpr int most_internal_redirects = 10;
constexpr int most_uri_changes = 10;

}  // namespace

/// One request on its way through the phases.
struct RequestHandler::Run {
  WorkerServices& services;
  DynamicUpstreams& dynamic;
  compress::CoderPool& coders;
  context::RequestContext& context;
  ClientStream& client;
  Generation& generation;
  RequestBody request_body{};
  bool discards_body = false;  ///< after an error nobody reads the body, so that its size does not matter any more
  const conf::Location* failed_in = nullptr;  ///< the first one whose answer was an error: it is counted there
  std::optional<CodingClient> coding_client{};
  std::optional<ProxyExchange> exchange{};                   ///< most requests have one at most
  std::vector<std::unique_ptr<ProxyExchange>> later_exchanges{};
  std::optional<CachedExchange> cached{};
  std::vector<std::unique_ptr<CachedExchange>> later_cached{};

  ClientStream& answered_client();
  ProxyExchange& new_exchange();
  CachedExchange& new_cached();
  const routing::Router& router() const { return generation.snapshot().router; }

  void choose_server(const routing::ServerTable& servers);
  void find_client();
  bool take_target();
  net::Task<void> drive(Outcome outcome);
  std::optional<Outcome> rewrite_by_server();
  std::optional<Outcome> before_content();
  std::optional<Outcome> find_and_enter_location();
  net::Task<Outcome> find_and_run_location();
  net::Task<Outcome> run_location();
  net::Task<Outcome> content();
  net::Task<Outcome> serve_file(filters::StaticResult result);
  std::optional<Outcome> find_location();
  std::optional<Outcome> rewritten(const filters::RewriteResult& result);
  std::optional<Outcome> check_limits();
  net::Task<Outcome> redirect_internally(const Outcome& outcome);
  net::Task<Outcome> error(int status);
  void set_uri(std::string_view target);
  void finish();
};

net::Task<void> RequestHandler::handle(context::RequestContext& context, ClientStream& client,
                                       Generation& generation, const routing::ServerTable& servers) {
  Run run{services_, dynamic_, coders_, context, client, generation};
  run.choose_server(servers);
  run.find_client();
  std::optional<Outcome> outcome = run.before_content();
  if (!outcome) {
    const Outcome answered = co_await run.content();
    outcome = answered;
  }
  if (outcome->kind != Outcome::Kind::sent) co_await run.drive(*outcome);
  run.finish();
}

net::Task<void> RequestHandler::refuse(http::Reject reject, context::RequestContext& context, ClientStream& client,
                                       Generation& generation, const routing::ServerTable& servers) {
  services_.metrics.rejects_by_reason[static_cast<std::size_t>(reject)].add();
  using http::Reject;
  bool too_large = reject == Reject::field_too_large || reject == Reject::head_too_large;
  co_await refuse_status(too_large ? 494 : http::reject_status(reject), context, client, generation,
                         servers);
}

net::Task<void> RequestHandler::refuse_status(int status, context::RequestContext& context, ClientStream& client,
                                              Generation& generation, const routing::ServerTable& servers) {
  Run run{services_, dynamic_, coders_, context, client, generation};
  context.server = &servers.default_server();
  context.location = context.server->root.get();
  context.uri = {};
  context.host = context.server->first_name;
  client.close_after_response();
  co_await run.drive(Outcome::error(status));
  run.finish();
}

/// The client as the answer of context.location reaches it.
ClientStream& RequestHandler::Run::answered_client() {
  if (!context.location->compression.is_on()) [[likely]] return client;
  if (!coding_client) coding_client.emplace(services, coders, client);
  return *coding_client;
}

void RequestHandler::Run::choose_server(const routing::ServerTable& servers) {
  char* lower = context.arena.allocate(context.head.host.size());
  std::transform(context.head.host.begin(), context.head.host.end(), lower,
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  std::string_view host(lower, context.head.host.size());
  if (host.ends_with('.')) host.remove_suffix(1);
  routing::RegexMatch match;
  context.server = &servers.find(host, match);
  context.location = context.server->root.get();
  context.host = host.empty() ? std::string_view(context.server->first_name) : host;
  if (match.regex) context::remember_captures(*match.regex, host, match.captures, context);
}

/// As the server says; then, when its location is known, as that says.
void RequestHandler::Run::find_client() {
  if (!context.location->real_ip.from->empty()) filters::take_real_ip(context);
}

bool RequestHandler::Run::take_target() {
  context.method = context.head.method;
  context.method_text = context.head.method_text;
  if (context.head.target == "*") {  // OPTIONS *: answered like any other by the root of the server
    context.uri = "/";
    return true;
  }
  http::NormalizedTarget target;
  char* scratch = context.arena.allocate(context.head.target.size() + 1);
  auto wrong = http::normalize_target(context.head.target, context.server->merge_slashes, scratch, target);
  if (wrong != http::UriError::none) {
    client.close_after_response();
    return false;
  }
  context.uri = target.path;
  context.args = target.args;
  return true;
}

// Every outcome leads to another until the response is out; each turn is counted, so that loops end.
net::Task<void> RequestHandler::Run::drive(Outcome outcome) {
  for (int turn = 0; outcome.kind != Outcome::Kind::sent; ++turn) {
    if (turn > 4 * most_internal_redirects) outcome = Outcome::error(500);
    switch (outcome.kind) {
      case Outcome::Kind::sent:
      case Outcome::Kind::stored: break;
      case Outcome::Kind::error: outcome = co_await error(outcome.status); break;
      case Outcome::Kind::respond:
        if (filters::closes_connection(outcome.status)) client.close_after_response();
        if (!outcome.has_text && outcome.status >= 400 && outcome.status != 444) {
          outcome = Outcome::error(outcome.status);
          break;
        }
        co_await send_text(services, context, answered_client(), outcome.status, outcome.has_text ? outcome.text : "");
        co_return;
      case Outcome::Kind::redirect:
        co_await send_redirect(services, context, answered_client(), outcome.status, outcome.text);
        co_return;
      case Outcome::Kind::relocate:
      case Outcome::Kind::named: outcome = co_await redirect_internally(outcome); break;
    }
  }
}

std::optional<Outcome> RequestHandler::Run::rewrite_by_server() {
  if (context.server->root->rewrite.empty()) return std::nullopt;
  return rewritten(filters::run_rewrite(context.server->root->rewrite, context));
}

std::optional<Outcome> RequestHandler::Run::find_location() {
  routing::RegexMatch match;
  routing::LocationMatch found = router().find_location(*context.server, context.uri, match);
  if (found.regex_limit) {
    context.log_error(conf::LogLevel::error, "regular expression match limit was reached while choosing a location");
    return Outcome::error(500);
  }
  context.location = found.location;
  if (match.regex) context::remember_captures(*match.regex, context.uri, match.captures, context);
  if (found.auto_redirect) {
    std::string target;
    http::escape_uri(context.uri, target);
    target += '/';
    if (!context.args.empty()) target.append("?").append(context.args);
    return Outcome{Outcome::Kind::redirect, 301, true, context.arena.copy(target)};
  }
  if (context.location->internal && !context.is_internal) return Outcome::error(404);
  return std::nullopt;
}

/// All that can be decided without waiting. Nothing: context.location shall answer.
std::optional<Outcome> RequestHandler::Run::before_content() {
  if (!take_target()) return Outcome::error(400);
  if (context.connection->ssl != nullptr || context.connection->plain_on_tls)
    if (auto outcome = check_tls(context)) return outcome;
  if (auto outcome = rewrite_by_server()) return outcome;
  return find_and_enter_location();
}

std::optional<Outcome> RequestHandler::Run::find_and_enter_location() {
  for (;;) {
    if (auto outcome = find_location()) return outcome;
    if (auto outcome = check_limits()) return outcome;
    if (context.location->rewrite.empty()) return std::nullopt;
    filters::RewriteResult result = filters::run_rewrite(context.location->rewrite, context);
    if (result.action != filters::RewriteResult::Action::relocate) return rewritten(result);
    if (context.uri_changes > most_uri_changes) {
      context.log_error(conf::LogLevel::error, "rewrite or internal redirection cycle while processing \"" +
                                                   std::string(context.uri) + "\"");
      return Outcome::error(500);
    }
  }
}

net::Task<Outcome> RequestHandler::Run::find_and_run_location() {
  if (auto outcome = find_and_enter_location()) co_return *outcome;
  co_return co_await content();
}

// A named location: found already.
net::Task<Outcome> RequestHandler::Run::run_location() {
  if (auto outcome = check_limits()) co_return *outcome;
  if (!context.location->rewrite.empty()) {
    filters::RewriteResult result = filters::run_rewrite(context.location->rewrite, context);
    if (result.action == filters::RewriteResult::Action::relocate) co_return co_await find_and_run_location();
    if (result.action != filters::RewriteResult::Action::go_on) co_return *rewritten(result);
  }
  co_return co_await content();
}

std::optional<Outcome> RequestHandler::Run::rewritten(const filters::RewriteResult& result) {
  using Action = filters::RewriteResult::Action;
  switch (result.action) {
    case Action::respond: return Outcome{Outcome::Kind::respond, result.status, result.has_text, result.text};
    case Action::redirect: return Outcome{Outcome::Kind::redirect, result.status, true, result.text};
    case Action::fail: return Outcome::error(result.status);
    default: return std::nullopt;
  }
}

std::optional<Outcome> RequestHandler::Run::check_limits() {
  conf::Bytes limit = *context.location->core.client_max_body_size;
  const http::BodyFraming& body = context.head.body;
  if (discards_body || limit == 0 || body.kind != http::BodyKind::length || body.length <= limit || client.body_done()) return {};
  context.log_error(conf::LogLevel::error,
                    "client intended to send too large body: " + std::to_string(body.length) + " bytes");
  client.close_after_response();
  return Outcome::error(413);
}

// Not a coroutine: its frame would only wait for another.
net::Task<Outcome> RequestHandler::Run::content() {
  find_client();
  if (context.location->try_files) {
    filters::StaticResult result = filters::run_try_files(context);
    if (result.action != filters::StaticResult::Action::go_on) return serve_file(std::move(result));
  }
  if (context.location->status_page != conf::StatusPage::none) return send_status_page(services, context, answered_client());
  if (!context.location->proxy_pass) return serve_file(filters::serve_static(context));
  if (context.location->cache.is_on()) return new_cached().run();
  return new_exchange().run();
}

CachedExchange& RequestHandler::Run::new_cached() {
  const auto make = [](void* run) -> ProxyExchange& { return static_cast<Run*>(run)->new_exchange(); };
  const CachedExchange::Means means{services, dynamic, context, answered_client(), generation, request_body, make, this};
  if (!cached) return cached.emplace(means);
  later_cached.push_back(std::make_unique<CachedExchange>(means));
  return *later_cached.back();
}

ProxyExchange& RequestHandler::Run::new_exchange() {
  if (!exchange) return exchange.emplace(services, dynamic, context, answered_client(), generation, request_body);
  later_exchanges.push_back(std::make_unique<ProxyExchange>(services, dynamic, context, answered_client(), generation, request_body));
  return *later_exchanges.back();
}

net::Task<Outcome> RequestHandler::Run::serve_file(filters::StaticResult result) {
  using Action = filters::StaticResult::Action;
  switch (result.action) {
    case Action::send: co_await send_file(services, context, answered_client(), result); co_return Outcome::sent();
    case Action::relocate: co_return Outcome{Outcome::Kind::relocate, 0, false, {}};
    case Action::named: co_return Outcome{Outcome::Kind::named, 0, false, result.target};
    case Action::redirect: co_return Outcome{Outcome::Kind::redirect, 301, true, result.target};
    default: co_return Outcome::error(result.status);
  }
}

void RequestHandler::Run::set_uri(std::string_view target) {
  context.raw_target_valid = false;
  context.location_prefix_valid = true;
  if (target.empty()) return;  // set already
  auto question = target.find('?');
  context.uri = target.substr(0, question);
  context.args = question == target.npos ? std::string_view{} : target.substr(question + 1);
}

net::Task<Outcome> RequestHandler::Run::redirect_internally(const Outcome& outcome) {
  if (++context.internal_redirects > most_internal_redirects) {
    context.log_error(conf::LogLevel::error, "rewrite or internal redirection cycle while internally redirecting to \"" +
                                                 std::string(outcome.text) + "\"");
    co_return co_await error(500);
  }
  context.is_internal = true;
  if (!context.response.keep_fields) context.response.reset();
  if (outcome.kind == Outcome::Kind::named) {
    const conf::Location* named = router().find_named(*context.server, outcome.text);
    if (!named) {
      context.log_error(conf::LogLevel::error, "could not find named location \"" + std::string(outcome.text) + "\"");
      co_return co_await error(500);
    }
    context.location = named;  // the URI stays as the client wrote it
    co_return co_await run_location();
  }
  set_uri(outcome.text);
  context.location = context.server->root.get();
  if (auto answered = rewrite_by_server()) co_return *answered;  // nginx runs this phase again, too
  co_return co_await find_and_run_location();
}

net::Task<Outcome> RequestHandler::Run::error(int status) {
  filters::start_error(context);
  discards_body = true;
  if (!failed_in) failed_in = context.location;
  if (status == 499 || status == 444) {
    context.response.status = status;
    client.abort();
    co_return Outcome::sent();
  }
  if (filters::closes_connection(status)) client.close_after_response();
  filters::ErrorPageResult page = filters::find_error_page(status, context);
  using Action = filters::ErrorPageResult::Action;
  if (page.action == Action::builtin) {
    co_await send_builtin(services, context, answered_client(), status);
    co_return Outcome::sent();
  }
  context.error_page_active = !*context.location->core.recursive_error_pages;
  context.error_status = page.status;
  if (page.action == Action::redirect) {
    bool is_redirect = page.status >= 301 && page.status <= 308;
    context.error_status = 0;
    co_return Outcome{Outcome::Kind::redirect, is_redirect ? page.status : 302, true, page.target};
  }
  if (page.action == Action::named) co_return Outcome{Outcome::Kind::named, 0, false, page.target};
  if (context.method != http::Method::head) {
    context.method = http::Method::get;
    context.method_text = "GET";
  }
  co_return Outcome{Outcome::Kind::relocate, 0, false, page.target};
}

// Exactly once a request.
void RequestHandler::Run::finish() {
  count_request(generation.counters(), context, failed_in ? *failed_in : *context.location);
  write_access_logs(generation, context);
}

}  // namespace drishti::request
