#pragma once
// What the fuzz targets share: a check that stays in every build, pieces of changing size, views inside buffers.

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "http/field.hpp"

#define FUZZ_CHECK(condition)                                                        \
  do {                                                                               \
    if (!(condition)) {                                                              \
      std::fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                  \
    }                                                                                \
  } while (false)

namespace drishti::http::testing {

/// Sizes of pieces from 1 to 64, the same for the same seed.
inline auto steps(unsigned seed) {
  return [state = seed]() mutable {
    state = state * 1103515245 + 12345;
    return 1 + (state >> 16) % 64;
  };
}

inline bool lies_inside(std::string_view view, std::string_view buffer) {
  return view.data() >= buffer.data() && view.data() + view.size() <= buffer.data() + buffer.size();
}

inline void check_field_views(const FieldList& fields, std::string_view buffer) {
  for (const Field& field : fields) {
    FUZZ_CHECK(lies_inside(field.name, buffer) && lies_inside(field.value, buffer));
    FUZZ_CHECK(!field.name.empty() && field.id == field_id(field.name));
  }
}

}  // namespace drishti::http::testing
