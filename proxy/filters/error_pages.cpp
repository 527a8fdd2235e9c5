#include "filters/error_pages.hpp"

#include <algorithm>

#include "context/number_text.hpp"
#include "context/scratch.hpp"
#include "context/variables.hpp"
#include "filters/content_type.hpp"
#include "filters/generated_text.hpp"
#include "http/message.hpp"
#include "http/product.hpp"

namespace drishti::filters {
namespace {

using context::RequestContext;
using context::Scratch;
using Action = ErrorPageResult::Action;

constexpr bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

const conf::ErrorPage* page_for(int status, const std::vector<conf::ErrorPage>& pages) {
  for (const conf::ErrorPage& page : pages) {
    if (std::find(page.codes.begin(), page.codes.end(), status) != page.codes.end()) return &page;
  }
  return nullptr;
}

/// `=200`, `=` alone, or nothing.
int answered_status(const conf::ErrorPage& page, int status) {
  if (page.new_status < 0) return -1;
  return page.new_status == 0 ? status : page.new_status;
}

ErrorPageResult resolve(const conf::ErrorPage& page, int status, RequestContext& context) {
  ErrorPageResult result;
  result.status = answered_status(page, status);
  result.target = context::evaluate(page.uri, context);
  if (result.target.starts_with('/')) {
    result.action = Action::relocate;
  } else if (result.target.starts_with('@')) {
    result.action = Action::named;
  } else {
    result.action = Action::redirect;
    if (!is_redirect(result.status)) result.status = 302;
  }
  return result;
}

/// Old browsers replace short error pages by their own.
bool needs_padding(int status, const RequestContext& context) {
  if (status < 400 || context.location == nullptr || !*context.location->core.msie_padding) return false;
  const std::string_view agent = context.head.fields.get(http::FieldId::user_agent);
  return agent.find("MSIE ") != agent.npos || agent.find("Chrome/") != agent.npos;
}

/// nginx names two of its pages otherwise than in the status line.
std::string_view page_phrase(int status) {
  if (status == 302) return "Found";
  if (status == 401) return "Authorization Required";
  return http::reason_phrase(status);
}

void append_title(int status, std::string& out) {
  context::append_number(status, out);
  out.append(" ").append(page_phrase(status));
}

/// Why a request was refused, on the pages of nginx's own kinds of 400.
constexpr std::string_view kind_of_400(int status) {
  switch (status) {
    case 494: return "Request Header Or Cookie Too Large";
    case 495: return "The SSL certificate error";
    case 496: return "No required SSL certificate was sent";
    case 497: return "The plain HTTP request was sent to HTTPS port";
    default: return {};
  }
}

bool shows_port(const context::ConnectionInfo& connection) {
  const int port = connection.local.port();
  return port != 0 && port != (connection.tls ? 443 : 80);
}

void append_authority(const RequestContext& context, std::string& out) {
  const conf::CoreSettings& core = context.location->core;
  const bool by_name = *core.server_name_in_redirect && !context.server->first_name.empty();
  const std::string_view host = by_name ? std::string_view(context.server->first_name) : context.head.host.empty() ? std::string_view{} : context.host;
  if (host.empty()) {
    out.append(context.connection->local.ip_text());
  } else {
    append_without_controls(host, out);
  }
  if (!*core.port_in_redirect || !shows_port(*context.connection)) return;
  out.push_back(':');
  context::append_number(context.connection->local.port(), out);
}

}  // namespace

ErrorPageResult find_error_page(int status, RequestContext& context) {
  ErrorPageResult result;
  result.status = status;
  if (context.location == nullptr || context.error_page_active || context.uri_changes > 10) return result;
  const conf::CoreSettings& core = context.location->core;
  if (core.error_pages->empty()) return result;
  const conf::ErrorPage* page = page_for(status, *core.error_pages);
  return page == nullptr ? result : resolve(*page, status, context);
}

void start_error(RequestContext& context) {
  context::Response& response = context.response;
  if (!response.keep_fields) return response.reset();
  for (http::Field& field : response.fields) {
    switch (field.id) {
      case http::FieldId::content_type: case http::FieldId::accept_ranges: case http::FieldId::last_modified:
      case http::FieldId::etag:
        field = http::Field{};  // they described the answer that failed; without a name it is not written
        break;
      default: break;
    }
  }
}

std::string_view builtin_page(int status, RequestContext& context) {
  const std::string_view kind = kind_of_400(status);
  status = shown_status(status);
  const bool has_page = is_redirect(status) || status >= 400;
  if (!has_page || http::reason_phrase(status).empty()) return {};
  const bool tokens = context.location == nullptr || *context.location->core.server_tokens;
  Scratch page(context);
  std::string& out = page.text;
  out.append("<html>\r\n<head><title>");
  if (kind.empty()) append_title(status, out);
  else out.append("400 ").append(kind);
  out.append("</title></head>\r\n<body>\r\n<center><h1>");
  append_title(status, out);
  out.append("</h1></center>\r\n");
  if (!kind.empty()) out.append("<center>").append(kind).append("</center>\r\n");
  out.append("<hr><center>");
  out.append(tokens ? http::product_with_version : http::product_name);
  out.append("</center>\r\n</body>\r\n</html>\r\n");
  for (int i = 0; i < 6 && needs_padding(status, context); ++i) {
    out.append("<!-- filled up, so that the browser shows this page and not its own -->\r\n");
  }
  return page.keep();
}

std::string_view redirect_location(std::string_view target, RequestContext& context) {
  Scratch location(context);
  const bool is_absolute_path = target.starts_with('/');
  if (is_absolute_path && context.connection != nullptr && *context.location->core.absolute_redirect) {
    location.text.append(context.connection->tls ? "https://" : "http://");
    append_authority(context, location.text);
  }
  append_without_controls(target, location.text);
  return location.keep();
}

void local_response(int status, std::string_view content_type, std::string_view text, RequestContext& context) {
  start_own_answer(status, context);
  set_content_type(content_type.empty() ? content_type_for(context) : content_type, context);
  context.response.content_length = text.size();
}

bool closes_connection(int status) {
  switch (status) {
    case 400: case 413: case 414: case 494: case 495: case 496: case 497: case 500: case 501: return true;
    default: return false;
  }
}

}  // namespace drishti::filters
