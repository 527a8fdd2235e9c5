#pragma once
// Comparing heads with the oracle's.

#include "http/tokens.hpp"
#include "tests/support/beast_oracle.hpp"

namespace drishti::http::testing {

/// Beast refuses a Connection that is no list of tokens; such a field is in use (`timeout=5` of some servers) and has
/// no bearing on framing, so ours ignores what it does not know in it.
inline bool has_odd_connection(const FieldList& fields) {
  bool odd = false;
  for (const Field& field : fields) {
    if (field.id != FieldId::connection && field.id != FieldId::proxy_connection) continue;
    for_each_element(field.value, [&](std::string_view element) { odd |= !is_token(element); });
  }
  return odd;
}

inline bool same_fields(const FieldList& ours, const OracleHead& theirs) {
  bool same = ours.size() == theirs.fields.size();
  for (std::size_t i = 0; same && i < ours.size(); ++i) {
    same = ours[i].name == theirs.fields[i].first && ours[i].value == theirs.fields[i].second;
  }
  return same;
}

}  // namespace drishti::http::testing
