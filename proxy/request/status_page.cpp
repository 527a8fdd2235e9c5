#include "request/status_page.hpp"

#include "filters/error_pages.hpp"
#include "metrics/exposition.hpp"
#include "request/local_response.hpp"

namespace drishti::request {

net::Task<Outcome> send_status_page(WorkerServices& services, context::RequestContext& context, ClientStream& client) {
  if (context.method != http::Method::get && context.method != http::Method::head) co_return Outcome::error(405);
  const metrics::Exposition& exposition = *services.exposition;
  std::string_view type = "text/plain";
  std::string page;
  if (context.location->status_page == conf::StatusPage::metrics) {
    const metrics::Format format = metrics::format_for(context.head.fields.get(http::FieldId::accept));
    type = metrics::content_type(format);
    page = exposition.page(format);
  } else {
    page = exposition.stub_status();
  }
  co_await send_page(context, client, type, page);
  co_return Outcome::sent();
}

}  // namespace drishti::request
