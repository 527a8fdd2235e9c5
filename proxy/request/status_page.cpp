#include "request/status_page.hpp"

#include "filters/error_pages.hpp"
#include "metrics/exposition.hpp"
#include "request/local_response.hpp"

namespace drishti::request {
namespace {

struct Page {
  std::string_view type;
  std::string text;
};

Page page_of(const context::RequestContext& context, const metrics::Exposition& exposition) {
  switch (context.location->status_page) {
    case conf::StatusPage::metrics: {
      const metrics::Format format = metrics::format_for(context.head.fields.get(http::FieldId::accept));
      return {metrics::content_type(format), exposition.page(format)};
    }
    case conf::StatusPage::scaling_status:
      return {metrics::scaling_content_type, exposition.scaling_json()};
    default:
      return {"text/plain", exposition.stub_status()};
  }
}

}  // namespace

net::Task<Outcome> send_status_page(WorkerServices& services, context::RequestContext& context, ClientStream& client) {
  if (context.method != http::Method::get && context.method != http::Method::head) co_return Outcome::error(405);
  const Page page = page_of(context, *services.exposition);
  co_await send_page(context, client, page.type, page.text);
  co_return Outcome::sent();
}

}  // namespace drishti::request
