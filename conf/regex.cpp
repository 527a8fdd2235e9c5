#define PCRE2_CODE_UNIT_WIDTH 8
#include "conf/regex.hpp"

#include <pcre2.h>

#include <algorithm>
#include <stdexcept>

namespace drishti::conf {
namespace {

// Bounds for expressions that backtrack without end (threat P11): about a millisecond of matching, 1 MiB of heap.
constexpr std::uint32_t match_limit = 100'000;
constexpr std::uint32_t depth_limit = 5'000;
constexpr std::uint32_t heap_limit_kib = 1'024;

pcre2_code* code_of(const std::shared_ptr<void>& code) { return static_cast<pcre2_code*>(code.get()); }

// PCRE2's working memory of one thread; made once, so that matching allocates nothing.
struct MatchMemory {
  pcre2_match_data* data = pcre2_match_data_create(Regex::max_captures, nullptr);
  pcre2_match_context* context = pcre2_match_context_create(nullptr);
  MatchMemory() {
    if (data == nullptr || context == nullptr) throw std::bad_alloc();
    pcre2_set_match_limit(context, match_limit);
    pcre2_set_depth_limit(context, depth_limit);
    pcre2_set_heap_limit(context, heap_limit_kib);
  }
  ~MatchMemory() {
    pcre2_match_context_free(context);
    pcre2_match_data_free(data);
  }
  MatchMemory(const MatchMemory&) = delete;
  MatchMemory& operator=(const MatchMemory&) = delete;
};

MatchMemory& match_memory() {
  thread_local MatchMemory memory;
  return memory;
}

[[noreturn]] void fail_to_compile(const std::string& pattern, int error, std::size_t offset) {
  PCRE2_UCHAR words[256] = {};
  pcre2_get_error_message(error, words, sizeof words);
  std::string text = "pcre2_compile() failed: ";
  text.append(reinterpret_cast<const char*>(words)).append(" in \"").append(pattern).append("\"");
  if (offset < pattern.size()) text.append(" at \"").append(pattern, offset).append("\"");
  throw std::invalid_argument(text);
}

template <class T>
T pattern_info(const std::shared_ptr<void>& code, std::uint32_t what) {
  T value{};
  pcre2_pattern_info(code_of(code), what, &value);
  return value;
}

// PCRE2's table of names: entries of fixed size, two bytes of group number and a zero-terminated name.
std::vector<std::pair<std::string, int>> read_names(const std::shared_ptr<void>& code) {
  std::vector<std::pair<std::string, int>> names;
  const auto count = pattern_info<std::uint32_t>(code, PCRE2_INFO_NAMECOUNT);
  const auto size = pattern_info<std::uint32_t>(code, PCRE2_INFO_NAMEENTRYSIZE);
  const auto* entry = pattern_info<PCRE2_SPTR>(code, PCRE2_INFO_NAMETABLE);
  for (std::uint32_t i = 0; i < count; ++i, entry += size)
    names.emplace_back(reinterpret_cast<const char*>(entry + 2), entry[0] << 8 | entry[1]);
  return names;
}

std::int32_t offset_of(std::size_t position) {
  return position == PCRE2_UNSET ? -1 : static_cast<std::int32_t>(position);
}

}  // namespace

Regex::Regex(std::string pattern, bool case_insensitive)
    : pattern_(std::move(pattern)), case_insensitive_(case_insensitive) {
  int error = 0;
  std::size_t offset = 0;
  pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern_.data()), pattern_.size(),
                                   case_insensitive_ ? PCRE2_CASELESS : 0, &error, &offset, nullptr);
  if (code == nullptr) fail_to_compile(pattern_, error, offset);
  code_ = std::shared_ptr<void>(code, [](void* p) { pcre2_code_free(static_cast<pcre2_code*>(p)); });
  pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);  // where there is no JIT, pcre2_match interprets
  names_ = read_names(code_);
  group_count_ = static_cast<int>(pattern_info<std::uint32_t>(code_, PCRE2_INFO_CAPTURECOUNT));
}

Regex::Outcome Regex::match(std::string_view subject, Captures& captures) const {
  captures.count = 0;
  auto& memory = match_memory();
  const int rc = pcre2_match(code_of(code_), reinterpret_cast<PCRE2_SPTR>(subject.data()), subject.size(), 0, 0,
                             memory.data, memory.context);
  if (rc == PCRE2_ERROR_NOMATCH) return Outcome::no_match;
  if (rc < 0) return Outcome::limit;
  const std::size_t* offsets = pcre2_get_ovector_pointer(memory.data);
  const std::size_t groups = std::min<std::size_t>(static_cast<std::size_t>(group_count_) + 1, max_captures);
  for (std::size_t i = 0; i < groups; ++i) {
    captures.begin[i] = offset_of(offsets[2 * i]);
    captures.end[i] = offset_of(offsets[2 * i + 1]);
  }
  captures.count = static_cast<std::uint32_t>(groups);
  return Outcome::match;
}

}  // namespace drishti::conf
