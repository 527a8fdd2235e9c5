#pragma once
// PCRE2 with JIT and match limits. A compiled Regex is immutable and may be used from all threads at once.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drishti::conf {

class Regex {
 public:
  static constexpr std::size_t max_captures = 32;  ///< $0 to $31 are kept.

  /// The result of a match: offsets into the subject, -1 for a group that took no part.
  struct Captures {
    std::int32_t begin[max_captures];
    std::int32_t end[max_captures];
    std::uint32_t count = 0;  ///< groups including $0; 0 = no match
    std::string_view group(std::string_view subject, std::size_t n) const {
      if (n >= count || begin[n] < 0) return {};
      return subject.substr(static_cast<std::size_t>(begin[n]), static_cast<std::size_t>(end[n] - begin[n]));
    }
  };

  enum class Outcome { match, no_match, limit };  ///< limit: the match limit stopped it (threat P11)

  Regex() = default;
  /// Throws std::invalid_argument with PCRE2's words, `pcre2_compile() failed: ... in "PATTERN" at "REST"`.
  Regex(std::string pattern, bool case_insensitive);

  Outcome match(std::string_view subject, Captures& captures) const;
  bool matches(std::string_view subject) const {
    Captures captures;
    return match(subject, captures) == Outcome::match;
  }

  explicit operator bool() const { return code_ != nullptr; }
  const std::string& pattern() const { return pattern_; }
  bool case_insensitive() const { return case_insensitive_; }
  /// Named groups and their numbers: `(?<name>...)`.
  const std::vector<std::pair<std::string, int>>& names() const { return names_; }
  int group_count() const { return group_count_; }

 private:
  std::string pattern_;
  bool case_insensitive_ = false;
  std::shared_ptr<void> code_;
  std::vector<std::pair<std::string, int>> names_;
  int group_count_ = 0;
};

}  // namespace drishti::conf
