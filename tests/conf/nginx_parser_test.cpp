#include "conf/nginx_parser.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "conf/readers.hpp"

namespace drishti::conf {
namespace {

using Words = std::vector<std::string>;

Words words_of(const std::string& text) {
  const DirectiveTree tree = read_nginx_text(text, "test.conf");
  EXPECT_EQ(tree.directives.size(), 1u) << text;
  Words words{tree.directives.at(0).name};
  for (const std::string& arg : tree.directives[0].args) words.push_back(arg);
  return words;
}

std::string error_of(const std::string& text, const std::string& name = "test.conf") {
  try {
    read_nginx_text(text, name);
  } catch (const ConfigError& error) {
    return error.text();
  }
  return "accepted";
}

TEST(NginxGrammar, SplitsWordsAsNginxDoes) {
  const struct { const char* text; Words words; } cases[] = {
      {"a b c;", {"a", "b", "c"}},
      {"a\t\r\n b\n;", {"a", "b"}},
      {"a 'b c' \"d e\";", {"a", "b c", "d e"}},
      {"a '';", {"a", ""}},
      {"'a b' c;", {"a b", "c"}},
      {"a b'c\"d;", {"a", "b'c\"d"}},
      {"a b#c # comment ; {\n d;", {"a", "b#c", "d"}},
      {R"(a \"b \'c \\d;)", {"a", "\"b", "'c", "\\d"}},
      {R"(a "x\ty\nz\r";)", {"a", "x\ty\nz\r"}},
      {R"(a x\ty;)", {"a", "x\ty"}},
      {R"(a \.php$ \d+ "\w";)", {"a", "\\.php$", "\\d+", "\\w"}},
      {R"(a b\ c\;d;)", {"a", "b\\ c\\;d"}},
      {R"(a "x'y" 'x"y' "x\"y" 'x\'y';)", {"a", "x'y", "x\"y", "x\"y", "x'y"}},
      {"a ${b}c d${e};", {"a", "${b}c", "d${e}"}},
      {"a $b;", {"a", "$b"}},
      {"a b}c};", {"a", "b}c}"}},
      {"a (\"b\");", {"a", "(\"b\")"}},
      {"a \"b\")c;", {"a", "b", ")c"}},
      {"a \"line\nbreak\";", {"a", "line\nbreak"}},
      {"a \"{;}#\";", {"a", "{;}#"}},
      {"a \xd0\xbf\xff;", {"a", "\xd0\xbf\xff"}},
      {"a\\ b;", {"a\\ b"}},
  };
  for (const auto& c : cases) EXPECT_EQ(words_of(c.text), c.words) << c.text;
}

TEST(NginxGrammar, OpensBlocksAtAnyLevelAndCountsLinesWhereTheStatementEnds) {
  const DirectiveTree tree = read_nginx_text("http{\n  server\n  {\n    listen\n      80;}\n}\nuser x;", "test.conf");
  ASSERT_EQ(tree.directives.size(), 2u);
  const Directive& http = tree.directives[0];
  EXPECT_TRUE(http.is_block);
  EXPECT_EQ(http.where.line, 1);
  const Directive& server = http.children.at(0);
  EXPECT_EQ(server.where.line, 3);
  EXPECT_EQ(server.children.at(0).where.text(), "test.conf:5");
  EXPECT_EQ(server.children.at(0).args, Words{"80"});
  EXPECT_EQ(tree.directives[1].where.line, 7);
}

TEST(NginxGrammar, KeepsAnEmptyBlockApartFromADirectiveWithoutArguments) {
  const DirectiveTree tree = read_nginx_text("events {} ip_hash;", "test.conf");
  ASSERT_EQ(tree.directives.size(), 2u);
  EXPECT_TRUE(tree.directives[0].is_block);
  EXPECT_FALSE(tree.directives[1].is_block);
  EXPECT_FALSE(same_tree(tree.directives, read_nginx_text("events; ip_hash;", "test.conf").directives));
}

TEST(NginxGrammar, NamesTheMistakeAndTheLine) {
  const struct { std::string text, error; } cases[] = {
      {"\n;", "unexpected \";\" in test.conf:2"},
      {"{", "unexpected \"{\" in test.conf:1"},
      {"a {\n}\n}", "unexpected \"}\" in test.conf:3"},
      {"a {\n b c\n}", "unexpected \"}\" in test.conf:3"},
      {"a {\n b;\n", "unexpected end of file, expecting \"}\" in test.conf:3"},
      {"a\nb", "unexpected end of file, expecting \";\" or \"}\" in test.conf:2"},
      {"a 'b", "unexpected end of file, expecting \";\" or \"}\" in test.conf:1"},
      {"a \"b\"c;", "unexpected \"c\" in test.conf:1"},
      {"a 'b'\"c\";", "unexpected \"\"\" in test.conf:1"},
      {"a 'b'}", "unexpected \"}\" in test.conf:1"},
      {"a;\n\nb " + std::string(9000, 'x') + ";", "too long parameter \"xxxxxxxxxx...\" started in test.conf:3"},
      {"a;\nb '" + std::string(9000, '\n') + "';",
       "too long parameter, probably missing terminating \"'\" character in test.conf:2"},
      {"a " + std::string("x\0y", 3) + ";", "NUL byte in a parameter in test.conf:1"},
      {"include x;", "\"include\" directive is not allowed here in test.conf:1"},
      {"include;", "invalid number of arguments in \"include\" directive in test.conf:1"},
      {"include x {}", "directive \"include\" is not terminated by \";\" in test.conf:1"},
  };
  for (const auto& c : cases) EXPECT_EQ(error_of(c.text), c.error) << c.text.substr(0, 60);
}

TEST(NginxGrammar, SpeaksOfTheCommandLineForTextGivenThere) {
  EXPECT_EQ(error_of("daemon off", "command line"), "unexpected end of parameter, expecting \";\" in command line");
  EXPECT_EQ(error_of("http {}", "command line"), "block directives are not supported in -g option in command line");
  EXPECT_EQ(read_nginx_text("daemon off; user a;", "command line").directives.size(), 2u);
}

TEST(NginxGrammar, BoundsDepthAndNumberOfDirectives) {
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "a{";
  EXPECT_EQ(error_of(deep), "blocks are nested deeper than 64 levels in test.conf:1");
  std::string many;
  for (int i = 0; i < 500001; ++i) many += "a;";
  EXPECT_EQ(error_of(many), "the configuration has more than 500000 directives in test.conf:1");
  EXPECT_EQ(error_of(std::string((10u << 20) + 1, '#')), "the configuration is larger than 10485760 bytes in test.conf");
}

TEST(NginxGrammar, WritesRegularExpressionsReadably) {
  EXPECT_EQ(write_nginx(read_nginx_text(R"(location ~ \.php$ {rewrite "^/a/(\d{4})$" /b?y=$1 last;})", "t").directives),
            "location ~ \\.php$ {\n    rewrite \"^/a/(\\d{4})$\" /b?y=$1 last;\n}\n");
}

}  // namespace
}  // namespace drishti::conf
