#include "context/lookup.hpp"
#include "context/scratch.hpp"
#include "http/chars.hpp"
#include "http/uri.hpp"

namespace drishti::context {
namespace {

using conf::Var;
using http::FieldId;

/// A field's byte as it stands in a variable's name.
char variable_char(char c) {
  return c == '-' ? '_' : http::to_lower(c);
}

bool names_field(std::string_view variable_name, std::string_view field_name) {
  if (variable_name.size() != field_name.size()) return false;
  for (std::size_t i = 0; i < field_name.size(); ++i) {
    if (variable_char(field_name[i]) != variable_name[i]) return false;
  }
  return true;
}

/// The value of the only matching field, or all of them joined.
template <class Matches>
Found join_matching(const http::FieldList& fields, std::string_view separator, RequestContext& context,
                    Matches matches) {
  const http::Field* first = nullptr;
  bool repeated = false;
  for (const http::Field& field : fields) {
    if (!matches(field)) continue;
    repeated = first != nullptr;
    if (repeated) break;
    first = &field;
  }
  if (first == nullptr) return {};
  if (!repeated) return first->value;
  Scratch list(context);
  for (const http::Field& field : fields) {
    if (!matches(field)) continue;
    if (!list.text.empty() || &field != first) list.text.append(separator);
    list.text.append(field.value);
  }
  return list.keep();
}

Found by_variable_name(const http::FieldList& fields, std::string_view name, RequestContext& context) {
  const std::string_view separator = name == "cookie" ? "; " : ", ";  // RFC 9113 8.2.3, nginx 1.23
  return join_matching(fields, separator, context,
                       [name](const http::Field& field) { return names_field(name, field.name); });
}

/// What the head's writer adds itself.
Found sent_field(std::string_view name, RequestContext& context, NumberBuffer& buffer) {
  const Response& response = context.response;
  if (name == "content_length" && response.content_length) return write_number(*response.content_length, buffer);
  if (name == "connection" && !response.connection.empty()) return response.connection;
  if (name == "transfer_encoding" && !response.transfer_encoding.empty()) return response.transfer_encoding;
  return by_variable_name(response.fields, name, context);
}

Found request_cookie(std::string_view name, const RequestContext& context) {
  for (const http::Field& field : context.head.fields) {
    if (field.id != FieldId::cookie) continue;
    const std::string_view value = http::find_cookie(field.value, name);
    if (value.data() != nullptr) return value;
  }
  return {};
}

/// The value of `NAME=value; attributes` in a Set-Cookie of the upstream.
Found upstream_cookie(std::string_view name, const http::FieldList& fields) {
  for (const http::Field& field : fields) {
    if (field.id != FieldId::set_cookie || field.value.size() <= name.size()) continue;
    if (field.value[name.size()] != '=' || !http::iequals(field.value.substr(0, name.size()), name)) continue;
    const std::string_view value = field.value.substr(name.size() + 1);
    return value.substr(0, value.find(';'));
  }
  return {};
}

Found argument(std::string_view name, const RequestContext& context) {
  const std::string_view value = http::find_argument(context.args, name);
  return value.data() == nullptr ? Found{} : value;  // `?a=` is found and empty
}

}  // namespace

Found join_fields(const http::FieldList& fields, FieldId id, std::string_view separator, RequestContext& context) {
  return join_matching(fields, separator, context, [id](const http::Field& field) { return field.id == id; });
}

Found find_prefixed(Var id, std::string_view name, RequestContext& context, NumberBuffer& buffer) {
  switch (id) {
    case Var::arg_: return argument(name, context);
    case Var::cookie_: return request_cookie(name, context);
    case Var::http_: return by_variable_name(context.head.fields, name, context);
    case Var::sent_http_: return sent_field(name, context, buffer);
    case Var::upstream_http_:
      return context.upstream_head == nullptr ? Found{}
                                              : by_variable_name(context.upstream_head->fields, name, context);
    case Var::upstream_cookie_:
      return context.upstream_head == nullptr ? Found{} : upstream_cookie(name, context.upstream_head->fields);
    case Var::proxy_protocol_tlv_: return find_proxy_tlv(name, context, buffer);
    default: return {};  // trailers are dropped on both sides
  }
}

}  // namespace drishti::context
