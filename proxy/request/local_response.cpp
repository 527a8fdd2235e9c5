#include "request/local_response.hpp"

#include "filters/content_type.hpp"
#include "filters/error_pages.hpp"
#include "filters/response_headers.hpp"

namespace drishti::request {
namespace {

// An error_page may have fixed the status of whatever answers now.
int final_status(int status, const context::RequestContext& context) {
  return context.error_status > 0 ? context.error_status : status;
}

net::Task<void> send_whole(context::RequestContext& context, ClientStream& client, std::string_view body) {
  filters::apply_add_headers(context);
  client.begin_response(context);
  SendStatus sent = co_await client.write({&body, 1}, true);
  if (sent != SendStatus::ok) client.abort();
}

}  // namespace

net::Task<void> send_text(WorkerServices&, context::RequestContext& context, ClientStream& client, int status,
                          std::string_view text) {
  if (status == 444) {
    context.response.status = 444;
    client.abort();
    co_return;
  }
  std::string_view type = filters::content_type_for(context);
  filters::local_response(final_status(status, context), type, text, context);
  co_await send_whole(context, client, text);
}

net::Task<void> send_redirect(WorkerServices&, context::RequestContext& context, ClientStream& client, int status,
                              std::string_view target) {
  std::string_view page = filters::builtin_page(status, context);
  std::string_view location = filters::redirect_location(target, context);
  filters::local_response(status, "text/html", page, context);
  if (!location.empty()) context.response.fields.add({"Location", location, http::FieldId::location});
  co_await send_whole(context, client, page);
}

net::Task<void> send_builtin(WorkerServices&, context::RequestContext& context, ClientStream& client, int status) {
  std::string_view page = filters::builtin_page(status, context);
  filters::local_response(filters::shown_status(status), "text/html", page, context);
  co_await send_whole(context, client, page);
}

net::Task<void> send_page(context::RequestContext& context, ClientStream& client, std::string_view type,
                          std::string_view page) {
  filters::local_response(final_status(200, context), type, page, context);
  co_await send_whole(context, client, page);
}

net::Task<void> send_file(WorkerServices&, context::RequestContext& context, ClientStream& client,
                          filters::StaticResult& result) {
  if (filters::fixes_status(context)) context.response.status = context.error_status;
  filters::apply_add_headers(context);
  client.begin_response(context);
  SendStatus sent = SendStatus::ok;
  bool has_epilogue = !result.epilogue.empty();
  for (std::size_t i = 0; i < result.parts.size() && sent == SendStatus::ok; ++i) {
    const filters::FilePart& part = result.parts[i];
    bool is_last = i + 1 == result.parts.size() && !has_epilogue;
    if (!part.preamble.empty()) sent = co_await client.write({&part.preamble, 1}, false);
    if (sent == SendStatus::ok)
      sent = co_await client.write_file(result.file.fd(), part.offset, part.length, is_last);
  }
  if (sent == SendStatus::ok && (has_epilogue || result.parts.empty()))
    sent = co_await client.write({&result.epilogue, 1}, true);
  if (sent != SendStatus::ok) client.abort();
}

}  // namespace drishti::request
