#pragma once
// Conditional requests: answered from a stored response (RFC 9110 13), and sent to validate one (RFC 9111 4.3).

#include <cstdint>
#include <string>

#include "http/message.hpp"
#include "http/preconditions.hpp"

namespace drishti::cache {

/// The validators of a stored head. Date decides whether Last-Modified is a strong one (RFC 9110 8.8.2.2).
http::Validators validators_of(const http::FieldList& stored);

/// For a GET or HEAD that is answered with a stored response of STATUS; only 200 has preconditions (RFC 9110 13.2.1).
/// Range and If-Range come after `proceed`: http::if_range_holds(), http::parse_range().
http::Precondition check_preconditions(const http::FieldList& request, int status, const http::FieldList& stored);

/// Whether a field of the stored response belongs in the 304 made from it (RFC 9110 15.4.5): Cache-Control,
/// Content-Location, Date, ETag, Expires, Vary and what is no metadata of the content.
bool belongs_in_not_modified(const http::Field& field);

/// The conditional request that validates STORED: its If-None-Match and If-Modified-Since, appended to REQUEST. The
/// client's own conditions and Range must not be sent along. False when there is no validator. Views of STORED.
bool add_validating_fields(const http::FieldList& stored, http::FieldList& request);

/// Whether a 304 speaks of this stored response (RFC 9111 4.3.4). When it does not, the stored one is dropped and the
/// request made again without conditions.
bool validates(const http::FieldList& not_modified, const http::FieldList& stored);

/// The stored head with the fields of the 304 in place of its own, but for those that describe the body that is kept
/// (Content-Length, Content-Encoding, Content-Type, Content-Range) and those of one hop. Appends views.
void merge_not_modified(const http::FieldList& stored, const http::FieldList& not_modified, http::FieldList& out);

}  // namespace drishti::cache
