#include "filters/rewrite.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "tests/support/context_builder.hpp"

namespace drishti::filters {
namespace {

using tests::TestRequest;
using Action = RewriteResult::Action;

/// One line that says it all: `relocate /uri?args`, `redirect 302 URL`, `respond 200 "text"`, `go_on /uri?args`.
std::string run(TestRequest& request) {
  context::RequestContext& context = request.context;
  const RewriteResult result = run_rewrite(context.location->rewrite, context);
  const std::string uri = std::string(context.uri) + "?" + std::string(context.args);
  switch (result.action) {
    case Action::go_on: return "go_on " + uri;
    case Action::relocate: return "relocate " + uri;
    case Action::redirect: return "redirect " + std::to_string(result.status) + " " + std::string(result.text);
    case Action::fail: return "fail " + std::to_string(result.status);
    case Action::respond: break;
  }
  return "respond " + std::to_string(result.status) + (result.has_text ? " \"" + std::string(result.text) + "\"" : "");
}

std::string run(const std::string& ops, const std::string& target, const std::string& fields = {}) {
  TestRequest request("location / { " + ops + " }");
  request.get(target, fields);
  return run(request);
}

struct Case {
  const char* ops;
  const char* target;
  const char* expected;
};

void expect_all(const std::vector<Case>& cases) {
  for (const Case& c : cases) EXPECT_EQ(run(c.ops, c.target), c.expected) << c.ops << " for " << c.target;
}

TEST(Rewrite, ChangesUriAndArguments) {
  expect_all({
      {"rewrite ^/a/(.*)$ /b/$1 last;", "/a/x?q=1", "relocate /b/x?q=1"},
      {"rewrite ^/a/(.*)$ /b/$1;", "/a/x", "relocate /b/x?"},
      {"rewrite ^/a/(.*)$ /b/$1 break;", "/a/x?q", "go_on /b/x?q"},
      {"rewrite ^/a /b last;", "/c", "go_on /c?"},
      {"rewrite ^/u/(\\d+)$ /show?user=$1 last;", "/u/7?x=1", "relocate /show?user=7&x=1"},
      {"rewrite ^/u/(\\d+)$ /show?user=$1? last;", "/u/7?x=1", "relocate /show?user=7"},
      {"rewrite ^/u /show? last;", "/u?x=1", "relocate /show?"},
      {"rewrite ^/(?<name>.*)$ /n/$name last;", "/z", "relocate /n/z?"},
      {"rewrite ^/a /b; rewrite ^/b /c; rewrite ^/d /e;", "/a", "relocate /c?"},
      {"rewrite ^/a /b last; rewrite ^/b /c last;", "/a", "relocate /b?"},
      {"rewrite ^/a /b; break; rewrite ^/b /c;", "/a", "go_on /b?"},
      {"rewrite ^(.*)$ /x/$uri$is_args$args? last;", "/a?q", "relocate /x//a?q?"},
  });
}

TEST(Rewrite, EscapesCapturesInArgumentsWhenTheClientDid) {
  expect_all({
      {"rewrite ^/s/(.*)$ /f?q=$1 last;", "/s/a%20b%26c", "relocate /f?q=a%20b%26c"},
      {"rewrite ^/s/(.*)$ /f?q=$1 last;", "/s/a&b", "relocate /f?q=a&b"},
      {"rewrite ^/s/(.*)$ /f/$1 last;", "/s/a%20b", "relocate /f/a b?"},
  });
}

TEST(Rewrite, RedirectsWithArgumentsAppendedAndPathsEscaped) {
  expect_all({
      {"rewrite ^/a/(.*)$ /b/$1 redirect;", "/a/x?q=1", "redirect 302 /b/x?q=1"},
      {"rewrite ^/a/(.*)$ /b/$1 permanent;", "/a/x", "redirect 301 /b/x"},
      {"rewrite ^/a/(.*)$ /b/$1? permanent;", "/a/x?q=1", "redirect 301 /b/x"},
      {"rewrite ^/a/(.*)$ /b?to=$1 permanent;", "/a/x?q=1", "redirect 301 /b?to=x&q=1"},
      {"rewrite ^/(.*)$ https://$host/$1;", "/x", "redirect 302 https://example.com/x"},
      {"rewrite ^/(.*)$ http://other/$1 permanent;", "/x?y", "redirect 301 http://other/x?y"},
      {"rewrite ^/(.*)$ $scheme://other/$1 last;", "/x", "redirect 302 http://other/x"},
      {"rewrite ^/(.*)$ https://a/$1 permanent;", "/x%20y%25z%2Bw", "redirect 301 https://a/x%20y%25z+w"},
      {"rewrite ^/(.*)$ https://a/?p=$1 permanent;", "/x%20y%26z", "redirect 301 https://a/?p=x%20y%26z"},
  });
}

TEST(Rewrite, ReturnAnswersAtOnce) {
  expect_all({
      {"return 200;", "/", "respond 200 \"\""},
      {"return 200 \"hi $arg_n\";", "/?n=x", "respond 200 \"hi x\""},
      {"return 299 $status;", "/", "respond 299 \"299\""},
      {"return 404;", "/", "respond 404"},
      {"return 404 gone;", "/", "respond 404 \"gone\""},
      {"return 444;", "/", "respond 444"},
      {"return 204;", "/", "respond 204 \"\""},
      {"return 301 https://$host$request_uri;", "/a%20b?c", "redirect 301 https://example.com/a%20b?c"},
      {"return https://x/;", "/", "redirect 302 https://x/"},
      {"return 308 /there;", "/", "redirect 308 /there"},
      {"rewrite ^ /b; return 200 $uri;", "/a", "respond 200 \"/b\""},
      {"return 200 a; return 201 b;", "/", "respond 200 \"a\""},
  });
}

TEST(Rewrite, IfTestsWhatNginxTests) {
  expect_all({
      {"if ($arg_a) { return 200 yes; } return 200 no;", "/?a=1", "respond 200 \"yes\""},
      {"if ($arg_a) { return 200 yes; } return 200 no;", "/?a=0", "respond 200 \"no\""},
      {"if ($arg_a) { return 200 yes; } return 200 no;", "/?a=00", "respond 200 \"yes\""},
      {"if ($arg_a) { return 200 yes; } return 200 no;", "/", "respond 200 \"no\""},
      {"if ($arg_a = b) { return 200 yes; } return 200 no;", "/?a=b", "respond 200 \"yes\""},
      {"if ($arg_a != b) { return 200 yes; } return 200 no;", "/?a=b", "respond 200 \"no\""},
      {"if ($arg_a ~ ^(.)y$) { return 200 $1; } return 200 no;", "/?a=xy", "respond 200 \"x\""},
      {"if ($arg_a ~ ^x) { return 200 yes; } return 200 no;", "/?a=X", "respond 200 \"no\""},
      {"if ($arg_a ~* ^x) { return 200 yes; } return 200 no;", "/?a=X", "respond 200 \"yes\""},
      {"if ($arg_a !~ ^x) { return 200 yes; } return 200 no;", "/?a=y", "respond 200 \"yes\""},
      {"if ($arg_a !~* ^x) { return 200 yes; } return 200 no;", "/?a=X", "respond 200 \"no\""},
      {"if ($request_method = GET) { set $x 5; } return 200 $x;", "/", "respond 200 \"5\""},
  });
}

TEST(Rewrite, IfLooksAtFiles) {
  const auto directory = std::filesystem::temp_directory_path() / ("drishti_if_" + std::to_string(::getpid()));
  std::filesystem::create_directory(directory);
  std::fclose(std::fopen((directory / "file").c_str(), "w"));
  const std::tuple<const char*, const char*, bool> cases[] = {
      {"-f", "/file", true},  {"-f", "", false},       {"-d", "", true},       {"-d", "/file", false},
      {"-e", "/file", true},  {"-e", "/none", false},  {"!-e", "/none", true}, {"!-f", "/file", false},
      {"-x", "/file", false}, {"!-x", "/file", true},  {"-x", "", true},       {"!-d", "/none", true},
  };
  for (const auto& [test, name, expected] : cases) {
    const std::string condition = std::string(test) + " " + directory.string() + name;
    EXPECT_EQ(run("if (" + condition + ") { return 200 yes; } return 200 no;", "/"),
              expected ? "respond 200 \"yes\"" : "respond 200 \"no\"")
        << condition;
  }
  std::filesystem::remove_all(directory);
}

TEST(Rewrite, AnIfThatHoldsBringsItsSettings) {
  TestRequest request("location / { if ($arg_a) { add_header X-A 1; } if ($arg_b) { add_header X-B 1; } }");
  const std::pair<const char*, const char*> cases[] = {{"/?a=1", "X-A"}, {"/?b=1", "X-B"}, {"/?a=1&b=1", "X-B"}};
  for (const auto& [target, expected] : cases) {
    request.get(target);
    EXPECT_EQ(run(request).substr(0, 5), "go_on");
    EXPECT_EQ(request.context.location->kind, conf::Location::Kind::if_block);
    ASSERT_EQ(request.context.location->add_headers->size(), 1u);
    EXPECT_EQ(request.context.location->add_headers->front().name, expected);
  }
}

TEST(Rewrite, BreakInAnIfEndsTheLevel) {
  expect_all({{"if ($arg_a) { break; } return 403;", "/?a=1", "go_on /?a=1"},
              {"if ($arg_a) { break; } return 403;", "/", "respond 403"}});
}

TEST(Rewrite, AMismatchForgetsEarlierCaptures) {
  expect_all({{"if ($uri ~ ^/(a)) { } if ($uri ~ ^/(b)) { } return 200 \"[$1]\";", "/a", "respond 200 \"[]\""}});
}

TEST(Rewrite, TellsWhatTheUriIsWorthAfterwards) {
  struct {
    const char* ops;
    bool raw_valid;
    bool prefix_valid;
    bool internal;
    int changes;
  } cases[] = {
      {"set $x 1;", true, true, false, 0},
      {"break;", true, true, false, 0},
      {"rewrite ^ /x last;", false, true, true, 1},
      {"rewrite ^ /x break;", false, false, true, 0},
      {"rewrite ^ /x; break;", false, false, true, 0},
      {"rewrite ^ /x redirect;", true, true, false, 0},
  };
  for (const auto& c : cases) {
    TestRequest request(std::string("location / { ") + c.ops + " }");
    run(request);
    EXPECT_EQ(request.context.raw_target_valid, c.raw_valid) << c.ops;
    EXPECT_EQ(request.context.location_prefix_valid, c.prefix_valid) << c.ops;
    EXPECT_EQ(request.context.is_internal, c.internal) << c.ops;
    EXPECT_EQ(request.context.uri_changes, c.changes) << c.ops;
  }
}

TEST(Rewrite, ACycleEndsWith500) {
  TestRequest request("location / { rewrite ^ /x last; }");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(run(request), "relocate /x?");
  EXPECT_EQ(run(request), "fail 500");
  EXPECT_TRUE(request.error_log.lines.back().starts_with("rewrite or internal redirection cycle"));
}

TEST(Rewrite, AnEmptyUriIsAnError) { EXPECT_EQ(run("rewrite ^/a(.*)$ $1 last;", "/a"), "fail 500"); }

// Threat P11.
TEST(Rewrite, AnExpressionThatExplodesEndsWith500) {
  const std::string evil = "/" + std::string(40, 'a') + "!";
  EXPECT_EQ(run("rewrite \"^/(a|a?)+$\" /x last;", evil), "fail 500");
  EXPECT_EQ(run("if ($uri ~ \"^/(a|a?)+$\") { return 200; }", evil), "fail 500");
}

}  // namespace
}  // namespace drishti::filters
