#include <charconv>

#include "context/scratch.hpp"
#include "context/variables.hpp"
#include "filters/generated_text.hpp"
#include "filters/proxy_request.hpp"
#include "http/uri.hpp"

namespace drishti::filters {
namespace {

using context::RequestContext;
using context::Scratch;

std::string_view rewritten_target(std::optional<std::string_view> uri, RequestContext& context) {
  std::string_view path = context.uri;
  Scratch target(context);
  if (uri && context.location_prefix_valid) {
    const std::size_t prefix = context.location->pattern.size();
    path.remove_prefix(std::min(prefix, path.size()));
    target.text.append(*uri);
  }
  http::escape_uri(path, target.text);
  if (!context.args.empty()) {
    target.text.push_back('?');
    append_without_controls(context.args, target.text);
  }
  return target.keep();
}

bool parse_port(std::string_view text, std::uint16_t& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port != 0;
}

/// `host[:port]`, `[v6]:port` in front of the URI. False when it is none.
bool split_authority(std::string_view authority, DynamicTarget& target) {
  std::string_view rest;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == authority.npos) return false;
    target.host = authority.substr(1, end - 1);
    rest = authority.substr(end + 1);
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    target.host = authority.substr(0, colon);
    rest = authority.substr(colon);
  }
  if (target.host.empty()) return false;
  return rest.empty() || (rest.front() == ':' && parse_port(rest.substr(1), target.port));
}

/// `unix:/path[:/uri]`.
bool split_unix(std::string_view rest, DynamicTarget& target) {
  const std::size_t colon = std::min(rest.find(':', 5), rest.size());
  target.unix_path = rest.substr(5, colon - 5);
  target.proxy_host = "localhost";
  target.port = 0;
  if (colon < rest.size() && colon + 1 < rest.size()) target.uri = rest.substr(colon + 1);
  return !target.unix_path.empty();
}

bool split_host(std::string_view rest, DynamicTarget& target, RequestContext& context) {
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  target.proxy_host = rest.substr(0, end);
  if (end < rest.size()) {
    target.uri = rest.substr(end);
    if (rest[end] == '?') {
      Scratch uri(context);
      uri.text.append("/").append(*target.uri);
      target.uri = uri.keep();
    }
  }
  return split_authority(target.proxy_host, target);
}

/// A generated target must be one word of one line (threat P10).
std::string_view without_controls(std::string_view uri, RequestContext& context) {
  Scratch clean(context);
  append_without_controls(uri, clean.text);
  return clean.keep();
}

bool take_scheme(std::string_view& url, std::string_view scheme) {
  if (!http::iequals(url.substr(0, scheme.size()), scheme)) return false;
  url.remove_prefix(scheme.size());
  return true;
}

}  // namespace

std::string_view upstream_target(std::optional<std::string_view> uri, RequestContext& context) {
  if (uri && !uri->empty()) {
    const auto& proxy_pass = context.location->proxy_pass;
    if (proxy_pass && proxy_pass->has_variables) return without_controls(*uri, context);
    return rewritten_target(uri, context);
  }
  if (context.raw_target_valid) return context.head.target;
  return rewritten_target(std::nullopt, context);
}

DynamicTarget evaluate_proxy_pass(const conf::ProxyPass& proxy_pass, RequestContext& context) {
  DynamicTarget target;
  const std::string_view url = context::evaluate(proxy_pass.url, context);
  std::string_view rest = url;
  target.tls = take_scheme(rest, proxy_pass.is_grpc ? "grpcs://" : "https://");
  if (target.tls) {
    target.port = 443;
  } else if (!take_scheme(rest, proxy_pass.is_grpc ? "grpc://" : "http://") && !proxy_pass.is_grpc) {
    Scratch message(context);
    message.text.append("invalid URL prefix in \"").append(url).append("\"");
    context.log_error(conf::LogLevel::error, message.text);
    return target;
  }
  const bool is_unix = http::iequals(rest.substr(0, 5), "unix:");
  target.ok = is_unix ? split_unix(rest, target) : split_host(rest, target, context);
  if (!target.ok) context.log_error(conf::LogLevel::error, "invalid host in upstream of \"proxy_pass\"");
  return target;
}

}  // namespace drishti::filters
