#include "conf/template.hpp"

#include <gtest/gtest.h>

#include "analyser_support.hpp"
#include "conf/variable_table.hpp"

namespace drishti::conf {
namespace {

Template compile(const std::string& text) {
  VariableTable variables;
  return compile_template(text, variables, {});
}

std::string error_of_template(const std::string& text) {
  try {
    compile(text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return {};
}

TEST(Template, PlainTextIsOneLiteral) {
  const auto result = compile("plain text");
  EXPECT_TRUE(result.is_literal());
  EXPECT_EQ(result.literal_text(), "plain text");
  EXPECT_TRUE(compile("").empty());
}

TEST(Template, AlternatesTextAndVariables) {
  const auto result = compile("http://$host:${server_port}/x$uri");
  ASSERT_EQ(result.parts.size(), 6u);
  EXPECT_EQ(result.parts[0].literal, "http://");
  EXPECT_EQ(result.parts[1].variable.id, Var::host);
  EXPECT_EQ(result.parts[2].literal, ":");
  EXPECT_EQ(result.parts[3].variable.id, Var::server_port);
  EXPECT_EQ(result.parts[4].literal, "/x");
  EXPECT_EQ(result.parts[5].variable.id, Var::uri);
  EXPECT_EQ(result.source, "http://$host:${server_port}/x$uri");
}

TEST(Template, BracketsSeparateANameFromWhatFollows) {
  const auto result = compile("${host}name");
  ASSERT_EQ(result.parts.size(), 2u);
  EXPECT_EQ(result.parts[1].literal, "name");
}

TEST(Template, DigitsAreCaptures) {
  const auto result = compile("$1$23");
  ASSERT_EQ(result.parts.size(), 3u);
  EXPECT_EQ(result.parts[0].variable.id, Var::capture);
  EXPECT_EQ(result.parts[0].variable.slot, 1);
  EXPECT_EQ(result.parts[1].variable.slot, 2);
  EXPECT_EQ(result.parts[2].literal, "3");
}

TEST(Template, FamiliesKeepTheRestOfTheName) {
  const struct {
    const char* text;
    Var id;
    const char* rest;
  } cases[] = {{"$http_x_request_id", Var::http_, "x_request_id"},
               {"$HTTP_Host", Var::http_, "host"},
               {"$arg_page", Var::arg_, "page"},
               {"$cookie_session", Var::cookie_, "session"},
               {"$sent_http_etag", Var::sent_http_, "etag"},
               {"$upstream_http_server", Var::upstream_http_, "server"},
               {"$upstream_cookie_a", Var::upstream_cookie_, "a"},
               {"$upstream_status", Var::upstream_status, "upstream_status"}};
  for (const auto& c : cases) {
    const auto result = compile(c.text);
    ASSERT_EQ(result.parts.size(), 1u) << c.text;
    EXPECT_EQ(result.parts[0].variable.id, c.id) << c.text;
    EXPECT_EQ(result.parts[0].variable.name, c.rest) << c.text;
  }
}

TEST(Template, MistakesAreReportedInNginxsWords) {
  EXPECT_EQ(error_of_template("a$"), "invalid variable name");
  EXPECT_EQ(error_of_template("$-"), "invalid variable name");
  EXPECT_EQ(error_of_template("${"), "invalid variable name");
  EXPECT_EQ(error_of_template("${}"), "invalid variable name");
  EXPECT_EQ(error_of_template("${host"), "the closing bracket in \"host\" variable is missing");
  EXPECT_EQ(error_of_template("${ho-st}"), "the closing bracket in \"ho\" variable is missing");
}

TEST(Template, AVariableMayBeUsedBeforeItIsDefined) {
  const auto config = analyse_text("http { server { location / { return 200 $later; set $later 1; } } }");
  const auto& location = *only_location(*config);
  const auto& used = std::get<ReturnOp>(location.rewrite[0].op).text->parts[0].variable;
  const auto& defined = std::get<SetOp>(location.rewrite[1].op).variable;
  EXPECT_EQ(used.id, Var::user);
  EXPECT_EQ(used.slot, defined.slot);
  EXPECT_EQ(config->variables.at(used.slot).name, "later");
}

TEST(Template, AnUndefinedVariableIsNamedWithItsFirstUse) {
  EXPECT_EQ(error_of("http {\nserver {\nreturn 200 $nobody;\n}\n}"), "unknown \"nobody\" variable in test.conf:3");
}

TEST(Template, ASetVariableWinsOverItsFamily) {
  const auto config = analyse_text("http { server { location / { return 200 $http_x; } set $http_x 1; } }");
  const auto& answer = std::get<ReturnOp>(only_location(*config)->rewrite[0].op);
  EXPECT_EQ(answer.text->parts[0].variable.id, Var::user);
}

TEST(Template, WritableBuiltinsAreSetInPlace) {
  const auto config = analyse_text("http { server { location / { set $args a=1; set $limit_rate 10; } } }");
  const auto& rewrite = only_location(*config)->rewrite;
  EXPECT_EQ(std::get<SetOp>(rewrite[0].op).variable.id, Var::args);
  EXPECT_EQ(std::get<SetOp>(rewrite[1].op).variable.id, Var::limit_rate);
}

}  // namespace
}  // namespace drishti::conf
