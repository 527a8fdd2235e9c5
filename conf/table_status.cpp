// Pages that tell about the program itself.
#include "conf/setters.hpp"
#include "conf/tables.hpp"

namespace drishti::conf {
namespace {

// As in nginx the last one of stub_status and proxy_pass answers.
void set_page(Analysis& a, StatusPage page) {
  Location& location = *a.scope().location;
  location.status_page = page;
  location.proxy_pass.reset();
  location.auto_redirect = false;
}

void set_metrics(Analysis& a, const Directive&) { set_page(a, StatusPage::metrics); }
void set_stub_status(Analysis& a, const Directive&) { set_page(a, StatusPage::stub_status); }
void set_scaling_status(Analysis& a, const Directive&) { set_page(a, StatusPage::scaling_status); }

constexpr unsigned sl = context::server | context::location;

constexpr DirectiveSpec table[] = {
    {"metrics", sl, take(0), "", "",
     "Answers with the figures of docs/METRICS.md, for Prometheus; show it to nobody else.", set_metrics, Repeat::once,
     Effect::implemented, "Not in nginx."},
    {"stub_status", sl, take(0, 1), "[on]", "", "Answers with a short page about connections and requests.",
     set_stub_status},
    {"scaling_status", sl, take(0), "", "",
     "Answers with the scaling advice of docs/SCALING.md as JSON, for autoscalers; show it to nobody else.",
     set_scaling_status, Repeat::once, Effect::implemented, "Not in nginx."},
};

}  // namespace

std::span<const DirectiveSpec> status_directives() { return table; }

}  // namespace drishti::conf
