#include "conf/yaml_document.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>

#include <yaml-cpp/eventhandler.h>

#include "conf/yaml_text.hpp"

namespace drishti::conf {
namespace {

constexpr std::size_t max_nodes = 2'000'000;
constexpr std::size_t max_depth = 256;
constexpr std::string_view standard_tags = "tag:yaml.org,2002:";

class DocumentBuilder final : public YAML::EventHandler {
 public:
  DocumentBuilder(YamlDocument& document, std::string_view text, const Where& start)
      : document_(document), text_(text), start_(start) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (document_.root != nullptr) fail("more than one YAML document in a file", mark);
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_null_word(mark);
    add(YamlNode::Kind::empty, mark, anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode& node = add(YamlNode::Kind::scalar, mark, anchor);
    node.plain = tag == "?";
    node.text = decode(tag, value, mark);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto target = anchors_.find(anchor);
    if (target == anchors_.end()) fail("unknown alias", mark);
    if (target->second->open) fail("an alias inside of what it stands for", mark);
    attach(*target->second);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check_tag(tag, "seq", mark);
    open(YamlNode::Kind::sequence, mark, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check_tag(tag, "map", mark);
    open(YamlNode::Kind::map, mark, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  [[noreturn]] void fail(const std::string& reason, const YAML::Mark& mark) const {
    Where where = start_;
    where.line = mark.line + 1;
    throw ConfigError(reason, where);
  }

  YamlNode& add(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (document_.nodes.size() >= max_nodes) fail("too many YAML nodes", mark);
    YamlNode& node = document_.nodes.emplace_back();
    node.kind = kind;
    node.line = mark.line + 1;
    if (anchor != 0) anchors_[anchor] = &node;
    attach(node);
    return node;
  }

  void attach(YamlNode& node) {
    if (stack_.empty()) {
      document_.root = &node;
    } else {
      stack_.back()->items.push_back(&node);
    }
  }

  void open(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    YamlNode& node = add(kind, mark, anchor);
    node.open = true;
    stack_.push_back(&node);
    if (stack_.size() > max_depth) fail("YAML is nested too deeply", mark);
  }

  void close() {
    stack_.back()->open = false;
    stack_.pop_back();
  }

  /// yaml-cpp does not tell `~` and `null` from an empty value. To us these are ordinary words, whose text is gone by
  /// now; so they have to be quoted. An empty value reports the position of what comes next, which is a word too then.
  void refuse_null_word(const YAML::Mark& mark) const {
    const std::size_t at = std::min(text_.size(), static_cast<std::size_t>(std::max(mark.pos, 0)));
    const std::string_view rest = text_.substr(at);
    const std::string_view word = rest.substr(0, rest.find_first_of(" \t\r\n:,]}#"));
    if (!is_null_word(word)) return;
    const std::size_t next = rest.find_first_not_of(" \t", word.size());
    if (next == std::string_view::npos || std::string_view("\r\n:,]}#").find(rest[next]) != std::string_view::npos) {
      fail("write \"" + std::string(word) + "\" in quotes: without them it is YAML's null", mark);
    }
  }

  void check_tag(const std::string& tag, std::string_view kind, const YAML::Mark& mark) const {
    if (tag.empty() || tag == "?" || tag == "!" || tag == std::string(standard_tags).append(kind)) return;
    fail("unknown YAML tag \"" + tag + "\"", mark);
  }

  std::string decode(const std::string& tag, const std::string& value, const YAML::Mark& mark) const {
    if (tag != std::string(standard_tags) + "binary") {
      check_tag(tag, "str", mark);
      return value;
    }
    const std::optional<std::string> bytes = decode_base64(value);
    if (!bytes) fail("!!binary is not base64", mark);
    return *bytes;
  }

  YamlDocument& document_;
  std::string_view text_;
  const Where& start_;
  std::vector<YamlNode*> stack_;
  std::unordered_map<YAML::anchor_t, YamlNode*> anchors_;
};

int line_of(std::string_view text, std::size_t offset) {
  return 1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
}

/// The first line at or before `line` that a tab indents; 0 when there is none. yaml-cpp's own words for a tab are
/// about what the tab led to.
int tab_indented_line(std::string_view text, int line) {
  int number = 0;
  for (std::size_t at = 0; at < text.size() && number <= line;) {
    ++number;
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view blanks = text.substr(at, text.substr(at, end - at).find_first_not_of(" \t"));
    if (blanks.substr(0, end - at).find('\t') != std::string_view::npos) return number;
    at = end + 1;
  }
  return 0;
}

[[noreturn]] void rethrow(const YAML::Exception& error, std::string_view text, Where where) {
  where.line = error.mark.line + 1;
  const int tab = tab_indented_line(text, where.line);
  if (tab == 0) throw ConfigError(error.msg, where);
  where.line = tab;
  throw ConfigError("a tab in the indentation: YAML allows only spaces there", where);
}

}  // namespace

YamlDocument parse_yaml_document(std::string_view text, const Where& start) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (const std::size_t bad = find_non_yaml(text); bad != std::string_view::npos) {
    Where where = start;
    where.line = line_of(text, bad);
    throw ConfigError("a byte that YAML does not allow: a control character or broken UTF-8", where);
  }
  YamlDocument document;
  std::istringstream stream{std::string(text)};
  try {
    YAML::Parser parser(stream);
    DocumentBuilder builder(document, text, start);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    rethrow(error, text, start);
  }
  return document;
}

}  // namespace drishti::conf
