#include "conf/merge.hpp"

#include <algorithm>

#include "conf/logs.hpp"
#include "conf/setters.hpp"
#include "conf/ssl_checks.hpp"

namespace drishti::conf {
namespace {

void set_http_defaults(Analysis& a) {
  CoreSettings& core = a.http->core;
  if (!core.types.is_set)
    core.types.value = std::make_shared<const TypeMap>(
        TypeMap{{"html", "text/html"}, {"gif", "image/gif"}, {"jpg", "image/jpeg"}});
  if (!core.index.is_set) core.index.value = {Template::literal("index.html")};
  if (!core.root_template.is_set) core.root_template.value = Template::literal(a.full_path("html"));
  if (!core.error_logs.is_set) core.error_logs.value = a.config.main.error_logs;
  if (!core.access_logs.is_set) {
    AccessLog log;
    log.path = a.options.default_access_log;
    log.format = find_log_format(a.config, "combined");
    core.access_logs.value = {log};
  }
}

// The names of PARENT that are not among those of CHILD, for a warning; empty when nothing is lost.
template <class T>
std::string lost_names(const std::vector<T>& child, const std::vector<T>& parent) {
  std::string names;
  for (const auto& inherited : parent) {
    const bool is_kept =
        std::any_of(child.begin(), child.end(), [&](const T& own) { return own.name == inherited.name; });
    if (!is_kept) names.append(names.empty() ? "" : ", ").append(inherited.name);
  }
  return names;
}

template <class T>
void warn_hidden(Analysis& a, std::string_view directive, const Setting<std::vector<T>>& child,
                 const Setting<std::vector<T>>& parent, const Where& where) {
  if (!child.is_set) return;
  const std::string lost = lost_names(*child, *parent);
  if (!lost.empty())
    a.warn("the " + quoted(directive) + " of this block hides the inherited ones: " + lost, where);
}

// nginx's rules for the memory of a response; CHILD is merged already.
void check_buffers(Location& location) {
  ProxySettings& proxy = location.proxy;
  const Bytes largest = std::max(*proxy.buffer_size, *proxy.buffers_size);
  const std::string at_least = " must be equal to or greater than the maximum of the value of \"proxy_buffer_size\" "
                               "and one of the \"proxy_buffers\"";
  if (*proxy.buffers_number < 2) throw ConfigError("there must be at least 2 \"proxy_buffers\"", location.where);
  if (!proxy.busy_buffers_size.is_set) proxy.busy_buffers_size.value = 2 * largest;
  if (*proxy.busy_buffers_size < largest)
    throw ConfigError("\"proxy_busy_buffers_size\"" + at_least, location.where);
  if (*proxy.busy_buffers_size > static_cast<Bytes>(*proxy.buffers_number - 1) * *proxy.buffers_size)
    throw ConfigError(
        "\"proxy_busy_buffers_size\" must be less than the size of all \"proxy_buffers\" minus one buffer",
        location.where);
  if (*proxy.max_temp_file_size != 0 && *proxy.max_temp_file_size < largest)
    throw ConfigError(
        "\"proxy_max_temp_file_size\" must be equal to zero to disable temporary files usage or" + at_least,
        location.where);
}

// A zone has one format: what stands in Redis must be read as it was written.
void take_format(CacheZone& zone, const CacheSettings& cache) {
  if (zone.format && *zone.format != *cache.format)
    throw ConfigError("zone " + quoted(zone.name) + " is used with two values of \"proxy_cache_format\"", cache.where);
  zone.format = *cache.format;
  if (*cache.format != CacheFormat::middleware) return;
  if (zone.redis_url.empty())
    throw ConfigError("\"proxy_cache_format middleware\" needs a zone in Redis, " + quoted(zone.name) + " is in memory",
                      cache.where);
  if (cache.key->has_value())
    throw ConfigError("\"proxy_cache_key\" can't be used with \"proxy_cache_format middleware\", whose key is the URL",
                      cache.where);
}

// Once merged: a zone may stand behind the locations that use it.
void find_zone(Analysis& a, CacheSettings& cache) {
  if (!cache.is_on()) return;
  const std::string& name = (*cache.zone_name)->source;
  if (has_variables(name)) {
    if (*cache.format != CacheFormat::middleware) return;
    throw ConfigError("\"proxy_cache_format middleware\" needs a \"proxy_cache\" without variables", cache.where);
  }
  const auto zone = a.config.find_cache_zone(name);
  if (!zone) throw ConfigError("\"proxy_cache\" zone " + quoted(name) + " is unknown", cache.where);
  take_format(*zone, cache);
  cache.zone = zone;
}

void inherit_root(Location& child, const Location& parent) {
  if (child.core.root_template.is_set) return;
  child.has_alias = parent.has_alias;
  child.alias_prefix = parent.alias_prefix;
}

void merge(Analysis& a, Location& child, const Location& parent);

void merge_ifs(Analysis& a, std::vector<RewriteOp>& ops, const Location& outer) {
  for (auto& op : ops) {
    auto* condition = std::get_if<IfOp>(&op.op);
    if (condition == nullptr || !condition->location) continue;
    merge(a, *condition->location, outer);
    // An `if` is no place of its own: without a proxy_pass it answers as the location around it does.
    if (!condition->location->proxy_pass) {
      condition->location->proxy_pass = outer.proxy_pass;
      condition->location->status_page = outer.status_page;
    }
    condition->location->internal = outer.internal;
  }
}

void merge(Analysis& a, Location& child, const Location& parent) {
  warn_hidden(a, "add_header", child.add_headers, parent.add_headers, child.where);
  warn_hidden(a, "proxy_set_header", child.proxy.set_headers, parent.proxy.set_headers, child.where);
  warn_hidden(a, "grpc_set_header", child.grpc.set_headers, parent.grpc.set_headers, child.where);
  inherit_root(child, parent);
  child.core.inherit(parent.core);
  child.proxy.inherit(parent.proxy);
  child.grpc.inherit(parent.grpc);
  child.cache.inherit(parent.cache);
  child.real_ip.inherit(parent.real_ip);
  find_zone(a, child.cache);
  child.compression.inherit(parent.compression);
  child.add_headers.inherit(parent.add_headers);
  child.expires.inherit(parent.expires);
  child.written.insert(parent.written.begin(), parent.written.end());
  check_buffers(child);
  merge_ifs(a, child.rewrite, child);
  for (const auto& location : child.children) merge(a, *location, child);
}

}  // namespace

void merge_levels(Analysis& a) {
  set_http_defaults(a);
  for (auto& draft : a.servers) {
    draft.settings.inherit(a.http_settings);
    draft.settings.copy_to(*draft.server);
    merge(a, *draft.server->root, *a.http);
    check_ssl(*draft.server);
  }
}

}  // namespace drishti::conf
