#include "http/message.hpp"

namespace drishti::http {

namespace {

struct NamedMethod {
  std::string_view name;
  Method method;
};
constexpr NamedMethod named_methods[] = {
    {"GET", Method::get},           {"HEAD", Method::head},          {"POST", Method::post},
    {"PUT", Method::put},           {"DELETE", Method::delete_},     {"OPTIONS", Method::options},
    {"PATCH", Method::patch},       {"CONNECT", Method::connect},    {"TRACE", Method::trace},
    {"PURGE", Method::purge},       {"LOCK", Method::lock},          {"UNLOCK", Method::unlock},
    {"MKCOL", Method::mkcol},       {"COPY", Method::copy},          {"MOVE", Method::move},
    {"PROPFIND", Method::propfind}, {"PROPPATCH", Method::proppatch}};

struct Reason {
  int status;
  std::string_view phrase;
};
constexpr Reason reasons[] = {{100, "Continue"},
                              {101, "Switching Protocols"},
                              {102, "Processing"},
                              {103, "Early Hints"},
                              {200, "OK"},
                              {201, "Created"},
                              {202, "Accepted"},
                              {203, "Non-Authoritative Information"},
                              {204, "No Content"},
                              {205, "Reset Content"},
                              {206, "Partial Content"},
                              {207, "Multi-Status"},
                              {300, "Multiple Choices"},
                              {301, "Moved Permanently"},
                              {302, "Moved Temporarily"},
                              {303, "See Other"},
                              {304, "Not Modified"},
                              {307, "Temporary Redirect"},
                              {308, "Permanent Redirect"},
                              {400, "Bad Request"},
                              {401, "Unauthorized"},
                              {402, "Payment Required"},
                              {403, "Forbidden"},
                              {404, "Not Found"},
                              {405, "Not Allowed"},
                              {406, "Not Acceptable"},
                              {407, "Proxy Authentication Required"},
                              {408, "Request Time-out"},
                              {409, "Conflict"},
                              {410, "Gone"},
                              {411, "Length Required"},
                              {412, "Precondition Failed"},
                              {413, "Request Entity Too Large"},
                              {414, "Request-URI Too Large"},
                              {415, "Unsupported Media Type"},
                              {416, "Requested Range Not Satisfiable"},
                              {417, "Expectation Failed"},
                              {421, "Misdirected Request"},
                              {422, "Unprocessable Content"},
                              {425, "Too Early"},
                              {426, "Upgrade Required"},
                              {428, "Precondition Required"},
                              {429, "Too Many Requests"},
                              {431, "Request Header Fields Too Large"},
                              {451, "Unavailable For Legal Reasons"},
                              {500, "Internal Server Error"},
                              {501, "Not Implemented"},
                              {502, "Bad Gateway"},
                              {503, "Service Temporarily Unavailable"},
                              {504, "Gateway Time-out"},
                              {505, "HTTP Version Not Supported"},
                              {507, "Insufficient Storage"},
                              {508, "Loop Detected"},
                              {511, "Network Authentication Required"}};

}  // namespace

Method method_of(std::string_view token) {
  if (token == "GET") return Method::get;
  for (const NamedMethod& known : named_methods) {
    if (known.name == token) return known.method;
  }
  return Method::other;
}

std::string_view reason_phrase(int status) {
  for (const Reason& reason : reasons) {
    if (reason.status == status) return reason.phrase;
  }
  return {};
}

void RequestHead::clear() {
  method = Method::other;
  method_text = request_line = target = host = host_port = {};
  version = 11;
  fields.clear();
  body = {};
  keep_alive = true;
  expect_continue = wants_upgrade = false;
}

void ResponseHead::clear() {
  status = 0;
  version = 11;
  reason = {};
  fields.clear();
  body = {};
  keep_alive = true;
  keep_alive_timeout_seconds = 0;
}

namespace {
void move_view(std::string_view& view, const char* old_base, std::size_t old_size, const char* new_base) {
  // Empty views and literals ("/" for an empty path) stay where they are.
  if (view.data() < old_base || view.data() >= old_base + old_size) return;
  view = {new_base + (view.data() - old_base), view.size()};
}
}  // namespace

void RequestHead::rebase(const char* old_base, std::size_t old_size, const char* new_base) {
  for (std::string_view* view : {&method_text, &request_line, &target, &host, &host_port}) {
    move_view(*view, old_base, old_size, new_base);
  }
  fields.rebase(old_base, new_base);
}

void ResponseHead::rebase(const char* old_base, std::size_t old_size, const char* new_base) {
  move_view(reason, old_base, old_size, new_base);
  fields.rebase(old_base, new_base);
}

}  // namespace drishti::http
