#pragma once
// One YAML document as plain nodes. Our own, because yaml-cpp's Node hides duplicate keys and what was quoted, and
// expands aliases without a budget.

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "conf/directive.hpp"

namespace drishti::conf {

struct YamlNode {
  enum class Kind { empty, scalar, sequence, map };
  Kind kind = Kind::empty;
  bool plain = false;             ///< a scalar without quotes
  bool open = false;              ///< a collection whose end has not been read yet
  bool visited = false;           ///< for the reader: seen before, so it is here again by an alias
  int line = 0;
  std::string text;               ///< of a scalar
  std::vector<YamlNode*> items;   ///< of a sequence; of a map: key, value, key, value ...; an alias is a second pointer
};

struct YamlDocument {
  std::deque<YamlNode> nodes;
  YamlNode* root = nullptr;  ///< null when the text holds no document
};

/// Parses the text; at most one document. Throws ConfigError only, whatever the text is.
YamlDocument parse_yaml_document(std::string_view text, const Where& start);

}  // namespace drishti::conf
