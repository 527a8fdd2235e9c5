#include "conf/directive_table.hpp"

#include <algorithm>
#include <unordered_map>

#include "conf/tables.hpp"

namespace drishti::conf {
namespace {

using Index = std::unordered_map<std::string_view, std::vector<const DirectiveSpec*>>;

const Index& directives_by_name() {
  static const Index index = [] {
    Index made;
    for (const auto& group : directive_groups())
      for (const auto& spec : group.directives) made[spec.name].push_back(&spec);
    return made;
  }();
  return index;
}

}  // namespace

std::span<const DirectiveGroup> directive_groups() {
  static const DirectiveGroup groups[] = {
      {"Process", main_directives()},
      {"Administration", admin_directives()},
      {"Servers and connections", server_directives()},
      {"TLS", ssl_directives()},
      {"HTTP/2", http2_directives()},
      {"Locations and content", location_directives()},
      {"Real client addresses", real_ip_directives()},
      {"Rewriting and variables", rewrite_directives()},
      {"Proxying", proxy_directives()},
      {"TLS to upstreams", proxy_tls_directives()},
      {"gRPC", grpc_directives()},
      {"Caching responses", cache_directives()},
      {"Compression", compression_directives()},
      {"Upstream groups", upstream_directives()},
      {"Upstream groups: repeats and sticky clients", affinity_directives()},
      {"Health", health_directives()},
      {"Scaling", scaling_directives()},
      {"Logs", log_directives()},
      {"Status", status_directives()},
      {"Accepted without effect", tuning_directives()},
  };
  return groups;
}

Lookup find_directive(std::string_view name, unsigned in_context) {
  Lookup lookup;
  if (const auto found = directives_by_name().find(name); found != directives_by_name().end()) {
    lookup.is_known = true;
    const auto spec = std::find_if(found->second.begin(), found->second.end(),
                                   [&](const DirectiveSpec* s) { return (s->contexts & in_context) != 0; });
    if (spec != found->second.end()) lookup.spec = *spec;
  }
  return lookup;
}

bool is_missing_directive(std::string_view name) {
  const auto listed = missing_directives();
  return std::any_of(listed.begin(), listed.end(), [&](std::string_view entry) {
    return entry.ends_with('*') ? name.starts_with(entry.substr(0, entry.size() - 1)) : name == entry;
  });
}

std::vector<std::string_view> names_in_context(unsigned in_context) {
  std::vector<std::string_view> names;
  for (const auto& group : directive_groups())
    for (const auto& spec : group.directives)
      if ((spec.contexts & in_context) != 0) names.push_back(spec.name);
  return names;
}

std::string context_names(unsigned contexts) {
  static constexpr std::pair<unsigned, std::string_view> names[] = {
      {context::main, "main"},
      {context::events, "events"},
      {context::http, "http"},
      {context::server, "server"},
      {context::location, "location"},
      {context::if_in_server, "if in server"},
      {context::if_in_location, "if in location"},
      {context::upstream, "upstream"},
      {context::scaling, "scaling"},
  };
  std::string text;
  for (const auto& [bit, name] : names)
    if ((contexts & bit) != 0) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

}  // namespace drishti::conf
