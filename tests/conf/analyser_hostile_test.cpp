// Every directive with words that no reader of a configuration expects: a Config or a ConfigError, nothing else.
#include <gtest/gtest.h>

#include "analyser_support.hpp"
#include "conf/directive_table.hpp"

namespace drishti::conf {
namespace {

const std::vector<std::string> hostile = {"",
                                          " ",
                                          "$",
                                          "${",
                                          "${}",
                                          "$1",
                                          "$x",
                                          "(",
                                          ")",
                                          "()",
                                          "~",
                                          "~*",
                                          "~(",
                                          "!~",
                                          "=",
                                          "=x",
                                          "-1",
                                          "0",
                                          ":",
                                          "::",
                                          "[",
                                          "[]",
                                          "[::",
                                          "/",
                                          "//",
                                          "?",
                                          "@",
                                          "*",
                                          "*.",
                                          ".*",
                                          ".",
                                          "..",
                                          "a..",
                                          "unix:",
                                          "http://",
                                          "http://:",
                                          "http://[",
                                          "http://unix:",
                                          "http://a:0",
                                          "x=",
                                          "=200",
                                          "buffer=",
                                          "if=",
                                          "weight=",
                                          "\xff\xfe",
                                          "99999999999999999999",
                                          "1h1h",
                                          "auto",
                                          "off",
                                          "default",
                                          "two",
                                          "[::1]:x",
                                          std::string(5000, 'a')};

Directive make(std::string name, std::vector<std::string> args, bool is_block) {
  Directive directive;
  directive.name = std::move(name);
  directive.args = std::move(args);
  directive.is_block = is_block;
  return directive;
}

Directive inside(const std::string& name, std::vector<std::string> args, Directive child) {
  Directive block = make(name, std::move(args), true);
  block.children.push_back(std::move(child));
  return block;
}

// DIRECTIVE in the blocks that lead to CONTEXT.
Directive placed(unsigned in_context, Directive d) {
  switch (in_context) {
    case context::events: return inside("events", {}, std::move(d));
    case context::http: return inside("http", {}, std::move(d));
    case context::server: return placed(context::http, inside("server", {}, std::move(d)));
    case context::location: return placed(context::server, inside("location", {"/"}, std::move(d)));
    case context::if_in_server: return placed(context::server, inside("if", {"($host)"}, std::move(d)));
    case context::if_in_location: return placed(context::location, inside("if", {"($host)"}, std::move(d)));
    case context::upstream: return placed(context::http, inside("upstream", {"u"}, std::move(d)));
    default: return d;
  }
}

void expect_answer(const DirectiveSpec& spec, unsigned in_context, std::vector<std::string> args) {
  Directive d = make(std::string(spec.name), args, spec.arity.is_block);
  if (spec.arity.is_block && !args.empty()) d.children.push_back(make(args.back(), args, false));
  DirectiveTree tree;
  tree.directives.push_back(placed(in_context, std::move(d)));
  try {
    EXPECT_NE(analyse(std::move(tree), test_options()), nullptr);
  } catch (const ConfigError& error) {
    EXPECT_STRNE(error.what(), "");
  }
}

bool asks_the_name_service(std::string_view name) { return name == "listen" || name == "resolver"; }

TEST(HostileWords, GiveAConfigurationOrAnError) {
  for (const auto& group : directive_groups())
    for (const auto& spec : group.directives)
      for (unsigned bit = 1; bit <= context::anywhere; bit <<= 1) {
        if ((spec.contexts & bit) == 0 || asks_the_name_service(spec.name)) continue;
        expect_answer(spec, bit, {});
        for (const auto& word : hostile)
          for (int count = 1; count <= 3; ++count)
            expect_answer(spec, bit, std::vector<std::string>(static_cast<std::size_t>(count), word));
      }
}

TEST(HostileWords, InConditionsGiveAConfigurationOrAnError) {
  const DirectiveSpec& spec = *find_directive("if", context::server).spec;
  for (const auto& first : hostile)
    for (const auto& second : hostile) {
      expect_answer(spec, context::server, {"(" + first, second + ")"});
      expect_answer(spec, context::location, {"(", "$host", first, second, ")"});
    }
}

TEST(HostileWords, InServersAndMapsGiveAConfigurationOrAnError) {
  const DirectiveSpec& server = *find_directive("server", context::upstream).spec;
  for (const auto& first : hostile)
    for (const auto& second : hostile) expect_answer(server, context::upstream, {first, second});
  for (const auto& key : hostile)
    for (const auto& value : hostile) {
      DirectiveTree tree;
      Directive map = make("map", {"$host", "$made"}, true);
      map.children = {make("hostnames", {}, false), make(key, {value}, false)};
      tree.directives.push_back(inside("http", {}, std::move(map)));
      try {
        EXPECT_NE(analyse(std::move(tree), test_options()), nullptr);
      } catch (const ConfigError& error) {
        EXPECT_STRNE(error.what(), "");
      }
    }
}

}  // namespace
}  // namespace drishti::conf
