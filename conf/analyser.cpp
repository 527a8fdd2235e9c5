#include "conf/analyser.hpp"

#include <algorithm>

#include "conf/analysis.hpp"
#include "conf/health_checks.hpp"
#include "conf/location_block.hpp"
#include "conf/logs.hpp"
#include "conf/merge.hpp"
#include "conf/number_locations.hpp"
#include "conf/readers.hpp"
#include "conf/ssl_checks.hpp"
#include "conf/upstream_passes.hpp"

namespace drishti::conf {
namespace {

bool is_bare_http(const Directive& directive) {
  return find_directive(directive.name, context::main).spec == nullptr &&
         find_directive(directive.name, context::http).spec != nullptr;
}

// A main file that is mounted in place of nginx.conf often holds only what belongs into http {}. When there is no such
// block, those directives are its contents.
void wrap_bare_http(DirectiveTree& tree, const AnalyserOptions& options) {
  auto& directives = tree.directives;
  if (std::any_of(directives.begin(), directives.end(), [](const Directive& d) { return d.name == "http"; })) return;
  const auto bare = std::stable_partition(directives.begin(), directives.end(),
                                          [](const Directive& d) { return !is_bare_http(d); });
  if (bare == directives.end()) return;
  Directive http;
  http.name = "http";
  http.is_block = true;
  http.where = bare->where;
  http.children.assign(std::make_move_iterator(bare), std::make_move_iterator(directives.end()));
  directives.erase(bare, directives.end());
  directives.push_back(std::move(http));
  tree.notices.push_back({Notice::Level::notice,
                          "\"" + options.conf_path +
                              "\" has no http {} block; its directives are taken as the contents of http {}",
                          {}});
}

// Variables that the configuration writes hide the families of the same name (`set $http_x ...`), wherever they stand.
void announce_variables(const std::vector<Directive>& directives, VariableTable& variables) {
  for (const auto& directive : directives) {
    const auto& args = directive.args;
    const std::size_t name = directive.name == "map" && args.size() == 2 ? 1 : 0;
    const bool defines = (directive.name == "set" && args.size() == 2) || name == 1;
    if (defines && args[name].size() > 1 && args[name][0] == '$')
      variables.announce(std::string_view(args[name]).substr(1));
    announce_variables(directive.children, variables);
  }
}

void set_main_defaults(MainSettings& main, const AnalyserOptions& options) {
  if (main.pid.empty()) main.pid = options.default_pid;
  if (main.error_logs.empty()) main.error_logs.push_back({options.default_error_log, LogLevel::error});
}

void check_admin(const AdminSettings& admin) {
  if (!admin.is_local() && admin.token_file.empty())
    throw ConfigError("\"admin_listen\" on an address that others reach needs \"admin_token_file\"", admin.where);
  if (!admin.ssl) return;
  for (const auto& [file, name] : {std::pair(&admin.certificate, "admin_ssl_certificate"),
                                   std::pair(&admin.certificate_key, "admin_ssl_certificate_key")})
    if (file->empty()) throw ConfigError("no \"" + std::string(name) + "\" is defined for \"admin_listen ... ssl\"", admin.where);
}

void finish(Analysis& a) {
  check_admin(a.config.main.admin);
  set_main_defaults(a.config.main, a.options);
  merge_levels(a);
  finish_upstream_passes(a);
  for (const auto& draft : a.servers) check_duplicate_locations(draft.server->root->children);
  a.listens.find_conflicting_names(a.config.notices);
  a.variables.check_all_defined();
  attach_health_checks(a);
  std::vector<std::shared_ptr<Server>> servers;
  for (auto& draft : a.servers) servers.push_back(std::move(draft.server));
  check_ssl_listens(servers);
  number_locations(servers);
  a.config.servers.assign(servers.begin(), servers.end());
  a.config.upstreams = a.upstreams.finish();
  a.config.variables = a.variables.take();
}

}  // namespace

std::shared_ptr<const Config> analyse(DirectiveTree tree, const AnalyserOptions& options) {
  auto config = std::make_shared<Config>();
  config->prefix = options.prefix;
  config->conf_path = options.conf_path;
  wrap_bare_http(tree, options);
  config->files = std::move(tree.files);
  config->notices = std::move(tree.notices);

  Analysis analysis(options, *config);
  announce_variables(tree.directives, analysis.variables);
  add_combined_format(analysis);
  if (!options.global_directives.empty())
    analysis.read(read_nginx_text(options.global_directives, "command line").directives);
  analysis.read(tree.directives);
  finish(analysis);
  return config;
}

std::shared_ptr<const Config> load_config(const std::string& path, const AnalyserOptions& options) {
  AnalyserOptions own = options;
  if (own.conf_path.empty()) own.conf_path = path;
  return analyse(read_config_file(path), own);
}

}  // namespace drishti::conf
