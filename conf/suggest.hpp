#pragma once
// "did you mean": the known word that a mistyped one most likely stands for.

#include <span>
#include <string>
#include <string_view>

namespace drishti::conf {

/// The word of `known` nearest to `word`: at most 2 edits away (insert, delete, replace, swap of neighbours; 1 for words
/// of up to 4 letters), or the only one that `word` is the beginning of. Upper case counts as lower case.
/// Empty when nothing is near, or when `word` is itself known.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known);

}  // namespace drishti::conf
