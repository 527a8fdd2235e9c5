#pragma once
// error_page and nginx's built-in pages.

#include <string>
#include <string_view>

#include "conf/config.hpp"
#include "context/request_context.hpp"

namespace drishti::filters {

/// What error_page says about STATUS in the location in force.
struct ErrorPageResult {
  enum class Action { builtin, relocate, named, redirect };
  Action action = Action::builtin;
  std::string_view target;     ///< URI (context.uri is NOT changed here), @name, or URL
  int status = 0;              ///< the status to answer with; -1: the status of the page's own answer
};
/// Changes nothing. Who follows the answer sets context.error_page_active, unless recursive_error_pages is on.
ErrorPageResult find_error_page(int status, context::RequestContext& context);

/// Makes context.response ready for an error: nothing of an earlier answer stays, but fields that are to be kept
/// (Response::keep_fields) and do not describe its body.
void start_error(context::RequestContext& context);

/// 494 to 497 are nginx's own statuses for kinds of 400.
constexpr int shown_status(int status) { return status >= 494 && status <= 497 ? 400 : status; }

/// The body of nginx's built-in page for 3xx, 4xx, 5xx (with MSIE padding when asked by settings and user agent); ""
/// for other statuses. In the request's arena or static.
std::string_view builtin_page(int status, context::RequestContext& context);

/// Makes the Location of a redirect absolute as absolute_redirect, server_name_in_redirect and port_in_redirect say;
/// TARGET beginning with a scheme stays. Control bytes are escaped (threat P10).
std::string_view redirect_location(std::string_view target, context::RequestContext& context);

/// Fills context.response for an answer of our own: status, Content-Type, length; `text` is the body. An empty
/// CONTENT_TYPE means by the URI's extension, as `return` does. Fields of an earlier answer go, unless
/// Response::keep_fields is set.
void local_response(int status, std::string_view content_type, std::string_view text, context::RequestContext& context);

/// Whether the client's connection is closed after an error of our own with this status, as nginx does.
bool closes_connection(int status);

}  // namespace drishti::filters
