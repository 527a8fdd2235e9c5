#pragma once
// Characters and scalars of YAML: what may stand in a file, and how a text is written so that it reads back the same.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace drishti::conf {

/// The offset of the first byte that YAML 1.2 (5.1) does not allow in a stream: broken UTF-8, NUL and other control
/// characters. npos when all is well.
std::size_t find_non_yaml(std::string_view text);

/// Base64 with padding (RFC 4648), as in the YAML tag !!binary; blanks are skipped. Nothing when it is malformed.
std::optional<std::string> decode_base64(std::string_view text);
std::string encode_base64(std::string_view bytes);

/// True for the plain scalars that YAML takes for null: ~ null Null NULL.
bool is_null_word(std::string_view text);

/// True when the text can stand in YAML as it is: UTF-8 without control characters, so without line ends.
bool is_printable_yaml(std::string_view text);

/// The text as one scalar on one line: plain when that is safe, else in quotes, else as !!binary.
/// With `force_quotes` it is never plain.
std::string yaml_scalar(std::string_view text, bool force_quotes = false);

}  // namespace drishti::conf
