// Both writers, both readers: nothing is lost, whatever the tree.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "conf/readers.hpp"

namespace drishti::conf {
namespace {

namespace fs = std::filesystem;
using Body = std::vector<Directive>;

void expect_round_trips(const Body& tree, const std::string& name) {
  const std::string nginx = write_nginx(tree);
  const std::string yaml = write_yaml(tree);
  try {
    EXPECT_TRUE(same_tree(tree, read_nginx_text(nginx, name).directives)) << name << "\n" << nginx;
    EXPECT_TRUE(same_tree(tree, read_yaml_text(yaml, name).directives)) << name << "\n" << yaml;
  } catch (const ConfigError& error) {
    FAIL() << error.text() << "\n" << nginx << "\n" << yaml;
  }
}

std::vector<fs::path> corpus() {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(DRISHTI_SOURCE_DIR "/tests/conf/corpus")) {
    if (entry.path().extension() == ".conf") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

TEST(Conversion, KeepsEveryConfigurationOfTheCorpus) {
  const std::vector<fs::path> files = corpus();
  EXPECT_GE(files.size(), 28u);
  for (const fs::path& file : files) expect_round_trips(read_nginx_file(file.string()).directives, file.filename());
}

TEST(Conversion, OfTheUsersFileIsReadableYaml) {
  const std::string yaml =
      write_yaml(read_nginx_file(DRISHTI_SOURCE_DIR "/tests/conf/corpus/user_scaling_guide.conf").directives);
  EXPECT_TRUE(yaml.starts_with("upstream api_servers:\n"
                               "  least_conn: true\n"
                               "  server:\n"
                               "    - api1:3000 weight=1 max_fails=3 fail_timeout=30s\n"))
      << yaml;
  EXPECT_NE(yaml.find("  location /health:\n"
                      "    access_log: off\n"
                      "    return: 200 \"healthy\\n\"\n"
                      "    add_header: Content-Type text/plain\n"),
            std::string::npos)
      << yaml;
}

const std::vector<std::string>& hostile_words() {
  static const std::vector<std::string> words = {
      "", " ", "a b", ";", "{", "}", "{}", "\"", "'", "\"'", "'\"'\"", "\\", "\\\\", "a\\", "a\\\\", "\\\"", "\\'", "\\n",
      "\\t\\r\\n", "$", "$x", "${x}", "${", "$\\{", "#", "a#", "a #b", "# c", "\n", "\t", "\r", "\r\n", "a\nb", "\\\n",
      "\\ ", "\\;", "true", "false", "null", "~", "~*", "on", "-", "- a", "--- a", "...", "?", "? a", ":", "a:", "a: b",
      ": ", "!", "!x", "&a", "*a", "<<", "|", ">", "%", "@", "`", "[", "]", "[a]", "{a: b}", ",", "=", ")", "(\"a\")",
      "0x1f", "1e3", ".", "\x01", "\x04", "\x1b[0m", "\x7f", "\xc2\x80", "\xc2\x85", "\xe2\x80\xa8", "\xef\xbb\xbf",
      "\xef\xbf\xbf", "\xf0\x9f\x98\x80", "\xd0\xbf\xd1\x80", "\xff", "\xc3", "\xed\xa0\x80", "a\xff;b", " a", "a ", "  ",
      "^/x{2}$", "\\.php$", "\\d{1,3}\\s", "include", std::string(4095, 'x'), std::string(4095, '"'),
      std::string(4095, '\\'), std::string(4095, '\n'), std::string(4095, '\xff')};
  return words;
}

Directive directive(const std::string& name, std::vector<std::string> args, bool is_block = false, Body body = {}) {
  Directive made;
  made.name = name;
  made.args = std::move(args);
  made.is_block = is_block;
  made.children = std::move(body);
  return made;
}

TEST(Conversion, KeepsHostileWordsInEveryPlace) {
  for (const std::string& word : hostile_words()) {
    expect_round_trips({directive("a", {word})}, "argument");
    expect_round_trips({directive("a", {word, word, "z"}), directive("b", {}), directive("a", {word, word})}, "arguments");
    expect_round_trips({directive("a", {word}, true, {directive("b", {word})})}, "block");
    const std::string long_word(80, 'x');
    expect_round_trips({directive("a", {long_word, word, long_word, word}), directive("a", {word, long_word, long_word}),
                        directive("b", {word, word, long_word + long_word})},
                       "block scalar");
    if (word == "include") continue;  // never in a tree: the readers put the file's contents in its place
    expect_round_trips({directive(word, {}), directive("b", {}), directive(word, {})}, "name");
    expect_round_trips({directive(word, {word}, true), directive(word, {}, true), directive(word, {})}, "block name");
  }
}

/// Random trees from few names, so that keys collide and interleave.
class TreeGenerator {
 public:
  explicit TreeGenerator(unsigned seed) : random_(seed) {}

  Body body(int depth) {
    Body out;
    for (std::size_t n = below(6); n > 0; --n) out.push_back(one(depth));
    return out;
  }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }

  std::string word() {
    const std::vector<std::string>& hostile = hostile_words();
    static const std::string letters = "ab $\\{}\"';#\n\t:-~.";
    if (below(3) == 0) return hostile[below(hostile.size() - 5)];  // the last five are long
    std::string made;
    for (std::size_t n = below(8); n > 0; --n) made += letters[below(letters.size())];
    return made;
  }

  Directive one(int depth) {
    static const std::string names[] = {"server", "location", "set", "if", "true", "x y"};
    Directive made = directive(below(8) == 0 ? word() : names[below(6)], {});
    if (made.name == "include") made.name = "listen";
    for (std::size_t n = below(4); n > 0; --n) made.args.push_back(word());
    made.is_block = depth > 0 && below(3) == 0;
    if (made.is_block) made.children = body(depth - 1);
    return made;
  }

  std::mt19937 random_;
};

TEST(Conversion, KeepsRandomTrees) {
  for (unsigned seed = 1; seed <= 3000; ++seed) {
    expect_round_trips(TreeGenerator(seed).body(5), "seed " + std::to_string(seed));
    if (HasFailure()) return;
  }
}

TEST(Conversion, KeepsTheDeepestTreeThatIsRead) {
  Body body{directive("a", {}), directive("b", {}), directive("a", {})};
  for (int i = 0; i < 64; ++i) {
    Body around{directive("x", {"1"}), directive("y", {}, true, std::move(body)), directive("x", {"1"})};
    body = std::move(around);
  }
  expect_round_trips(body, "deep");
}

TEST(SameTree, SeesEveryDifference) {
  const Body tree = read_nginx_text("a b { c d; e; }", "t").directives;
  EXPECT_TRUE(same_tree(tree, read_nginx_text("\na 'b'\n{ c d; e; } # x", "u").directives));
  for (const char* other : {"", "a b { c d; }", "a b { e; c d; }", "a b;", "a { c d; e; }", "a x { c d; e; }",
                            "x b { c d; e; }", "a b { c; e; }", "a b { c d; e; } f;", "a b { c d; e {} }"}) {
    EXPECT_FALSE(same_tree(tree, read_nginx_text(other, "t").directives)) << other;
  }
}

}  // namespace
}  // namespace drishti::conf
