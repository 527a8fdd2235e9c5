#include "admin/guard.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <stdexcept>

#include "conf/socket_address.hpp"
#include "http/field.hpp"
#include "http/tokens.hpp"
#include "net/os_error.hpp"

namespace drishti::admin {
namespace {

constexpr std::size_t shortest_token = 16;
constexpr std::size_t longest_token = 512;

// A page that an attacker's name leads to has that name as Host; an IP address can't be rebound.
bool is_known_host(const Request& request, const Access& access) {
  if (request.host == "localhost") return true;
  if (SocketAddress::from_ip(request.host, 0)) return true;
  return std::ranges::find(access.hosts, request.host) != access.hosts.end();
}

bool is_own_origin(const Request& request) {
  const std::string authority = request.host + (request.host_port.empty() ? "" : ":" + request.host_port);
  return http::iequals(request.origin, "http://" + authority) || http::iequals(request.origin, "https://" + authority);
}

bool is_from_elsewhere(const Request& request, Kind kind) {
  if (request.has_origin && !is_own_origin(request)) return true;
  const bool is_other_site = request.fetch_site == "cross-site" || request.fetch_site == "same-site";
  return kind == Kind::data && is_other_site;
}

bool is_json(std::string_view type) {
  constexpr std::string_view json = "application/json";
  if (type.size() < json.size() || !http::iequals(type.substr(0, json.size()), json)) return false;
  const std::string_view rest = type.substr(json.size());
  return rest.empty() || rest.front() == ';' || rest.front() == ' ';
}

bool has_token(const Request& request, const Access& access) {
  constexpr std::string_view scheme = "Bearer ";
  const std::string_view given = request.authorization;
  if (given.size() < scheme.size() || !http::iequals(given.substr(0, scheme.size()), scheme)) return false;
  return same_secret(given.substr(scheme.size()), access.token);
}

std::optional<Response> token_refusal(const Request& request, const Access& access) {
  if (access.token.empty())
    return error_response(403, "changes are off: the configuration has no \"admin_token_file\"");
  if (has_token(request, access)) return std::nullopt;
  Response response = error_response(401, "this needs the token of \"admin_token_file\": Authorization: Bearer TOKEN");
  response.fields.emplace_back("WWW-Authenticate", "Bearer realm=\"drishti\"");
  return response;
}

}  // namespace

bool same_secret(std::string_view given, std::string_view secret) {
  return given.size() == secret.size() && CRYPTO_memcmp(given.data(), secret.data(), secret.size()) == 0;
}

std::optional<Response> refusal(const Request& request, const Access& access, Kind kind) {
  if (!is_known_host(request, access))
    return error_response(421, "unknown host \"" + request.host + "\": name it with \"admin_host\" if it is meant");
  if (is_from_elsewhere(request, kind)) return error_response(403, "requests from other sites are refused");
  if (kind == Kind::page) return std::nullopt;
  const bool is_change = !request.is_reading();
  if (is_change || !access.is_local)
    if (auto refused = token_refusal(request, access)) return refused;
  if (is_change && !is_json(request.content_type))
    return error_response(415, "changes are sent as Content-Type: application/json");
  return std::nullopt;
}

std::string read_token(const std::string& file) {
  const std::string name = "admin_token_file \"" + file + "\"";
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error(name + " can't be read (" + net::errno_text(errno) + ")");
  std::string token(longest_token + 3, '\0');
  in.read(token.data(), static_cast<std::streamsize>(token.size()));
  token.resize(static_cast<std::size_t>(in.gcount()));
  while (token.ends_with('\n') || token.ends_with('\r')) token.pop_back();
  if (token.size() < shortest_token || token.size() > longest_token)
    throw std::runtime_error(name + " has to hold a token of 16 to 512 characters");
  const bool is_visible = std::ranges::all_of(token, [](char c) { return c > ' ' && c < '\x7f'; });
  if (!is_visible) throw std::runtime_error(name + " has to hold visible ASCII characters without spaces");
  return token;
}

}  // namespace drishti::admin
