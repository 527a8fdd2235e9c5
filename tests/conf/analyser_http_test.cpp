// Servers, locations, rewriting and maps in the typed configuration.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyser_support.hpp"

namespace drishti::conf {
namespace {

using Kind = Location::Kind;

std::shared_ptr<const Config> with_server(const std::string& text) {
  return analyse_text("http { server { " + text + " } }");
}

TEST(Listen, ReadsEveryFormOfAnAddress) {
  const auto config = with_server("listen 81; listen 127.0.0.1:82; listen [::1]:83; listen unix:/tmp/x.sock; "
                                  "listen *:84; listen 127.0.0.1; listen 90-92;");
  std::vector<std::string> addresses;
  for (const auto& listen : config->servers[0]->listens) addresses.push_back(listen.address.text());
  EXPECT_THAT(addresses, testing::ElementsAre("0.0.0.0:81", "127.0.0.1:82", "[::1]:83", "unix:/tmp/x.sock",
                                              "0.0.0.0:84", "127.0.0.1:80", "0.0.0.0:90", "0.0.0.0:91", "0.0.0.0:92"));
  EXPECT_TRUE(config->servers[0]->listens[0].wildcard);
  EXPECT_FALSE(config->servers[0]->listens[1].wildcard);
}

TEST(Listen, ReadsItsParameters) {
  const auto config = with_server("listen [::]:81 default_server reuseport backlog=10 ipv6only=off so_keepalive=on;");
  const Listen& listen = config->servers[0]->listens.at(0);
  EXPECT_TRUE(listen.default_server);
  EXPECT_TRUE(listen.reuseport);
  EXPECT_TRUE(listen.so_keepalive);
  EXPECT_TRUE(listen.wildcard);
  EXPECT_FALSE(listen.ipv6only);
  EXPECT_EQ(listen.backlog, 10);
}

TEST(Listen, SaysWhichParametersHaveNoEffect) {
  const auto config = with_server("listen 81 deferred rcvbuf=8k;");
  EXPECT_THAT(notices_of(*config), testing::HasSubstr("\"listen\" parameter \"deferred\" has no effect: "));
  EXPECT_THAT(notices_of(*config), testing::HasSubstr("\"listen\" parameter \"rcvbuf\" has no effect: "));
}

TEST(ServerName, SortsNamesByKind) {
  const auto config = with_server(R"(server_name WWW.a.example *.b.example c.* .d.example ~^(?<sub>.+)\.e$;)");
  const Server& server = *config->servers[0];
  const std::vector<std::pair<ServerName::Kind, std::string>> expected = {
      {ServerName::Kind::exact, "www.a.example"}, {ServerName::Kind::wildcard_head, ".b.example"},
      {ServerName::Kind::wildcard_tail, "c."},    {ServerName::Kind::exact, "d.example"},
      {ServerName::Kind::wildcard_head, ".d.example"}, {ServerName::Kind::regex, "^(?<sub>.+)\\.e$"}};
  ASSERT_EQ(server.names.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(server.names[i].kind, expected[i].first) << i;
    EXPECT_EQ(server.names[i].text, expected[i].second) << i;
  }
  EXPECT_EQ(server.first_name, "WWW.a.example");
  ASSERT_EQ(server.names.back().regex.names.size(), 1u);
  EXPECT_EQ(config->variables.at(server.names.back().regex.names[0].slot).name, "sub");
}

TEST(Locations, KeepTheirKindAndPattern) {
  const auto config = with_server("location = /a { } location /b/ { } location ^~ /c { } location ~ \\.d$ { } "
                                  "location ~* \\.E$ { } location @f { } location =/g { }");
  const std::vector<std::pair<Kind, std::string>> expected = {
      {Kind::exact, "/a"}, {Kind::prefix, "/b/"}, {Kind::prefix_final, "/c"}, {Kind::regex, "\\.d$"},
      {Kind::regex, "\\.E$"}, {Kind::named, "@f"}, {Kind::exact, "/g"}};
  const auto& children = config->servers[0]->root->children;
  ASSERT_EQ(children.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(children[i]->kind, expected[i].first) << i;
    EXPECT_EQ(children[i]->pattern, expected[i].second) << i;
  }
  EXPECT_TRUE(children[4]->regex.regex.matches("/x.e"));
}

TEST(Locations, OnlyProxiedPrefixesEndingInASlashRedirectToIt) {
  const auto config = with_server(
      "location /a/ { proxy_pass http://127.0.0.1; } location /b { proxy_pass http://127.0.0.1; } "
      "location /c/ { } location ~ /d/ { proxy_pass http://127.0.0.1; }");
  const auto& children = config->servers[0]->root->children;
  EXPECT_TRUE(children[0]->auto_redirect);
  EXPECT_FALSE(children[1]->auto_redirect);
  EXPECT_FALSE(children[2]->auto_redirect);
  EXPECT_FALSE(children[3]->auto_redirect);
}

TEST(ErrorPage, ReadsCodesAndTheNewStatus) {
  const auto config = with_server("error_page 500 502 /a; error_page 404 =200 /b; error_page 403 = /c;");
  const auto& pages = *config->servers[0]->root->core.error_pages;
  ASSERT_EQ(pages.size(), 3u);
  EXPECT_THAT(pages[0].codes, testing::ElementsAre(500, 502));
  EXPECT_EQ(pages[0].new_status, 0);
  EXPECT_EQ(pages[1].new_status, 200);
  EXPECT_EQ(pages[2].new_status, -1);
  EXPECT_EQ(pages[2].uri.literal_text(), "/c");
}

TEST(TryFiles, EndsInAUriOrAStatus) {
  const auto config =
      with_server("location /a { try_files $uri $uri/ /index.html; } location /b { try_files $uri =404; }");
  const auto& children = config->servers[0]->root->children;
  EXPECT_EQ(children[0]->try_files->candidates.size(), 2u);
  EXPECT_EQ(children[0]->try_files->candidates[1].source, "$uri/");
  EXPECT_EQ(children[0]->try_files->fallback.literal_text(), "/index.html");
  EXPECT_EQ(children[0]->try_files->status, 0);
  EXPECT_EQ(children[1]->try_files->status, 404);
}

TEST(Types, TheLastLineWinsAndExtensionsAreLowerCase) {
  const auto config = with_server("types { text/a HTM x; text/b x; }");
  const auto& types = **config->servers[0]->root->core.types;
  EXPECT_EQ(types.at("htm"), "text/a");
  EXPECT_EQ(types.at("x"), "text/b");
  EXPECT_EQ(types.size(), 2u) << "nginx's own three are gone";
}

TEST(Rewrite, KeepsTheOrderOfTheFile) {
  const auto config =
      with_server("location / { set $a 1; rewrite ^/x /y? last; if ($a) { return 403; } break; return 301 /z; }");
  const auto& ops = only_location(*config)->rewrite;
  ASSERT_EQ(ops.size(), 5u);
  EXPECT_TRUE(std::holds_alternative<SetOp>(ops[0].op));
  const auto& rule = std::get<RewriteRule>(ops[1].op);
  EXPECT_TRUE(rule.drop_args);
  EXPECT_EQ(rule.replacement.literal_text(), "/y");
  EXPECT_EQ(rule.flag, RewriteRule::Flag::last);
  EXPECT_TRUE(std::holds_alternative<IfOp>(ops[2].op));
  EXPECT_TRUE(std::holds_alternative<BreakOp>(ops[3].op));
  EXPECT_EQ(std::get<ReturnOp>(ops[4].op).status, 301);
}

TEST(Rewrite, AFullUrlIsARedirect) {
  const auto config =
      with_server("rewrite a http://x/; rewrite b https://x/ permanent; rewrite c $scheme://x last; rewrite d /e;");
  const auto& ops = config->servers[0]->root->rewrite;
  using Flag = RewriteRule::Flag;
  const Flag expected[] = {Flag::redirect, Flag::permanent, Flag::redirect, Flag::none};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(std::get<RewriteRule>(ops.at(i).op).flag, expected[i]) << i;
}

TEST(Return, AUrlAloneIs302) {
  const auto config = with_server("return https://$host/;");
  const auto& answer = std::get<ReturnOp>(config->servers[0]->root->rewrite.at(0).op);
  EXPECT_EQ(answer.status, 302);
  EXPECT_EQ(answer.text->source, "https://$host/");
}

TEST(If, ReadsEveryKindOfCondition) {
  using Op = Condition::Op;
  const struct {
    const char* text;
    Op op;
    bool caseless;
  } cases[] = {{"($arg_a)", Op::is_true, false},       {"( $arg_a )", Op::is_true, false},
               {"($arg_a = b)", Op::equal, false},     {"($arg_a != \"\")", Op::not_equal, false},
               {"($arg_a ~ ^b)", Op::match, false},    {"($arg_a ~* ^b)", Op::match, true},
               {"($arg_a !~ ^b)", Op::not_match, false}, {"($arg_a !~* ^b)", Op::not_match, true},
               {"(-f $uri)", Op::file, false},         {"(!-f $uri)", Op::not_file, false},
               {"(-d $uri)", Op::dir, false},          {"(!-d $uri)", Op::not_dir, false},
               {"(-e $uri)", Op::exists, false},       {"(!-e $uri)", Op::not_exists, false},
               {"(-x $uri)", Op::executable, false},   {"(!-x $uri)", Op::not_executable, false}};
  for (const auto& c : cases) {
    const auto config = with_server(std::string("if ") + c.text + " { return 200; }");
    const auto& condition = std::get<IfOp>(config->servers[0]->root->rewrite.at(0).op).condition;
    EXPECT_EQ(condition.op, c.op) << c.text;
    EXPECT_EQ(condition.case_insensitive, c.caseless) << c.text;
  }
}

TEST(If, InALocationAnswersAsTheLocationUnlessItSaysOtherwise) {
  const auto config = with_server(R"(location /a/ { proxy_pass http://127.0.0.1:1/x; send_timeout 7s;
    if ($arg_a) { add_header X-A 1; }
    if ($arg_b) { proxy_pass http://127.0.0.1:2; } })");
  const auto& location = *only_location(*config);
  const auto& plain = *std::get<IfOp>(location.rewrite.at(0).op).location;
  const auto& other = *std::get<IfOp>(location.rewrite.at(1).op).location;
  EXPECT_EQ(plain.kind, Kind::if_block);
  EXPECT_EQ(plain.pattern, "/a/") << "the URI of the inherited proxy_pass replaces this prefix";
  EXPECT_EQ(plain.proxy_pass->uri, "/x");
  EXPECT_EQ(plain.add_headers->size(), 1u);
  EXPECT_EQ(*plain.core.send_timeout, 7s);
  EXPECT_EQ(other.proxy_pass->upstream->name, "127.0.0.1:2");
}

TEST(If, InAServerHasNoSettings) {
  const auto config = with_server("if ($arg_a) { return 403; }");
  EXPECT_EQ(std::get<IfOp>(config->servers[0]->root->rewrite.at(0).op).location, nullptr);
}

TEST(Map, SortsItsEntriesByKind) {
  const auto config = analyse_text(R"(http { map $http_host $site { hostnames; default none; Example.COM exact;
    *.a.b head; *.x.a.b longer; c.* tail; .d.e both; ~^www\.(?<rest>.+)$ $rest; } server { return 200 $site; } })");
  const auto& answer = std::get<ReturnOp>(config->servers[0]->root->rewrite.at(0).op);
  const auto& variable = config->variables.at(answer.text->parts.at(0).variable.slot);
  ASSERT_NE(variable.map, nullptr);
  const Map& map = *variable.map;
  EXPECT_EQ(map.exact.at("example.com").literal_text(), "exact");
  EXPECT_EQ(map.exact.at("d.e").literal_text(), "both");
  ASSERT_EQ(map.wildcard_head.size(), 3u);
  EXPECT_EQ(map.wildcard_head[0].first, ".x.a.b") << "the longest comes first";
  EXPECT_EQ(map.wildcard_tail.at(0).first, "c.");
  EXPECT_EQ(map.fallback.literal_text(), "none");
  ASSERT_EQ(map.regexes.size(), 1u);
  EXPECT_EQ(map.regex_names.at(0).at(0).slot, map.regexes[0].second.parts.at(0).variable.slot);
}

TEST(Map, ABackslashMakesAWordAKey) {
  const auto config = analyse_text("http { map $arg_a $b { \\default 1; default 2; } server { return 200 $b; } }");
  const auto& map = *config->variables.at(0).map;
  EXPECT_EQ(map.exact.at("default").literal_text(), "1");
  EXPECT_EQ(map.fallback.literal_text(), "2");
}

TEST(LogFormat, JoinsItsStringsAndKeepsItsEscaping) {
  const auto config = analyse_text("http { log_format j escape=json '{\"a\":\"$host\",' '\"b\":1}'; "
                                   "access_log a.log j buffer=32k flush=5s if=$arg_a; server { } }");
  const auto& log = config->servers[0]->root->core.access_logs->at(0);
  EXPECT_EQ(log.path, "/srv/a.log");
  EXPECT_EQ(log.format->escape, LogFormat::Escape::json);
  EXPECT_EQ(log.format->format.source, "{\"a\":\"$host\",\"b\":1}");
  EXPECT_EQ(log.buffer, 32768u);
  EXPECT_EQ(log.flush, 5s);
  EXPECT_EQ(log.condition->source, "$arg_a");
}

TEST(LimitRate, IsWrittenInPlainBytes) {
  const auto config = with_server("limit_rate 100k; location / { limit_rate $arg_rate; }");
  EXPECT_EQ(config->servers[0]->root->core.limit_rate->literal_text(), "102400");
  EXPECT_EQ(only_location(*config)->core.limit_rate->source, "$arg_rate");
}

}  // namespace
}  // namespace drishti::conf
