#include "http/field.hpp"

#include <algorithm>

#include "http/chars.hpp"
#include "http/field_table.hpp"

namespace drishti::http {

FieldId field_id(std::string_view name) { return detail::find_field_id(name); }

std::string_view field_name(FieldId id) { return detail::field_names[static_cast<std::size_t>(id)]; }

bool iequals(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return to_lower(x) == to_lower(y); });
}

const Field* FieldList::find_seen(FieldId id) const {
  for (const Field& field : fields_) {
    if (field.id == id) return &field;
  }
  return nullptr;
}

const Field* FieldList::find(std::string_view name) const {
  const FieldId id = field_id(name);
  if (id != FieldId::other) return find(id);
  for (const Field& field : fields_) {
    if (field.id == FieldId::other && iequals(field.name, name)) return &field;
  }
  return nullptr;
}

std::string_view FieldList::get(FieldId id) const {
  const Field* field = find(id);
  return field != nullptr ? field->value : std::string_view();
}

std::size_t FieldList::count(FieldId id) const {
  if ((seen_ & bit(id)) == 0) return 0;
  return static_cast<std::size_t>(std::count_if(begin(), end(), [id](const Field& field) { return field.id == id; }));
}

void FieldList::rebase(const char* old_base, const char* new_base) {
  for (Field& field : fields_) {
    field.name = {new_base + (field.name.data() - old_base), field.name.size()};
    field.value = {new_base + (field.value.data() - old_base), field.value.size()};
  }
}

}  // namespace drishti::http
