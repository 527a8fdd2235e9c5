#pragma once
// Sends the answers that the proxy makes itself: text, redirects, built-in pages, files.

#include <string_view>

#include "context/request_context.hpp"
#include "filters/static_files.hpp"
#include "net/task.hpp"
#include "request/client_stream.hpp"
#include "request/worker_services.hpp"

namespace drishti::request {

/// `return CODE "text"`: Content-Type by the URI's extension or default_type.
net::Task<void> send_text(WorkerServices& services, context::RequestContext& context, ClientStream& client, int status,
                          std::string_view text);
/// 3xx with Location (made absolute by the location's settings) and the built-in page.
net::Task<void> send_redirect(WorkerServices& services, context::RequestContext& context, ClientStream& client,
                              int status, std::string_view target);
/// The built-in page of STATUS.
net::Task<void> send_builtin(WorkerServices& services, context::RequestContext& context, ClientStream& client,
                             int status);
/// A page made here, with status 200 unless an error_page fixed another.
net::Task<void> send_page(context::RequestContext& context, ClientStream& client, std::string_view type,
                          std::string_view page);
/// What serve_static opened.
net::Task<void> send_file(WorkerServices& services, context::RequestContext& context, ClientStream& client,
                          filters::StaticResult& result);

}  // namespace drishti::request
