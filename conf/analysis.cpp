#include "conf/analysis.hpp"

#include "conf/setters.hpp"
#include "conf/suggest.hpp"

namespace drishti::conf {
namespace {

bool arity_fits(const Directive& directive, const Arity& arity) {
  const auto count = static_cast<int>(directive.args.size());
  if (arity.max != any_arguments && count > max_arguments) return false;
  return count >= arity.min && count <= arity.max;
}

[[noreturn]] void refuse(const Directive& directive, const Lookup& lookup, unsigned in_context) {
  if (lookup.is_known) fail_directive("is not allowed here", directive);
  if (is_missing_directive(directive.name))
    fail("directive " + quoted(directive.name) + " is not implemented by drishti yet", directive);
  const std::string near = did_you_mean(directive.name, names_in_context(in_context));
  fail("unknown directive " + quoted(directive.name) + (near.empty() ? "" : " (did you mean " + quoted(near) + "?)"),
       directive);
}

void check_shape(const Directive& directive, const DirectiveSpec& spec) {
  if (spec.arity.is_block && !directive.is_block)
    fail("directive " + quoted(directive.name) + " has no opening \"{\"", directive);
  if (!spec.arity.is_block && directive.is_block)
    fail("directive " + quoted(directive.name) + " is not terminated by \";\"", directive);
  if (!arity_fits(directive, spec.arity))
    fail("invalid number of arguments in " + quoted(directive.name) + " directive", directive);
}

}  // namespace

void ServerSettings::inherit(const ServerSettings& parent) {
  client_header_buffer_size.inherit(parent.client_header_buffer_size);
  large_client_header_buffers.inherit(parent.large_client_header_buffers);
  client_header_timeout.inherit(parent.client_header_timeout);
  merge_slashes.inherit(parent.merge_slashes);
  ignore_invalid_headers.inherit(parent.ignore_invalid_headers);
  underscores_in_headers.inherit(parent.underscores_in_headers);
  http2.inherit(parent.http2);
  proxy_protocol_from.inherit(parent.proxy_protocol_from);
}

void ServerSettings::copy_to(Server& server) const {
  server.client_header_buffer_size = *client_header_buffer_size;
  server.large_client_header_buffers = large_client_header_buffers->first;
  server.large_client_header_buffer_size = large_client_header_buffers->second;
  server.client_header_timeout = *client_header_timeout;
  server.merge_slashes = *merge_slashes;
  server.ignore_invalid_headers = *ignore_invalid_headers;
  server.underscores_in_headers = *underscores_in_headers;
  server.http2 = *http2;
  if (proxy_protocol_from.is_set) server.proxy_protocol_from = *proxy_protocol_from;
}

Analysis::Analysis(const AnalyserOptions& analyser_options, Config& target)
    : options(analyser_options), config(target) {}

void Analysis::read(const std::vector<Directive>& directives) {
  for (const auto& directive : directives) apply(directive);
}

void Analysis::read_block(const Directive& block, Scope scope) {
  Scope* const outer = scope_;
  scope_ = &scope;
  read(block.children);
  scope_ = outer;
}

void Analysis::apply(const Directive& directive) {
  const Lookup lookup = find_directive(directive.name, scope_->context);
  if (lookup.spec == nullptr) refuse(directive, lookup, scope_->context);
  const DirectiveSpec& spec = *lookup.spec;
  check_shape(directive, spec);
  if (!scope_->seen.insert(spec.name).second && spec.repeat == Repeat::once) fail_directive("is duplicate", directive);
  if (spec.set != nullptr) spec.set(*this, directive);
  if (scope_->location != nullptr && !directive.is_block) scope_->location->written[spec.name] = directive.where;
  if (spec.effect == Effect::none)
    notice(quoted(directive.name) + " has no effect: " + std::string(spec.help), directive.where);
}

std::string Analysis::full_path(std::string_view text) const {
  if (text.starts_with('/') || text.starts_with('$')) return std::string(text);
  std::string path = options.prefix;
  if (!path.empty() && !path.ends_with('/')) path += '/';
  return path.append(text);
}

std::string Analysis::conf_path(std::string_view text) const {
  const auto slash = options.conf_path.rfind('/');
  if (text.starts_with('/') || text.starts_with('$') || slash == std::string::npos) return full_path(text);
  return full_path(options.conf_path.substr(0, slash + 1).append(text));
}

void Analysis::add_notice(Notice::Level level, std::string text, const Where& where) {
  config.notices.push_back({level, std::move(text), where});
}

}  // namespace drishti::conf
