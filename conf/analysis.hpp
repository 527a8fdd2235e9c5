#pragma once
// What the setters of the directive table work on: the configuration being made and the block being read.
// Internal to conf/; lives during one analyse() call on the control thread.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "conf/analyser.hpp"
#include "conf/config.hpp"
#include "conf/directive_table.hpp"
#include "conf/listen_table.hpp"
#include "conf/upstream_table.hpp"
#include "conf/variable_table.hpp"

namespace drishti::conf {

/// Settings of http and server that are copied into Server once both are known.
struct ServerSettings {
  Setting<Bytes> client_header_buffer_size{Bytes{1} << 10};
  Setting<std::pair<int, Bytes>> large_client_header_buffers{{4, Bytes{8} << 10}};
  Setting<milliseconds> client_header_timeout{60s};
  Setting<bool> merge_slashes{true};
  Setting<bool> ignore_invalid_headers{true};
  Setting<bool> underscores_in_headers{false};
  Setting<bool> http2{false};
  Setting<RealIpSettings::Trusted> proxy_protocol_from;

  void inherit(const ServerSettings& parent);
  void copy_to(Server& server) const;
};

struct ServerDraft {
  std::shared_ptr<Server> server;
  ServerSettings settings;
};

/// One block being read.
struct Scope {
  unsigned context = context::main;
  Location* location = nullptr;              ///< the settings that http, server, location and if write to
  ServerSettings* server_settings = nullptr; ///< of http or server
  Server* server = nullptr;
  Upstream* upstream = nullptr;
  std::vector<RewriteOp>* rewrite = nullptr;  ///< the rewrite phase of server, location or if
  bool method_is_set = false;   ///< an upstream has chosen its balancing method
  bool access_log_off = false;  ///< `access_log off` was read: it wins over others of the level
  std::set<std::string_view> seen;  ///< names read so far, for `is duplicate`
};

class Analysis {
 public:
  Analysis(const AnalyserOptions& analyser_options, Config& target);

  /// Checks and applies the directives one by one in the current scope.
  void read(const std::vector<Directive>& directives);
  /// Reads the children of BLOCK in a scope of their own.
  void read_block(const Directive& block, Scope scope);
  Scope& scope() { return *scope_; }

  Template compile(std::string_view text, const Where& where) { return compile_template(text, variables, where); }
  /// TEXT, made absolute from the prefix unless it begins with `$`.
  std::string full_path(std::string_view text) const;
  /// The same from the directory of the main file, where nginx looks for certificates and keys.
  std::string conf_path(std::string_view text) const;
  void notice(std::string text, const Where& where) { add_notice(Notice::Level::notice, std::move(text), where); }
  void warn(std::string text, const Where& where) { add_notice(Notice::Level::warn, std::move(text), where); }

  const AnalyserOptions& options;
  Config& config;
  VariableTable variables;
  UpstreamTable upstreams;
  ListenTable listens;
  std::map<std::string, std::shared_ptr<const HealthMatch>> health_matches;
  std::shared_ptr<Location> http = std::make_shared<Location>();  ///< the settings of the http level
  ServerSettings http_settings;
  std::vector<ServerDraft> servers;

 private:
  void apply(const Directive& directive);
  void add_notice(Notice::Level level, std::string text, const Where& where);

  Scope main_scope_;
  Scope* scope_ = &main_scope_;
};

}  // namespace drishti::conf
