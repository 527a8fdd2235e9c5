// retry_budget, sticky and the route of a server in the typed configuration.
#include <gtest/gtest.h>

#include "analyser_support.hpp"

namespace drishti::conf {
namespace {

std::shared_ptr<const Config> with(const std::string& lines) {
  return analyse_text("http { upstream b { server 127.0.0.1:1 route=a; server 127.0.0.1:2; " + lines +
                      " } server { location / { proxy_pass http://b; } } }");
}

std::string refusal(const std::string& lines) {
  try {
    with(lines);
    return "accepted";
  } catch (const ConfigError& error) {
    return error.text().substr(0, error.text().rfind(" in "));
  }
}

TEST(RetryBudgetDirective, IsHalfOfTheRequestsByDefault) {
  const auto config = with("");
  const auto& budget = config->find_upstream("b")->retry_budget;
  EXPECT_TRUE(budget.is_limited);
  EXPECT_EQ(budget.percent, 50);
  EXPECT_EQ(budget.least, 100);
}

TEST(RetryBudgetDirective, TakesAShareAndALeastNumber) {
  const auto config = with("retry_budget 20% min=3;");
  EXPECT_EQ(config->find_upstream("b")->retry_budget.percent, 20);
  EXPECT_EQ(config->find_upstream("b")->retry_budget.least, 3);
  EXPECT_FALSE(with("retry_budget off;")->find_upstream("b")->retry_budget.is_limited);
  EXPECT_EQ(with("retry_budget 0% min=0;")->find_upstream("b")->retry_budget.least, 0);
}

TEST(RetryBudgetDirective, RefusesWhatIsNoShare) {
  for (const char* value : {"20", "101%", "-1%", "x%", "on"})
    EXPECT_EQ(refusal("retry_budget " + std::string(value) + ";"), "invalid parameter \"" + std::string(value) + "\"");
  EXPECT_EQ(refusal("retry_budget 20% max=3;"), "invalid parameter \"max=3\"");
  EXPECT_EQ(refusal("retry_budget off min=3;"), "invalid parameter \"off\"");
  EXPECT_EQ(refusal("retry_budget 1%; retry_budget 2%;"), "\"retry_budget\" directive is duplicate");
}

TEST(StickyDirective, TakesTheParametersOfACookie) {
  const auto config = with("sticky cookie id expires=1h domain=.example.com httponly secure samesite=Strict path=/x; "
                           "sticky_secret s;");
  const StickySettings& sticky = config->find_upstream("b")->sticky;
  EXPECT_EQ(sticky.kind, StickySettings::Kind::cookie);
  EXPECT_EQ(sticky.cookie, "id");
  EXPECT_EQ(sticky.expires, std::chrono::hours(1));
  EXPECT_EQ(sticky.domain.literal_text(), ".example.com");
  EXPECT_EQ(sticky.path.literal_text(), "/x");
  EXPECT_EQ(sticky.same_site.literal_text(), "strict");
  EXPECT_TRUE(sticky.http_only && sticky.secure);
  EXPECT_EQ(sticky.secret, "s");
  EXPECT_TRUE(with("sticky cookie id expires=max;")->find_upstream("b")->sticky.never_expires);
  EXPECT_EQ(config->find_upstream("b")->servers[0].route, "a");
}

TEST(StickyDirective, TakesVariablesOfARoute) {
  const auto config = with("sticky route $cookie_a $arg_b;");
  EXPECT_EQ(config->find_upstream("b")->sticky.kind, StickySettings::Kind::route);
  EXPECT_EQ(config->find_upstream("b")->sticky.routes.size(), 2u);
}

TEST(StickyDirective, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(refusal("sticky learn create=$upstream_cookie_a lookup=$cookie_a zone=z:1m;"),
            "parameter \"learn\" of the \"sticky\" directive is not implemented by drishti yet");
  EXPECT_EQ(refusal("sticky cookie;"), "\"sticky\" directive needs the name of a cookie");
  EXPECT_EQ(refusal("sticky cookie a=b;"), "invalid cookie name \"a=b\"");
  EXPECT_EQ(refusal("sticky cookie id samesite=maybe;"), "invalid parameter \"samesite=maybe\"");
  EXPECT_EQ(refusal("sticky cookie id expires=soon;"), "invalid parameter \"expires=soon\"");
  EXPECT_EQ(refusal("sticky cookie id nonsense;"), "invalid parameter \"nonsense\"");
  EXPECT_EQ(refusal("sticky route;"), "\"sticky\" directive needs a variable");
  EXPECT_EQ(refusal("sticky route plain;"), "invalid variable name \"plain\"");
  EXPECT_EQ(refusal("sticky here;"), "invalid parameter \"here\"");
}

TEST(ServerRoute, IsWhatACookieCanCarry) {
  EXPECT_EQ(refusal("server 127.0.0.1:3 route=;"), "invalid parameter \"route=\"");
  EXPECT_EQ(refusal("server 127.0.0.1:3 \"route=a b\";"), "invalid parameter \"route=a b\"");
  EXPECT_EQ(refusal("server 127.0.0.1:3 \"route=a;b\";"), "invalid parameter \"route=a;b\"");
  EXPECT_EQ(refusal("server 127.0.0.1:3 route=" + std::string(33, 'x') + ";"),
            "invalid parameter \"route=" + std::string(33, 'x') + "\"");
}

}  // namespace
}  // namespace drishti::conf
