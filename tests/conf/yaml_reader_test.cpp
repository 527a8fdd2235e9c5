#include "conf/yaml_reader.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "conf/readers.hpp"

namespace drishti::conf {
namespace {

void expect_same(const std::string& yaml, const std::string& nginx) {
  const DirectiveTree from_yaml = read_yaml_text(yaml, "test.yaml");
  const DirectiveTree from_nginx = read_nginx_text(nginx, "test.conf");
  EXPECT_TRUE(same_tree(from_yaml.directives, from_nginx.directives))
      << yaml << "\nis\n" << write_nginx(from_yaml.directives) << "\nnot\n" << nginx;
}

std::string error_of(const std::string& text) {
  try {
    read_yaml_text(text, "test.yaml");
  } catch (const ConfigError& error) {
    return error.text();
  }
  return "accepted";
}

TEST(YamlConfiguration, SaysTheSameAsNginxConf) {
  expect_same(R"(
worker_processes: auto
http:
  upstream api_servers:
    least_conn: true
    server:
      - api1:3000 weight=1 max_fails=3 fail_timeout=30s
      - api2:3000
  server:
    - listen: [80, "[::]:80 default_server"]
      server_name: a.example b.example
      location /:
        proxy_pass: http://api_servers
        proxy_set_header:
          - Host $host
          - X-Real-IP $remote_addr
      location ~ \.php$:
        return: 200 "healthy\n"
    - listen: 81
)",
              R"(
worker_processes auto;
http {
  upstream api_servers {
    least_conn;
    server api1:3000 weight=1 max_fails=3 fail_timeout=30s;
    server api2:3000;
  }
  server {
    listen 80;
    listen [::]:80 default_server;
    server_name a.example b.example;
    location / {
      proxy_pass http://api_servers;
      proxy_set_header Host $host;
      proxy_set_header X-Real-IP $remote_addr;
    }
    location ~ \.php$ { return 200 "healthy\n"; }
  }
  server { listen 81; }
}
)");
}

TEST(YamlConfiguration, TakesEveryFormOfAValue) {
  const struct { const char* yaml; const char* nginx; } cases[] = {
      {"a: b c", "a b c;"},
      {"a b: c", "a b c;"},
      {"a: true", "a;"},
      {"a:", "a;"},
      {"a: \"true\"", "a true;"},
      {"a: [[true]]", "a true;"},
      {"a: on\nb: 0x10\nc: 1.50\nd: yes\ne: 007", "a on; b 0x10; c 1.50; d yes; e 007;"},
      {"a: 'b \"c d\"'", "a b \"c d\";"},
      {"a: [b, c]", "a b; a c;"},
      {"a: [[b c, 'd;{}#\"']]", "a 'b c' 'd;{}#\"';"},
      {"a: [[], true, b]", "a; a; a b;"},
      {"a: {}", "a {}"},
      {"a: {b: c}", "a { b c; }"},
      {"a: [{b: c}, {d: e}]", "a { b c; } a { d e; }"},
      {"a: [[{b: 1}, {c: 2}, {b: 3}]]", "a { b 1; c 2; b 3; }"},
      {"- a: 1\n- b: 2\n- a: 3", "a 1; b 2; a 3;"},
      {"set $a: 1\nset $b: 2", "set $a 1; set $b 2;"},
      {"if ($request_method = POST):\n  return: 405", "if ($request_method = POST) { return 405; }"},
      {"log_format: |\n  main '$remote_addr '\n       '\"$request\"'\n", "log_format main '$remote_addr ' '\"$request\"';"},
      {"a: &x {b: c}\nd: *x", "a { b c; } d { b c; }"},
      {"a: ''", "a;"},
      {"a: '\"\"'", "a \"\";"},
      {"? a b\n: c", "a b c;"},
      {"a: !!binary /w==", "a \xff;"},
      {"a: \"\\x04\\u00e9\"", "a \x04\xc3\xa9;"},
      {"---\na: b\n...\n", "a b;"},
      {"\xEF\xBB\xBF" "a: b", "a b;"},
      {"a: ${b}c", "a ${b}c;"},
      {"# nothing\n", ""},
      {"", ""},
      {"{}", ""},
      {"a:\n~ ^/x: y", "a; ~ ^/x y;"},
  };
  for (const auto& c : cases) expect_same(c.yaml, c.nginx);
}

TEST(YamlConfiguration, NamesTheMistakeItsLineAndItsPath) {
  const struct { const char* yaml; const char* error; } cases[] = {
      {"http:\n  server:\n    - listen: 80\n    - listen: 80;\n",
       "unexpected \";\" in test.yaml:4: http.server[1].listen"},
      {"a:\n  b: 1\n  b: 2", "duplicate key \"b\": give its values as a list in test.yaml:3: a.b"},
      {"a b: 1\n\"a  b\": 2", "duplicate key \"a  b\": give its values as a list in test.yaml:2: a  b"},
      {"a: b{c}", "unexpected \"{\" in test.yaml:1: a"},
      {"a: 'b #c'", "unexpected \"#\" in test.yaml:1: a"},
      {"a: b }", "unexpected \"}\" in test.yaml:1: a"},
      {"a: \"'b\"", "missing terminating \"'\" character in test.yaml:1: a"},
      {"a: 'b \"c\"d'", "unexpected \"d\" in test.yaml:1: a"},
      {"a", "a map of directives is wanted here in test.yaml:1"},
      {"- a", "a map with one directive is wanted here in test.yaml:1: [0]"},
      {"a: []", "an empty list in test.yaml:1: a"},
      {"- {}", "an empty map in test.yaml:1: [0]"},
      {"a: [[b, {c: d}]]", "an argument is wanted here in test.yaml:1: a[0][1]"},
      {"a: [[{b: c}, d]]", "a map with one directive is wanted here in test.yaml:1: a[0][1]"},
      {"[a]: b", "a key is the name of a directive, with or without arguments in test.yaml:1"},
      {"'': b", "an empty key in test.yaml:1"},
      {"a: null", "write \"null\" in quotes: without them it is YAML's null in test.yaml:1"},
      {"a: 1\nb: ~ # x", "write \"~\" in quotes: without them it is YAML's null in test.yaml:2"},
      {"a: !!int 1", "unknown YAML tag \"tag:yaml.org,2002:int\" in test.yaml:1"},
      {"a: !x {}", "unknown YAML tag \"!x\" in test.yaml:1"},
      {"a: !!binary '*'", "!!binary is not base64 in test.yaml:1"},
      {"a: 1\n---\nb: 2", "more than one YAML document in a file in test.yaml:2"},
      {"a: &x [*x]", "an alias inside of what it stands for in test.yaml:1"},
      {"a: *x", "the referenced anchor is not defined in test.yaml:1"},
      {"a:\n\tb: 1", "a tab in the indentation: YAML allows only spaces there in test.yaml:2"},
      {"a: 1\nb: \x04", "a byte that YAML does not allow: a control character or broken UTF-8 in test.yaml:2"},
      {"a: \xff", "a byte that YAML does not allow: a control character or broken UTF-8 in test.yaml:1"},
      {"a: \"\\0\"", "NUL byte in a parameter in test.yaml:1: a"},
      {"a: 'b", "illegal EOF in scalar in test.yaml:1"},
      {"a: b: c", "illegal map value in test.yaml:1"},
      {"include: x", "\"include\" directive is not allowed here in test.yaml:1: include"},
      {"include: {a: b}", "directive \"include\" is not terminated by \";\" in test.yaml:1: include"},
  };
  for (const auto& c : cases) EXPECT_EQ(error_of(c.yaml), c.error) << c.yaml;
}

TEST(YamlConfiguration, ReadsEveryExampleOfItsDocumentation) {
  std::ifstream file(DRISHTI_SOURCE_DIR "/docs/YAML.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  int examples = 0;
  for (std::size_t at = 0; (at = text.find("```yaml\n", at)) != std::string::npos; ++examples) {
    at += 8;
    const std::string example = text.substr(at, text.find("```", at) - at);
    EXPECT_EQ(error_of(example), "accepted") << example;
  }
  EXPECT_EQ(examples, 4);
}

TEST(YamlConfiguration, StopsAliasBombs) {
  std::string bomb = "a0: &a0 {b: c}\n";
  for (int i = 1; i < 30; ++i) {
    const std::string last = std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " {x: *a" + last + ", y: *a" + last + "}\n";
  }
  EXPECT_TRUE(error_of(bomb).starts_with("the configuration has more than 500000 directives")) << error_of(bomb);

  std::string text = "a: &a [[" + std::string(4000, 'x') + "]]\nb:\n";
  for (int i = 0; i < 5000; ++i) text += "  - c: *a\n";
  EXPECT_TRUE(error_of(text).starts_with("the configuration is larger than 10485760 bytes")) << error_of(text);
}

TEST(YamlConfiguration, BoundsDepth) {
  std::string maps, flow;
  for (int i = 0; i < 70; ++i) maps += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  maps += std::string(70, ' ') + "b: c";
  EXPECT_TRUE(error_of(maps).starts_with("blocks are nested deeper than 64 levels")) << error_of(maps);
  for (int i = 0; i < 100000; ++i) flow += "[";
  EXPECT_NE(error_of("a: " + flow), "accepted");
}

TEST(YamlConfiguration, IsWrittenInTheSimplestFormThatKeepsTheOrder) {
  const struct { const char* nginx; const char* yaml; } cases[] = {
      {"http { server { listen 80; } }", "http:\n  server:\n    listen: 80\n"},
      {"server a; server b; ip_hash;", "server:\n  - a\n  - b\nip_hash: true\n"},
      {"server { listen 1; } server { listen 2; }", "server:\n  - listen: 1\n  - listen: 2\n"},
      {"set $a 1; if ($b) { break; } set $c 2;", "set $a: 1\nif ($b):\n  break: true\nset $c: 2\n"},
      {"a 1; b; a 1;", "- a 1: true\n- b: true\n- a 1: true\n"},
      {"x { a; b; a; }", "x:\n  - - a: true\n    - b: true\n    - a: true\n"},
      {"location / {} location /b {}", "location /: {}\nlocation /b: {}\n"},
      {"a true; b 'x y'; c \"\";", "a: 'true'\nb: '\"x y\"'\nc: '\"\"'\n"},
      {"return 200 \"healthy\\n\";", "return: 200 \"healthy\\n\"\n"},
      {"set $a \"${b}c\";", "set: $a ${b}c\n"},
      {"log_format m 'a                                                                 ' "
       "'b                                                                 ';",
       "log_format: |-\n  m\n  \"a                                                                 \"\n"
       "  \"b                                                                 \"\n"},
      {"", "{}\n"},
  };
  for (const auto& c : cases) EXPECT_EQ(write_yaml(read_nginx_text(c.nginx, "t").directives), c.yaml) << c.nginx;
}

}  // namespace
}  // namespace drishti::conf
