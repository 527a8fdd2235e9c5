#pragma once
// Which fields end at this hop. RFC 9110 7.6.1; threats H21, H22, R23.

#include <string_view>

#include "http/field.hpp"

namespace drishti::http {

/// Whether any field with ID has TOKEN in its list.
bool any_list_has_token(const FieldList& fields, FieldId id, std::string_view token);

/// Fields that are always meant for one hop only.
constexpr bool is_hop_by_hop(FieldId id) {
  switch (id) {
    case FieldId::connection: case FieldId::keep_alive: case FieldId::proxy_connection: case FieldId::te:
    case FieldId::trailer: case FieldId::transfer_encoding: case FieldId::upgrade: case FieldId::http2_settings:
      return true;
    default: return false;
  }
}

/// Whether a response may have this field behind its body: not what frames it or says what its bytes are, nor what is
/// for the recipient's next step, which it has taken by then (RFC 9110 6.5.1).
constexpr bool may_be_trailer(FieldId id) {
  switch (id) {
    case FieldId::content_length: case FieldId::content_encoding: case FieldId::content_type: case FieldId::content_range:
    case FieldId::host: case FieldId::set_cookie: case FieldId::location: case FieldId::www_authenticate:
    case FieldId::proxy_authenticate: case FieldId::cache_control: case FieldId::age: case FieldId::vary:
      return false;
    default: return !is_hop_by_hop(id);
  }
}

/// The names that a Connection field lists. It may remove what it adds (unknown names, X-Forwarded-*, X-Real-IP); it
/// never removes what is end-to-end by its definition (Host, Authorization, Cookie, Cache-Control, Content-* ...).
class ConnectionNames {
 public:
  explicit ConnectionNames(const FieldList& fields);
  bool lists(const Field& field) const;

 private:
  const FieldList& fields_;
  bool has_names_ = false;  ///< something besides close and keep-alive
};

}  // namespace drishti::http
