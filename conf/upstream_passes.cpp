#include "conf/upstream_passes.hpp"

#include "conf/setters.hpp"

namespace drishti::conf {
namespace {

class Passes {
 public:
  explicit Passes(Analysis& a) : a_(a) {}

  void visit(Location& location) {
    finish(location);
    visit_ifs(location.rewrite);
    for (const auto& child : location.children) visit(*child);
  }

 private:
  void visit_ifs(std::vector<RewriteOp>& ops) {
    for (RewriteOp& op : ops) {
      auto* branch = std::get_if<IfOp>(&op.op);
      if (branch == nullptr || !branch->location) continue;
      finish(*branch->location);
      visit_ifs(branch->location->rewrite);
    }
  }

  void finish(Location& location) {
    if (!location.proxy_pass) return;
    ProxyPass& pass = *location.proxy_pass;
    if (pass.is_grpc) location.proxy = location.grpc;
    check_version(location);
    if (pass.upstream) pass.upstream = a_.upstreams.settled(pass.upstream);
    pass.tls = nullptr;  // an `if` has the one of the location around it
    if (pass.is_tls || pass.has_variables) pass.tls = settings_of(location);
  }

  // A connection that many clients share cannot begin with the name of one.
  static void check_version(const Location& location) {
    if (*location.proxy.http_version == 20 && *location.proxy.send_proxy_header != SendProxyHeader::off)
      throw ConfigError("\"proxy_protocol\" can't be used with \"proxy_http_version 2\"", location.where);
  }

  std::shared_ptr<const UpstreamTls> settings_of(Location& location) {
    UpstreamTlsSettings& settings = location.proxy.tls;
    const ProxyPass& pass = *location.proxy_pass;
    if (settings.name->empty()) settings.name.value = a_.compile("$proxy_host", pass.where);
    check(settings, pass);
    const bool speaks_http2 = *location.proxy.http_version == 20;
    const std::string key = settings.text() + (speaks_http2 ? "h2" : "");
    for (const auto& [text, known] : known_)
      if (text == key) return known;
    const auto made = std::make_shared<const UpstreamTls>(
        UpstreamTls{settings, speaks_http2, static_cast<unsigned>(known_.size()), pass.where});
    known_.emplace_back(key, made);
    a_.config.upstream_tls.push_back(made);
    return made;
  }

  void check(const UpstreamTlsSettings& settings, const ProxyPass& pass) {
    const std::string prefix = pass.is_grpc ? "grpc_ssl_" : "proxy_ssl_";
    if (settings.certificate->has_value() && !settings.certificate_key->has_value())
      throw ConfigError("no " + quoted(prefix + "certificate_key") + " is defined for certificate " +
                            quoted((*settings.certificate)->source), pass.where);
    if (*settings.verify && settings.trusted_certificate->empty())
      throw ConfigError("no " + prefix + "trusted_certificate for " + prefix + "verify", pass.where);
    if (pass.is_tls && !*settings.verify)
      a_.notice("traffic to " + quoted(pass.url.source) + " is encrypted but not authenticated: " +
                    quoted(prefix + "verify") + " is off", pass.where);
  }

  Analysis& a_;
  std::vector<std::pair<std::string, std::shared_ptr<const UpstreamTls>>> known_;
};

}  // namespace

void finish_upstream_passes(Analysis& a) {
  Passes passes(a);
  for (auto& draft : a.servers) passes.visit(*draft.server->root);
}

}  // namespace drishti::conf
