#include "filters/upstream_rewrites.hpp"

#include <optional>

#include "context/scratch.hpp"
#include "context/variables.hpp"
#include "filters/cookie_flags.hpp"
#include "filters/error_pages.hpp"
#include "filters/generated_text.hpp"
#include "http/field.hpp"

namespace drishti::filters {
namespace {

using context::RequestContext;
using context::Scratch;

std::string_view join(std::string_view a, std::string_view b, RequestContext& context) {
  Scratch text(context);
  text.text.append(a).append(b);
  return text.keep();
}

/// `proxy_redirect default`: from the proxy_pass URL to the location's prefix, or from the URL + `/` to `/`.
std::optional<std::string_view> redirect_by_default(std::string_view value, RequestContext& context) {
  const auto& proxy_pass = context.location->proxy_pass;
  if (!proxy_pass || proxy_pass->has_variables) return std::nullopt;
  std::string_view url = proxy_pass->url.literal_text();
  if (!value.starts_with(url)) return std::nullopt;
  value.remove_prefix(url.size());
  if (proxy_pass->uri) return join(context.location->pattern, value, context);
  if (!value.starts_with('/')) return std::nullopt;
  return value;
}

std::optional<std::string_view> replace_by_regex(const conf::BoundRegex& regex, const conf::Template& to,
                                                 std::string_view value, RequestContext& context) {
  conf::Regex::Captures captures;
  if (regex.regex.match(value, captures) != conf::Regex::Outcome::match) return std::nullopt;
  context::remember_captures(regex, value, captures, context);
  return context::evaluate(to, context);
}

std::optional<std::string_view> apply_redirect(const conf::ProxyRedirect& rule, std::string_view value,
                                               RequestContext& context) {
  if (rule.is_default) return redirect_by_default(value, context);
  if (rule.regex) return replace_by_regex(*rule.regex, rule.to, value, context);
  const std::string_view from = context::evaluate(rule.from, context);
  if (!value.starts_with(from)) return std::nullopt;
  return join(context::evaluate(rule.to, context), value.substr(from.size()), context);
}

/// By the first rule that applies.
std::optional<std::string_view> redirected(std::string_view value, RequestContext& context) {
  const auto& rules = context.location->proxy.redirects;
  if (!rules.is_set) return redirect_by_default(value, context);
  for (const conf::ProxyRedirect& rule : *rules) {
    if (const auto result = apply_redirect(rule, value, context)) return result;
  }
  return std::nullopt;
}

/// The position behind `url=` in any case, or npos.
std::size_t find_url(std::string_view value) {
  for (std::size_t i = 0; i + 4 <= value.size(); ++i) {
    if (http::iequals(value.substr(i, 4), "url=")) return i + 4;
  }
  return value.npos;
}

std::optional<std::string_view> rewrite_domain(const conf::CookieRewrite& rule, std::string_view value,
                                               RequestContext& context) {
  if (rule.regex) return replace_by_regex(*rule.regex, rule.to, value, context);
  const bool has_dot = value.starts_with('.');  // it is not compared, and stays
  const std::string_view from = context::evaluate(rule.from, context);
  if (!http::iequals(from, value.substr(has_dot ? 1 : 0))) return std::nullopt;
  return join(has_dot ? "." : "", context::evaluate(rule.to, context), context);
}

std::optional<std::string_view> rewrite_path(const conf::CookieRewrite& rule, std::string_view value,
                                             RequestContext& context) {
  if (rule.regex) return replace_by_regex(*rule.regex, rule.to, value, context);
  const std::string_view from = context::evaluate(rule.from, context);
  if (!value.starts_with(from)) return std::nullopt;
  return join(context::evaluate(rule.to, context), value.substr(from.size()), context);
}

template <class Rewrite>
std::string_view first_rewrite(const std::vector<conf::CookieRewrite>& rules, std::string_view value,
                               RequestContext& context, Rewrite rewrite) {
  for (const conf::CookieRewrite& rule : rules) {
    const auto result = rewrite(rule, value, context);
    if (result && is_safe_value(*result)) return *result;
  }
  return value;
}

/// One attribute (`Path=/a`) as it goes on.
void append_attribute(std::string_view attribute, RequestContext& context, std::string& out) {
  const std::size_t equals = std::min(attribute.find('='), attribute.size());
  const std::size_t name_start = std::min(attribute.find_first_not_of(" \t"), equals);
  const std::string_view name = attribute.substr(name_start, equals - name_start);
  const bool is_domain = http::iequals(name, "domain");
  if (equals == attribute.size() || (!is_domain && !http::iequals(name, "path"))) {
    out.append(attribute);
    return;
  }
  const conf::ProxySettings& proxy = context.location->proxy;
  const std::string_view value = attribute.substr(equals + 1);
  out.append(attribute.substr(0, equals + 1));
  out.append(is_domain ? first_rewrite(*proxy.cookie_domains, value, context, rewrite_domain)
                       : first_rewrite(*proxy.cookie_paths, value, context, rewrite_path));
}

}  // namespace

std::string_view rewrite_location(std::string_view value, RequestContext& context) {
  const auto result = redirected(value, context);
  // nginx makes only what it rewrote absolute; an upstream's own relative Location stays relative.
  return result ? redirect_location(*result, context) : value;
}

std::string_view rewrite_refresh(std::string_view value, RequestContext& context) {
  const std::size_t start = find_url(value);
  if (start == value.npos) return value;
  const auto result = redirected(value.substr(start), context);
  if (!result || !is_safe_value(*result)) return value;
  return join(value.substr(0, start), *result, context);
}

std::string_view rewrite_cookie(std::string_view value, RequestContext& context) {
  const conf::ProxySettings& proxy = context.location->proxy;
  if (!proxy.cookie_flags->empty()) value = apply_cookie_flags(value, context);
  if (proxy.cookie_domains->empty() && proxy.cookie_paths->empty()) return value;
  Scratch cookie(context);
  std::size_t end = std::min(value.find(';'), value.size());
  cookie.text.append(value.substr(0, end));
  while (end < value.size()) {
    const std::size_t next = std::min(value.find(';', end + 1), value.size());
    cookie.text.push_back(';');
    append_attribute(value.substr(end + 1, next - end - 1), context, cookie.text);
    end = next;
  }
  return cookie.keep();
}

}  // namespace drishti::filters
