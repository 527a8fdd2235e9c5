#include "admin/api.hpp"

#include <algorithm>
#include <coroutine>
#include <exception>

#include "admin/dashboard_files.hpp"
#include "admin/status_json.hpp"
#include "admin/upstream_api.hpp"
#include "http/authority.hpp"

namespace drishti::admin {
namespace {

constexpr std::string_view api = "/api/1";

/// The page for a path of the dashboard; null when it has none.
const DashboardFile* find_page(std::string_view path) {
  const std::string_view name = path == "/" ? "index.html" : path.substr(1);
  const auto files = dashboard_files();
  const auto found = std::ranges::find(files, name, &DashboardFile::name);
  return found == files.end() ? nullptr : &*found;
}

std::string media_type(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".svg")) return "image/svg+xml";
  return "text/javascript; charset=utf-8";
}

Response method_not_allowed(const char* allowed) {
  Response response = error_response(405, std::string("the method has to be ") + allowed);
  response.fields.emplace_back("Allow", allowed);
  return response;
}

Response not_found(std::string_view path) {
  return error_response(404, "nothing at \"" + std::string(path) + "\": GET " + std::string(api) + " lists what there is");
}

Response index_json() {
  json::array reads, changes;
  for (const char* name : {"status", "traffic", "upstreams", "upstreams/NAME", "caches", "config", "certificates"})
    reads.push_back(text(std::string("/api/1/") + name));
  reads.insert(reads.end(), {"/metrics", "/scaling"});
  for (const char* name : {"servers", "remove", "drain", "enable", "down", "weight", "reset"})
    changes.push_back(text(std::string("/api/1/upstreams/NAME/") + name));
  changes.insert(changes.end(), {"/api/1/purge", "/api/1/reload"});
  return json_response(json::object{{"GET", std::move(reads)}, {"POST", std::move(changes)}});
}

/// `upstreams/NAME/drain` -> NAME and `drain`. A name may have slashes (`unix:/run/a.sock`).
struct UpstreamPath {
  std::string_view name, word;
};
std::optional<UpstreamPath> upstream_path(std::string_view path) {
  constexpr std::string_view prefix = "/upstreams/";
  if (!path.starts_with(prefix)) return std::nullopt;
  path.remove_prefix(prefix.size());
  const auto slash = path.rfind('/');
  if (slash != path.npos && is_upstream_change(path.substr(slash + 1)))
    return UpstreamPath{path.substr(0, slash), path.substr(slash + 1)};
  return UpstreamPath{path, {}};
}

bool is_change_path(std::string_view path) {
  const auto of_upstream = upstream_path(path);
  return path == "/purge" || path == "/reload" || (of_upstream && !of_upstream->word.empty());
}

/// `http://Host/a` -> `http://host:80/a`, as the cache has it; "" for what is no URL of http or https.
std::string cache_url(std::string_view url) {
  const bool is_https = url.starts_with("https://");
  if (!is_https && !url.starts_with("http://")) return {};
  const std::string_view rest = url.substr(is_https ? 8 : 7);
  const auto end = std::min(rest.find_first_of("/?"), rest.size());
  http::Authority authority;
  if (!http::parse_authority(rest.substr(0, end), authority)) return {};
  std::string result(is_https ? "https://" : "http://");
  for (const char c : authority.host) result += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  result += ":";
  result += authority.port.empty() ? (is_https ? "443" : "80") : authority.port;
  if (end == rest.size() || rest[end] == '?') result += "/";
  return result.append(rest.substr(end));
}

/// What the body asks to purge; the error in the second.
std::pair<PurgeWish, std::string> purge_wish(const Body& body) {
  using Kind = PurgeWish::Kind;
  static constexpr std::pair<const char*, Kind> kinds[] = {{"url", Kind::url}, {"prefix", Kind::prefix}, {"tag", Kind::tag}};
  PurgeWish wish;
  int given = 0;
  for (const auto& [name, kind] : kinds) {
    const std::string value = body.string(name);
    if (value.empty()) continue;
    ++given;
    wish.kind = kind;
    wish.text = kind == Kind::tag ? value : cache_url(value);
  }
  if (given != 1) return {{}, "one of \"url\", \"prefix\" and \"tag\" has to be given"};
  if (wish.text.empty()) return {{}, "a URL has to begin with http:// or https:// and a host"};
  wish.zone = body.string("zone");
  return {wish, {}};
}

