#include "conf/suggest.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace drishti::conf {
namespace {

constexpr std::size_t longest = 64;  // no directive is longer; bounds the work for hostile input
constexpr std::size_t shortest_prefix = 4;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// Optimal string alignment distance.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last, last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replace, last[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = row;
  }
  return last[b.size()];
}

std::string only_completion(std::string_view word, std::span<const std::string_view> known) {
  if (word.size() < shortest_prefix) return {};
  std::string_view found;
  for (std::string_view candidate : known) {
    if (!candidate.starts_with(word)) continue;
    if (!found.empty()) return {};
    found = candidate;
  }
  return std::string(found);
}

}  // namespace

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known) {
  if (word.empty() || word.size() > longest) return {};
  const std::string typed = lower(word);
  std::size_t best = (typed.size() <= 4 ? 1 : 2) + 1;
  std::string_view nearest;
  for (std::string_view candidate : known) {
    if (candidate == word) return {};
    const std::size_t gap = std::max(candidate.size(), typed.size()) - std::min(candidate.size(), typed.size());
    if (candidate.size() > longest || gap >= best) continue;
    const std::size_t distance = edit_distance(typed, candidate);
    if (distance >= best) continue;
    best = distance;
    nearest = candidate;
  }
  return nearest.empty() ? only_completion(typed, known) : std::string(nearest);
}

}  // namespace drishti::conf
