#include "cache/validation.hpp"

#include "http/date.hpp"
#include "http/etag.hpp"
#include "http/hop_by_hop.hpp"

namespace drishti::cache {
namespace {

using http::FieldId;

/// Whether the 304's value takes the place of the stored one. Not what says how the stored bytes are to be read.
bool is_updated(const http::Field& field) {
  switch (field.id) {
    case FieldId::content_length: case FieldId::content_encoding: case FieldId::content_range: return false;
    default: return !http::is_hop_by_hop(field.id);
  }
}

/// Of the message that brought it, not of the response: the 304 has its own, or the time of arrival counts.
bool is_of_its_message(FieldId id) { return id == FieldId::date || id == FieldId::age; }

bool has_field(const http::FieldList& fields, const http::Field& like) {
  return like.id == FieldId::other ? fields.find(like.name) != nullptr : fields.has(like.id);
}

bool is_weak(std::string_view etag) { return etag.starts_with("W/"); }

/// Most requests have no condition: the dates of what is stored need not be read for them.
bool is_conditional(const http::FieldList& request) {
  return request.has(FieldId::if_match) || request.has(FieldId::if_none_match) || request.has(FieldId::if_modified_since) ||
         request.has(FieldId::if_unmodified_since);
}

}  // namespace

http::Validators validators_of(const http::FieldList& stored) {
  http::Validators validators;
  if (const std::string_view etag = stored.get(FieldId::etag); http::is_etag(etag)) validators.etag = etag;
  validators.modified = http::parse_http_date(stored.get(FieldId::last_modified));
  const auto date = http::parse_http_date(stored.get(FieldId::date));
  validators.strong_modified = validators.modified && date && *date > *validators.modified;
  return validators;
}

http::Precondition check_preconditions(const http::FieldList& request, int status, const http::FieldList& stored) {
  if (status != 200 || !is_conditional(request)) return http::Precondition::proceed;
  http::Validators validators = validators_of(stored);
  // RFC 9111 4.3.2: without Last-Modified the Date stands for it, in If-Modified-Since alone.
  if (!validators.modified && !request.has(FieldId::if_unmodified_since)) {
    validators.modified = http::parse_http_date(stored.get(FieldId::date));
  }
  return http::evaluate_preconditions(request, validators);
}

bool belongs_in_not_modified(const http::Field& field) {
  switch (field.id) {
    case FieldId::content_type: case FieldId::content_encoding: case FieldId::content_length:
    case FieldId::content_range: case FieldId::accept_ranges:
      return false;
    default: return !http::iequals(field.name, "content-language") && !http::iequals(field.name, "content-md5");
  }
}

bool add_validating_fields(const http::FieldList& stored, http::FieldList& request) {
  const http::Validators validators = validators_of(stored);
  if (!validators.etag.empty()) request.add({"If-None-Match", validators.etag, FieldId::if_none_match});
  if (validators.modified) {
    request.add({"If-Modified-Since", stored.get(FieldId::last_modified), FieldId::if_modified_since});
  }
  return !validators.etag.empty() || validators.modified;
}

bool validates(const http::FieldList& not_modified, const http::FieldList& stored) {
  const http::Validators theirs = validators_of(not_modified), ours = validators_of(stored);
  // Weakly, because an origin that compresses marks the tag of its 200 as weak and that of its 304 not.
  if (!ours.etag.empty() && !theirs.etag.empty()) {
    return http::etag_equal(theirs.etag, ours.etag, http::EtagComparison::weak);
  }
  if (!theirs.etag.empty() && !is_weak(theirs.etag)) return false;
  if (theirs.modified) return theirs.modified == ours.modified;
  // Without any validator it can only mean the ones that were sent.
  return theirs.etag.empty() && (!ours.etag.empty() || ours.modified);
}

void merge_not_modified(const http::FieldList& stored, const http::FieldList& not_modified, http::FieldList& out) {
  const http::ConnectionNames hop_names(not_modified);
  const auto replaces = [&](const http::Field& field) { return is_updated(field) && !hop_names.lists(field); };
  for (const http::Field& field : stored) {
    if (is_of_its_message(field.id) || (replaces(field) && has_field(not_modified, field))) continue;
    out.add(field);
  }
  for (const http::Field& field : not_modified) {
    if (replaces(field)) out.add(field);
  }
}

}  // namespace drishti::cache
