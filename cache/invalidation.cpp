#include "cache/invalidation.hpp"

#include <algorithm>

#include "http/authority.hpp"
#include "http/chars.hpp"

namespace drishti::cache {
namespace {

using http::FieldId;
using http::Method;

constexpr std::size_t longest_reference = 8192;

std::string_view default_port(std::string_view scheme) { return http::iequals(scheme, "https") ? "443" : "80"; }

bool is_same_origin(std::string_view scheme, std::string_view authority, const TargetUri& target) {
  http::Authority other;
  if (!http::iequals(scheme, target.scheme) || !http::parse_authority(authority, other)) return false;
  const std::string_view port = other.port.empty() ? default_port(scheme) : other.port;
  return http::iequals(other.host, target.host) && port == (target.port.empty() ? default_port(scheme) : target.port);
}

/// The scheme of an absolute URI; "" for a relative reference. RFC 3986 3.1.
std::string_view scheme_of(std::string_view reference) {
  const std::size_t end = reference.find_first_of(":/?");
  return end == reference.npos || reference[end] != ':' ? std::string_view() : reference.substr(0, end);
}

/// RFC 3986 5.2.4.
std::string remove_dot_segments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    const bool is_up = segment == "/..";
    if (is_up) out.resize(out.empty() ? 0 : out.rfind('/'));
    if (!is_up && segment != "/.")
      out.append(segment);
    else if (path.empty())
      out.push_back('/');
  }
  return out;
}

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

/// REFERENCE is without scheme, authority and fragment; the result is the target it means next to BASE. RFC 3986 5.2.2.
std::string resolve_path(std::string_view reference, std::string_view base) {
  const std::string_view path = path_of(reference), query = reference.substr(path.size());
  if (reference.empty()) return std::string(base);
  if (path.empty()) return std::string(path_of(base)).append(query);
  if (path.front() == '/') return remove_dot_segments(path).append(query);
  const std::string_view base_path = path_of(base);
  const std::string_view folder = base_path.substr(0, base_path.rfind('/') + 1);
  return remove_dot_segments(std::string(folder).append(path)).append(query);
}

/// The target that REFERENCE means, or "" when it is of another origin or none of ours.
std::string resolve(std::string_view reference, const TargetUri& target) {
  if (reference.size() > longest_reference) return {};
  reference = reference.substr(0, reference.find('#'));
  const std::string_view scheme = scheme_of(reference);
  if (!scheme.empty()) {
    reference.remove_prefix(scheme.size() + 1);
    if (!reference.starts_with("//")) return {};
  }
  if (!reference.starts_with("//")) return resolve_path(reference, target.target);
  reference.remove_prefix(2);
  const std::string_view authority = reference.substr(0, reference.find_first_of("/?"));
  if (!is_same_origin(scheme.empty() ? target.scheme : scheme, authority, target)) return {};
  reference.remove_prefix(authority.size());
  if (reference.empty() || reference.front() == '?') return std::string("/").append(reference);
  return resolve_path(reference, target.target);
}

void add_once(std::string target, std::vector<std::string>& targets) {
  const bool is_known = std::find(targets.begin(), targets.end(), target) != targets.end();
  if (!target.empty() && !is_known) targets.push_back(std::move(target));
}

}  // namespace

bool is_unsafe(Method method) {
  switch (method) {
    case Method::get: case Method::head: case Method::options: case Method::trace: case Method::connect:
    case Method::propfind:
      return false;
    default: return true;
  }
}

std::vector<std::string> invalidated_targets(Method method, const TargetUri& target,
                                             const http::ResponseHead& response) {
  std::vector<std::string> targets;
  const bool is_error = response.status < 200 || response.status >= 400;
  if (!is_unsafe(method) || is_error || !target.target.starts_with('/')) return targets;
  targets.emplace_back(target.target);
  for (const FieldId id : {FieldId::location, FieldId::content_location}) {
    const http::Field* field = response.fields.find(id);
    if (field != nullptr) add_once(resolve(field->value, target), targets);
  }
  return targets;
}

}  // namespace drishti::cache
