#include "conf/yaml_reader.hpp"

#include <iterator>
#include <set>
#include <string>
#include <utility>

#include "conf/nginx_lexer.hpp"
#include "conf/yaml_document.hpp"

namespace drishti::conf {
namespace {

using Words = std::vector<std::string>;
using Body = std::vector<Directive>;
using Kind = YamlNode::Kind;

constexpr std::size_t max_path_bytes = 200;
constexpr std::size_t max_path_key_bytes = 60;

/// The path of keys to a node, cut short where it would help nobody.
std::string key_path(const std::string& path, std::string_view key) {
  if (path.size() > max_path_bytes) return path;
  std::string out = path.empty() ? std::string() : path + ".";
  out += key.substr(0, max_path_key_bytes);
  return key.size() > max_path_key_bytes ? out + "..." : out;
}

std::string item_path(const std::string& path, std::size_t index) {
  return path.size() > max_path_bytes ? path : path + "[" + std::to_string(index) + "]";
}

class YamlTreeBuilder {
 public:
  YamlTreeBuilder(SourceReader& reader, std::shared_ptr<const std::string> file)
      : reader_(reader), file_(std::move(file)) {}

  /// A map, or a sequence of maps.
  void body(YamlNode& node, const std::string& path, int depth, Body& out) {
    switch (node.kind) {
      case Kind::map: return entries(node, path, depth, out);
      case Kind::sequence: return ordered_body(node, path, depth, out);
      default: fail("a map of directives is wanted here", node, path);
    }
  }

 private:
  struct Head {
    Words words;
    int line;
  };

  Where where(int line, const std::string& path) const { return Where{file_, line, path}; }

  [[noreturn]] void fail(const std::string& reason, const YamlNode& node, const std::string& path) const {
    throw ConfigError(reason, where(node.line, path));
  }

  /// What an alias repeats counts again; this is what stops an alias bomb made of text.
  const std::string& text_of(YamlNode& scalar, const std::string& path) {
    if (scalar.visited) reader_.charge_text(scalar.text.size() + 1, where(scalar.line, path));
    scalar.visited = true;
    return scalar.text;
  }

  void ordered_body(YamlNode& node, const std::string& path, int depth, Body& out) {
    if (node.items.empty()) fail("an empty list", node, path);
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      YamlNode& item = *node.items[i];
      const std::string at = item_path(path, i);
      if (item.kind != Kind::map) fail("a map with one directive is wanted here", item, at);
      if (item.items.empty()) fail("an empty map", item, at);
      entries(item, at, depth, out);
    }
  }

  void entries(YamlNode& map, const std::string& path, int depth, Body& out) {
    std::set<Words> seen;
    for (std::size_t i = 0; i + 1 < map.items.size(); i += 2) {
      YamlNode& key = *map.items[i];
      if (key.kind != Kind::scalar) fail("a key is the name of a directive, with or without arguments", key, path);
      const std::string at = key_path(path, text_of(key, path));
      Head head{split_words(key.text, where(key.line, at)), key.line};
      if (head.words.empty()) fail("an empty key", key, at);
      if (!seen.insert(head.words).second) {
        fail("duplicate key \"" + key.text.substr(0, max_path_key_bytes) + "\": give its values as a list", key, at);
      }
      entry(head, *map.items[i + 1], at, depth, out);
    }
  }

  void entry(const Head& head, YamlNode& value, const std::string& path, int depth, Body& out) {
    if (value.kind != Kind::sequence) return instance(head, value, head.line, path, depth, out);
    if (value.items.empty()) fail("an empty list", value, path);
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      YamlNode& item = *value.items[i];
      instance(head, item, item.line, item_path(path, i), depth, out);
    }
  }

  /// One directive: the words of the key, and one value.
  void instance(const Head& head, YamlNode& value, int line, const std::string& path, int depth, Body& out) {
    Directive directive;
    directive.name = head.words.front();
    directive.args.assign(head.words.begin() + 1, head.words.end());
    directive.where = where(line, path);
    const bool body_in_order = value.kind == Kind::sequence && !value.items.empty() && value.items[0]->kind == Kind::map;
    if (value.kind == Kind::map || body_in_order) {
      directive.is_block = true;
      reader_.check_block(directive, depth);
      body(value, path, depth + 1, directive.children);
      out.push_back(std::move(directive));
    } else {
      add_arguments(directive.args, value, path);
      reader_.add(std::move(directive), out, depth, SourceReader::Syntax::yaml);
    }
  }

  void add_arguments(Words& args, YamlNode& value, const std::string& path) {
    if (value.kind == Kind::sequence) return add_verbatim(args, value, path);
    if (value.kind == Kind::empty || (value.plain && value.text == "true")) return;
    Words words = split_words(text_of(value, path), where(value.line, path));
    args.insert(args.end(), std::make_move_iterator(words.begin()), std::make_move_iterator(words.end()));
  }

  void add_verbatim(Words& args, YamlNode& list, const std::string& path) {
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      YamlNode& item = *list.items[i];
      const std::string at = item_path(path, i);
      if (item.kind != Kind::scalar) fail("an argument is wanted here", item, at);
      check_word(text_of(item, at), where(item.line, at));
      args.push_back(item.text);
    }
  }

  SourceReader& reader_;
  std::shared_ptr<const std::string> file_;
};

}  // namespace

void parse_yaml(SourceReader& reader, std::string_view text, const Where& start, std::vector<Directive>& out,
                int depth) {
  YamlDocument document = parse_yaml_document(text, start);
  if (document.root == nullptr || document.root->kind == Kind::empty) return;
  YamlTreeBuilder(reader, start.file).body(*document.root, {}, depth, out);
}

}  // namespace drishti::conf
