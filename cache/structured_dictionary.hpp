#pragma once
// Dictionaries of Structured Fields, read without copying. RFC 8941 4.2.2.

#include <string_view>

namespace drishti::cache {

struct DictionaryMember {
  enum class Type : unsigned char { boolean, integer, string, other };
  std::string_view key;
  Type type = Type::boolean;
  bool is_true = true;       ///< boolean
  bool is_negative = false;  ///< integer
  std::string_view text;     ///< integer: its digits; string: between the quotes, escapes not undone
};

/// Takes members off the front of one field line. Parameters are parsed and left out.
class DictionaryReader {
 public:
  explicit DictionaryReader(std::string_view text);
  /// False at the end, and when the rest is no dictionary.
  bool next(DictionaryMember& member);
  bool failed() const { return failed_; }

 private:
  bool fail();
  bool take(char c);
  std::string_view take_while(bool (*accepted)(char));
  bool read_key(std::string_view& key);
  bool read_value(DictionaryMember& value);
  bool read_item(DictionaryMember& value);
  bool read_parameters();
  bool read_inner_list();
  bool read_number(DictionaryMember& value);
  bool read_string(DictionaryMember& value);
  bool read_binary();
  bool read_boolean(DictionaryMember& value);
  bool read_separator();

  std::string_view text_;
  bool failed_ = false;
};

}  // namespace drishti::cache
