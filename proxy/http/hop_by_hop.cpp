#include "http/hop_by_hop.hpp"

#include "http/tokens.hpp"

namespace drishti::http {
namespace {

bool can_be_removed(const Field& field) {
  switch (field.id) {
    case FieldId::other: return field.name.size() < 8 || !iequals(field.name.substr(0, 8), "content-");
    case FieldId::x_forwarded_for: case FieldId::x_forwarded_host: case FieldId::x_forwarded_proto:
    case FieldId::x_real_ip:
      return true;
    default: return false;
  }
}

}  // namespace

bool any_list_has_token(const FieldList& fields, FieldId id, std::string_view token) {
  for (const Field& field : fields) {
    if (field.id == id && has_token(field.value, token)) return true;
  }
  return false;
}

ConnectionNames::ConnectionNames(const FieldList& fields) : fields_(fields) {
  for (const Field& field : fields) {
    if (field.id != FieldId::connection) continue;
    if (!iequals(field.value, "keep-alive") && !iequals(field.value, "close")) has_names_ = true;
  }
}

bool ConnectionNames::lists(const Field& field) const {
  return has_names_ && can_be_removed(field) && any_list_has_token(fields_, FieldId::connection, field.name);
}

}  // namespace drishti::http
