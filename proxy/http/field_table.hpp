#pragma once
// The perfect hash over the names of DRISHTI_FIELDS, built at compile time.

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "http/field.hpp"

namespace drishti::http::detail {

inline constexpr std::string_view field_names[] = {"",
#define DRISHTI_F(id, name) name,
                                                   DRISHTI_FIELDS(DRISHTI_F)
#undef DRISHTI_F
};
inline constexpr std::size_t field_count = std::size(field_names);
inline constexpr std::size_t longest_field_name = 24;
static_assert(field_count <= 64, "FieldList keeps the ids that it has seen in 64 bits");

/// N bytes as a little-endian number.
template <int N>
constexpr std::uint64_t read_le(const char* from) {
  std::uint64_t word = 0;
  if (std::is_constant_evaluated() || std::endian::native != std::endian::little) {
    for (int i = 0; i < N; ++i) word |= std::uint64_t{static_cast<unsigned char>(from[i])} << (8 * i);
  } else {
    __builtin_memcpy(&word, from, N);  // one load; the loop is not always made into one
  }
  return word;
}

/// All bytes of a name of 2 to 24 bytes in three words; loads overlap, so that none reads outside the name.
struct NameWords {
  std::uint64_t first = 0, middle = 0, last = 0;
  constexpr explicit NameWords(std::string_view name) {
    const char* p = name.data();
    const std::size_t size = name.size();
    if (size >= 8) {
      first = read_le<8>(p);
      middle = read_le<8>(p + (size < 16 ? size - 8 : 8));
      last = read_le<8>(p + size - 8);
    } else if (size >= 4) {
      first = read_le<4>(p) | read_le<4>(p + size - 4) << 32;
    } else if (size >= 2) {
      first = read_le<2>(p) | read_le<1>(p + size - 1) << 32;
    }
  }
  constexpr NameWords() = default;
  /// Compares with a name in any case, when these are the words of one in lower case.
  constexpr bool match(const NameWords& any) const;
};

/// Equal when bit 0x20 is ignored where WANTED, which is lower case, has a letter (bit 0x40 set), and nowhere else.
constexpr bool same_letters(std::uint64_t word, std::uint64_t wanted) {
  return (word | ((wanted & 0x4040404040404040U) >> 1)) == wanted;
}

constexpr bool NameWords::match(const NameWords& any) const {
  return same_letters(any.first, first) && same_letters(any.middle, middle) && same_letters(any.last, last);
}

constexpr unsigned name_hash(std::string_view name) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(name[i]) | 0x20U; };
  const auto size = static_cast<unsigned>(name.size());
  return ((size * 224 + at(0) * 188 + at(size - 1) * 18 + at(size / 2) * 241) >> 3) & 255;
}

struct FieldTable {
  struct Entry {
    NameWords words;
    std::size_t size = 0;
  };
  std::array<std::uint8_t, 256> id_of_hash{};
  std::array<Entry, field_count> entries{};
};

consteval FieldTable make_field_table() {
  FieldTable table;
  for (std::size_t id = 1; id < field_count; ++id) {
    const std::string_view name = field_names[id];
    std::uint8_t& slot = table.id_of_hash[name_hash(name)];
    if (slot != 0 || name.size() < 2 || name.size() > longest_field_name) throw "choose other factors in name_hash";
    slot = static_cast<std::uint8_t>(id);
    table.entries[id] = {NameWords(name), name.size()};
  }
  return table;
}
inline constexpr FieldTable field_table = make_field_table();

/// field_id() inline, for the parsers.
inline FieldId find_field_id(std::string_view name) {
  if (name.empty()) return FieldId::other;
  const std::uint8_t id = field_table.id_of_hash[name_hash(name)];
  const FieldTable::Entry& entry = field_table.entries[id];
  if (entry.size != name.size()) return FieldId::other;
  return entry.words.match(NameWords(name)) ? static_cast<FieldId>(id) : FieldId::other;
}

}  // namespace drishti::http::detail

namespace drishti::http {

/// iequals() for a constant of 2 to 24 lower-case letters, digits and `-`: three compares at most.
inline bool is_word(std::string_view text, std::string_view lower_case) {
  return text.size() == lower_case.size() && detail::NameWords(lower_case).match(detail::NameWords(text));
}

}  // namespace drishti::http
