#include "cache/redis/json_text.hpp"

#include <algorithm>
#include <string>

namespace drishti::cache::redis {
namespace {

constexpr std::size_t deepest = 512;

class JsonChecker {
 public:
  explicit JsonChecker(std::string_view text) : rest_(text) {}

  /// Not recursive: `open_` holds the brackets that are open.
  bool check() {
    for (;;) {
      if (!begin_value()) return false;
      while (expects_end_) {
        if (open_.empty()) return skip_space(), rest_.empty();
        if (!end_of_value()) return false;
      }
    }
  }

 private:
  void skip_space() {
    const std::size_t at = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at);
  }
  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  /// A whole scalar, or the beginning of an array or object up to its first value.
  bool begin_value() {
    skip_space();
    expects_end_ = true;
    if (take("[")) return open('[', "]");
    if (take("{")) return open('{', "}");
    if (rest_.starts_with('"')) return string();
    return take("true") || take("false") || take("null") || number();
  }
  bool open(char bracket, std::string_view end) {
    if (open_.size() == deepest) return false;
    skip_space();
    if (take(end)) return true;
    open_ += bracket;
    expects_end_ = false;
    return bracket == '[' || name();
  }
  /// Behind a value in a bracket: the next one, or the bracket's end.
  bool end_of_value() {
    skip_space();
    const bool in_object = open_.back() == '{';
    if (take(",")) {
      expects_end_ = false;
      return !in_object || name();
    }
    open_.pop_back();
    return take(in_object ? "}" : "]");
  }
  bool name() {
    skip_space();
    if (!string()) return false;
    skip_space();
    return take(":");
  }
  bool string() {
    if (!take("\"")) return false;
    while (!rest_.empty()) {
      const auto c = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (c < ' ' || (c == '\\' && !escape())) return false;
    }
    return false;
  }
  bool escape() {
    if (rest_.empty()) return false;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    const std::size_t digits = rest_.find_first_not_of("0123456789abcdefABCDEF");
    if (rest_.size() < 4 || digits < 4) return false;
    rest_.remove_prefix(4);
    return true;
  }
  bool digits() {
    const std::size_t end = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    rest_.remove_prefix(end);
    return end > 0;
  }
  bool number() {
    take("-");
    if (!take("0") && !digits()) return false;
    if (take(".") && !digits()) return false;
    if (!take("e") && !take("E")) return true;
    if (!take("+")) take("-");
    return digits();
  }

  std::string_view rest_;
  std::string open_;
  bool expects_end_ = true;
};

}  // namespace

bool is_json_text(std::string_view text) { return JsonChecker(text).check(); }

}  // namespace drishti::cache::redis
