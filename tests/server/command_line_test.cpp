#include "server/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/version.hpp"

namespace drishti::server {
namespace {

using Action = CommandLine::Action;
using Arguments = std::vector<std::string>;
using testing::HasSubstr;

std::string error_of(const Arguments& arguments) {
  try {
    parse_command_line(arguments);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(CommandLine, RunsTheDefaultConfigurationWithoutArguments) {
  const CommandLine line = parse_command_line({});
  EXPECT_EQ(line.action, Action::run);
  EXPECT_EQ(line.prefix, "/etc/nginx/");
  EXPECT_THAT(line.conf_path, testing::StartsWith("/etc/nginx/nginx."));
}

TEST(CommandLine, TakesOptionsInEveryFormThatNginxTakes) {
  const Arguments forms[] = {{"-t", "-q", "-c", "/a.conf"}, {"-tqc", "/a.conf"}, {"-tqc/a.conf"}, {"-qt", "-c/a.conf"}};
  for (const Arguments& form : forms) {
    const CommandLine line = parse_command_line(form);
    EXPECT_EQ(line.action, Action::test) << form[0];
    EXPECT_TRUE(line.quiet) << form[0];
    EXPECT_EQ(line.conf_path, "/a.conf") << form[0];
  }
  EXPECT_EQ(parse_command_line({"-gdaemon off;"}).global_directives, "daemon off;");
  EXPECT_EQ(parse_command_line({"-g", "daemon off;"}).global_directives, "daemon off;");
}

TEST(CommandLine, ResolvesFilesAgainstThePrefix) {
  const CommandLine line = parse_command_line({"-c", "a.conf", "-p", "/srv", "-e", "e.log"});
  EXPECT_EQ(line.prefix, "/srv/");
  EXPECT_EQ(line.conf_path, "/srv/a.conf");
  EXPECT_EQ(line.error_log, "/srv/e.log");
  EXPECT_EQ(parse_command_line({"-e", "stderr"}).error_log, "stderr");
}

TEST(CommandLine, KnowsTheSignals) {
  using Signal = CommandLine::Signal;
  const std::pair<const char*, Signal> cases[] = {
      {"stop", Signal::stop}, {"quit", Signal::quit}, {"reopen", Signal::reopen}, {"reload", Signal::reload}};
  for (const auto& [name, signal] : cases) {
    const CommandLine line = parse_command_line({"-s", name});
    EXPECT_EQ(line.action, Action::signal);
    EXPECT_EQ(line.signal, signal) << name;
  }
  EXPECT_EQ(parse_command_line({"-ts", "stop"}).action, Action::test);
}

TEST(CommandLine, TestsAlsoBehindAVersion) {
  const CommandLine line = parse_command_line({"-vT"});
  EXPECT_TRUE(line.show_version);
  EXPECT_FALSE(line.show_build);
  EXPECT_EQ(line.action, Action::dump);
  EXPECT_TRUE(parse_command_line({"-V"}).show_build);
}

TEST(CommandLine, RefusesMistakesInNginxWords) {
  struct Case {
    Arguments arguments;
    const char* error;
  };
  const Case cases[] = {
      {{"-x"}, "invalid option: \"x\""},
      {{"-tx"}, "invalid option: \"x\""},
      {{"foo"}, "invalid option: \"foo\""},
      {{""}, "invalid option: \"\""},
      {{"--nope"}, "invalid option: \"-\""},
      {{"-c"}, "option \"-c\" requires file name"},
      {{"-c", ""}, "option \"-c\" requires file name"},
      {{"-t", "-c"}, "option \"-c\" requires file name"},
      {{"-e"}, "option \"-e\" requires file name"},
      {{"-p"}, "option \"-p\" requires directory name"},
      {{"-g"}, "option \"-g\" requires parameter"},
      {{"-s"}, "option \"-s\" requires parameter"},
      {{"-s", "foo"}, "invalid option: \"-s foo\""},
      {{"convert"}, "\"convert\" requires file name"},
      {{"convert", "a", "b"}, "\"convert\" takes one file, got also \"b\""},
      {{"convert", "a", "--to", "toml"}, "invalid option: \"--to toml\""},
      {{"convert", "a", "--from"}, "invalid option: \"--from\""},
      {{"scaling", "--wat"}, "invalid option: \"--wat\""},
      {{"scaling", "127.0.0.1"}, "invalid option: \"127.0.0.1\""},
      {{"scaling", "http://a/", "http://b/"}, "invalid option: \"http://b/\""},
      {{"scaling", "cost", "--watch"}, "invalid option: \"--watch\""},
      {{"scaling", "cost", "a.yaml", "b.yaml"}, "invalid option: \"b.yaml\""},
      {{"explain"}, "\"explain\" requires METHOD and URL"},
      {{"explain", "GET", "/", "/"}, "\"explain\" requires METHOD and URL"},
      {{"explain", "/", "-H", "X"}, "option \"-H\" requires \"Name: value\", got \"X\""},
      {{"explain", "/", "-H", "X: a\r\nY: b"}, "option \"-H\" requires \"Name: value\", got \"X: a\r\nY: b\""},
  };
  for (const Case& c : cases) EXPECT_EQ(error_of(c.arguments), c.error);
}

TEST(CommandLine, Converts) {
  const CommandLine line = parse_command_line({"convert", "nginx.conf", "--to", "yaml", "-o", "out.yaml"});
  EXPECT_EQ(line.action, Action::convert);
  EXPECT_EQ(line.input, "nginx.conf");
  EXPECT_EQ(line.output, "out.yaml");
  EXPECT_EQ(line.to, CommandLine::Syntax::yaml);
}

TEST(CommandLine, Explains) {
  const CommandLine line =
      parse_command_line({"explain", "-c", "/a.conf", "POST", "http://h/x", "-H", "A: b", "-HC:d", "-H", "E:"});
  EXPECT_EQ(line.action, Action::explain);
  EXPECT_EQ(line.conf_path, "/a.conf");
  EXPECT_EQ(line.method, "POST");
  EXPECT_EQ(line.url, "http://h/x");
  const std::vector<std::pair<std::string, std::string>> headers{{"A", "b"}, {"C", "d"}, {"E", ""}};
  EXPECT_EQ(line.headers, headers);
  EXPECT_EQ(parse_command_line({"explain", "/x"}).method, "GET");
}

TEST(CommandLine, ReadsWhatIsAskedAboutScaling) {
  CommandLine line = parse_command_line({"scaling"});
  EXPECT_EQ(line.action, Action::scaling);
  EXPECT_EQ(line.url, "http://127.0.0.1:9145/scaling");
  EXPECT_FALSE(line.watch);
  line = parse_command_line({"scaling", "--watch", "http://h:1/s"});
  EXPECT_EQ(line.url, "http://h:1/s");
  EXPECT_TRUE(line.watch);
  line = parse_command_line({"scaling", "cost"});
  EXPECT_EQ(line.action, Action::scaling_cost);
  EXPECT_EQ(line.url + line.input, "");
  line = parse_command_line({"scaling", "cost", "costs.yaml", "http://h/s"});
  EXPECT_EQ(line.input, "costs.yaml");
  EXPECT_EQ(line.url, "http://h/s");
  EXPECT_TRUE(parse_command_line({"scaling", "cost", "--help"}).show_help);
}

TEST(CommandLine, HelpNamesEveryOptionAndSubcommand) {
  for (const char* word : {"-?", "-h", "-v", "-V", "-t", "-T", "-q", "-s ", "-p ", "-e ", "-c ", "-g ", "--help",
                           "--version", "convert", "explain", "scaling", "stop, quit, reopen, reload"}) {
    EXPECT_THAT(help_text(), HasSubstr(word));
  }
  for (const Arguments& arguments : {Arguments{"-?"}, {"-h"}, {"--help"}, {"help"}, {"convert", "--help"}}) {
    EXPECT_TRUE(parse_command_line(arguments).show_help);
  }
}

TEST(Version, IsReadableByToolsThatKnowNginx) {
  EXPECT_THAT(version_line(), testing::MatchesRegex("nginx version: nginx/[0-9]+\\.[0-9]+\\.[0-9]+ \\(drishti/.*\\)"));
  EXPECT_THAT(build_text(), HasSubstr("configure arguments: --prefix=/etc/nginx"));
  EXPECT_THAT(build_text(), HasSubstr(" --without-http_fastcgi_module"));
}

}  // namespace
}  // namespace drishti::server
