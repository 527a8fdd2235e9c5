#include "filters/rewrite.hpp"

#include "context/variables.hpp"
#include "filters/conditions.hpp"
#include "filters/replacement.hpp"

namespace drishti::filters {
namespace {

using context::RequestContext;
using Action = RewriteResult::Action;
using Flag = conf::RewriteRule::Flag;

constexpr int max_uri_changes = 10;

RewriteResult failed() { return {Action::fail, 500, false, {}}; }

/// One run over the operations of a level. Each step says whether the run ends there.
class Run {
 public:
  explicit Run(RequestContext& context) : context_(context) {}

  /// True when the run ended; result() says how.
  bool execute(const std::vector<conf::RewriteOp>& ops) {
    for (const conf::RewriteOp& op : ops) {
      const bool ended = std::visit([this](const auto& typed) { return step(typed); }, op.op);
      if (ended) return true;
    }
    return false;
  }

  RewriteResult result() {
    if (result_.action != Action::go_on || !uri_changed_) return result_;
    if (++context_.uri_changes > max_uri_changes) {
      context_.log_error(conf::LogLevel::error, "rewrite or internal redirection cycle");
      return failed();
    }
    return {Action::relocate, 0, false, {}};
  }

 private:
  bool end(RewriteResult result) {
    result_ = result;
    return true;
  }

  bool step(const conf::RewriteRule& rule) {
    conf::Regex::Captures captures;
    const std::string_view subject = context_.uri;
    switch (rule.regex.regex.match(subject, captures)) {
      case conf::Regex::Outcome::limit: return end(failed());
      case conf::Regex::Outcome::no_match: context_.captures.count = 0; return false;
      case conf::Regex::Outcome::match: break;
    }
    context::remember_captures(rule.regex, subject, captures, context_);
    if (rule.flag == Flag::redirect || rule.flag == Flag::permanent) return redirect(rule);
    return change_uri(rule);
  }

  bool redirect(const conf::RewriteRule& rule) {
    const int status = rule.flag == Flag::permanent ? 301 : 302;
    return end({Action::redirect, status, true, redirect_target(rule, context_)});
  }

  bool change_uri(const conf::RewriteRule& rule) {
    const Replacement changed = replace_uri(rule, context_);
    if (changed.uri.empty()) {
      context_.log_error(conf::LogLevel::error, "the rewritten URI has a zero length");
      return end(failed());
    }
    context_.uri = changed.uri;
    context_.args = changed.args;
    context_.is_internal = true;
    context_.raw_target_valid = false;
    if (rule.flag == Flag::break_) return stop_cycle();
    uri_changed_ = true;
    return rule.flag == Flag::last;
  }

  /// `break`: the changed URI stays in this location, which its prefix then no longer describes.
  bool stop_cycle() {
    context_.location_prefix_valid = false;
    uri_changed_ = false;
    return true;
  }

  bool step(const conf::ReturnOp& op) {
    if (op.status >= 400 && !op.text) return end({Action::respond, op.status, false, {}});
    if (context_.error_status <= 0) context_.response.status = op.status;  // $status in the text
    const std::string_view text = op.text ? context::evaluate(*op.text, context_) : std::string_view{};
    switch (op.status) {
      case 301: case 302: case 303: case 307: case 308: return end({Action::redirect, op.status, true, text});
      default: return end({Action::respond, op.status, true, text});
    }
  }

  bool step(const conf::SetOp& op) {
    context::set_variable(op.variable, context::evaluate(op.value, context_), context_);
    return false;
  }

  bool step(const conf::BreakOp&) {
    if (uri_changed_) return stop_cycle();
    return true;
  }

  bool step(const conf::IfOp& op) {
    switch (holds(op.condition, context_)) {
      case Verdict::failed: return end(failed());
      case Verdict::no: return false;
      case Verdict::yes: break;
    }
    if (op.location) context_.location = op.location.get();
    return execute(op.then);
  }

  RequestContext& context_;
  RewriteResult result_;
  bool uri_changed_ = false;
};

}  // namespace

RewriteResult run_rewrite(const std::vector<conf::RewriteOp>& ops, RequestContext& context) {
  if (ops.empty()) return {};
  Run run(context);
  run.execute(ops);
  return run.result();
}

}  // namespace drishti::filters
