#pragma once
// ASCII lower case, without locales.

#include <string>
#include <string_view>

namespace drishti::conf {

inline std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

}  // namespace drishti::conf