/// Waits for Process::purge().
struct Purging {
  net::Reactor& reactor;
  Process& process;
  const PurgeWish& wish;
  PurgeResult result = {};

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    process.purge(wish, [this, handle](PurgeResult done) {
      result = done;
      reactor.defer(handle);
    });
  }
  PurgeResult await_resume() const { return result; }
};

json::object purge_json(const PurgeResult& result) {
  json::object one{{"zones", result.zones}, {"memory", result.memory}};
  if (result.has_shared) one["shared"] = result.shared;
  return one;
}

}  // namespace

net::Task<Response> Api::handle(const Request& request) {
  const DashboardFile* page = find_page(request.path);
  if (auto refused = refusal(request, *access_, page != nullptr ? Kind::page : Kind::data)) {
    if (refused->status == 401) process_.log("a request without the right token was refused");
    co_return std::move(*refused);
  }
  if (page != nullptr) {
    if (!request.is_reading()) co_return method_not_allowed("GET, HEAD");
    co_return Response{200, media_type(page->name), std::string(page->content)};
  }
  try {
    Response response = co_await answer(request);
    co_return response;
  } catch (const std::exception& error) {
    process_.log(std::string("a request could not be answered: ") + error.what());
  }
  co_return error_response(500, "an error of the program; its error log says which");
}

net::Task<Response> Api::answer(const Request& request) {
  std::string_view path = request.path;
  if (path == "/metrics" || path == "/scaling") {
    if (!request.is_reading()) co_return method_not_allowed("GET, HEAD");
    co_return read(path, request);
  }
  if (!path.starts_with(api)) co_return not_found(path);
  path.remove_prefix(api.size());
  if (is_change_path(path)) {
    if (request.method != http::Method::post) co_return method_not_allowed("POST");
    Response response = co_await change(path, request);
    co_return response;
  }
  Response response = read(path, request);
  if (!request.is_reading() && response.status == 200) co_return method_not_allowed("GET, HEAD");
  co_return response;
}

Response Api::read(std::string_view path, const Request& request) {
  if (path == "/metrics") {
    const metrics::Format format = metrics::format_for(request.accept);
    return {200, std::string(metrics::content_type(format)), process_.exposition().page(format)};
  }
  if (path == "/scaling") return {200, std::string(metrics::scaling_content_type), process_.exposition().scaling_json()};
  if (path.empty() || path == "/") return index_json();
  if (path == "/status") return json_response(status_json(process_));
  if (path == "/traffic") return json_response(traffic_json(process_));
  if (path == "/config") return json_response(config_json(process_));
  if (path == "/caches") return json_response(caches_json(process_));
  if (path == "/certificates") return json_response(certificates_json(process_));
  if (path == "/upstreams") return json_response(upstreams_json(process_));
  if (const auto of_upstream = upstream_path(path)) {
    const auto group = find_group(process_, of_upstream->name);
    if (!group) return error_response(404, "no upstream \"" + std::string(of_upstream->name) + "\"");
    return json_response(upstream_json(*group, process_));
  }
  return not_found(request.path);
}

net::Task<Response> Api::change(std::string_view path, const Request& request) {
  if (path == "/reload") co_return reload();
  if (path == "/purge") {
    Response response = co_await purge(request);
    co_return response;
  }
  const auto of_upstream = upstream_path(path);
  const Body body = Body::parse(request.body.empty() ? "{}" : std::string_view(request.body));
  if (!body.error.empty()) co_return error_response(400, body.error);
  co_return change_upstream(process_, of_upstream->name, of_upstream->word, body);
}

Response Api::reload() {
  const std::string error = process_.reload();
  if (!error.empty()) return error_response(409, error);
  return json_response(config_json(process_));
}

net::Task<Response> Api::purge(const Request& request) {
  const Body body = Body::parse(request.body);
  if (!body.error.empty()) co_return error_response(400, body.error);
  const auto [wish, error] = purge_wish(body);
  if (!error.empty()) co_return error_response(400, error);
  Purging purging{reactor_, process_, wish};
  const PurgeResult result = co_await purging;
  if (result.zones == 0) co_return error_response(404, wish.zone.empty() ? "there is no cache" : "no cache \"" + wish.zone + "\"");
  process_.log("purged \"" + wish.text + "\"");
  const bool is_done = !result.has_shared || result.shared;
  co_return json_response(purge_json(result), is_done ? 200 : 502);
}

}  // namespace drishti::admin
