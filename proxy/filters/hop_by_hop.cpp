#include "filters/hop_by_hop.hpp"

namespace drishti::filters {
namespace {

using http::FieldId;

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

bool can_be_removed(const http::Field& field) {
  switch (field.id) {
    case FieldId::other: return field.name.size() < 8 || !http::iequals(field.name.substr(0, 8), "content-");
    case FieldId::x_forwarded_for: case FieldId::x_forwarded_host: case FieldId::x_forwarded_proto:
    case FieldId::x_real_ip:
      return true;
    default: return false;
  }
}

}  // namespace

bool list_has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (http::iequals(trim(list.substr(0, comma)), token)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

bool any_list_has_token(const http::FieldList& fields, FieldId id, std::string_view token) {
  for (const http::Field& field : fields) {
    if (field.id == id && list_has_token(field.value, token)) return true;
  }
  return false;
}

ConnectionNames::ConnectionNames(const http::FieldList& fields) : fields_(fields) {
  for (const http::Field& field : fields) {
    if (field.id != FieldId::connection) continue;
    if (!http::iequals(field.value, "keep-alive") && !http::iequals(field.value, "close")) has_names_ = true;
  }
}

bool ConnectionNames::lists(const http::Field& field) const {
  return has_names_ && can_be_removed(field) && any_list_has_token(fields_, FieldId::connection, field.name);
}

}  // namespace drishti::filters
