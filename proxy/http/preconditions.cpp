#include "http/preconditions.hpp"

#include "http/date.hpp"
#include "http/etag.hpp"

namespace drishti::http {
namespace {

/// Whether any line of the field names the entity tag.
bool names_etag(const FieldList& request, FieldId id, std::string_view etag, EtagComparison comparison) {
  for (const Field& field : request) {
    if (field.id == id && etag_in_list(field.value, etag, comparison)) return true;
  }
  return false;
}

/// The date of a conditional field; nullopt when there is none, or it is to be ignored because it is invalid.
std::optional<std::int64_t> date_in(const FieldList& request, FieldId id) {
  const Field* field = request.find(id);
  return field == nullptr || request.repeated(id) ? std::nullopt : parse_http_date(field->value);
}

bool fails(const FieldList& request, const Validators& validators) {
  if (request.has(FieldId::if_match)) {
    return !names_etag(request, FieldId::if_match, validators.etag, EtagComparison::strong);
  }
  const auto unmodified_since = date_in(request, FieldId::if_unmodified_since);
  return unmodified_since && validators.modified && *validators.modified > *unmodified_since;
}

bool is_not_modified(const FieldList& request, const Validators& validators) {
  if (request.has(FieldId::if_none_match)) {
    return names_etag(request, FieldId::if_none_match, validators.etag, EtagComparison::weak);
  }
  const auto modified_since = date_in(request, FieldId::if_modified_since);
  return modified_since && validators.modified && *validators.modified <= *modified_since;
}

}  // namespace

Precondition evaluate_preconditions(const FieldList& request, const Validators& validators) {
  if (fails(request, validators)) return Precondition::failed;
  return is_not_modified(request, validators) ? Precondition::not_modified : Precondition::proceed;
}

bool if_range_holds(const FieldList& request, const Validators& validators) {
  const Field* field = request.find(FieldId::if_range);
  if (field == nullptr) return true;
  if (field->value.ends_with('"')) return etag_equal(field->value, validators.etag, EtagComparison::strong);
  const auto date = parse_http_date(field->value);
  return date && date == validators.modified && validators.strong_modified;
}

}  // namespace drishti::http
