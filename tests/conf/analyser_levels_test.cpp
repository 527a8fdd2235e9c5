// Levels: what is inherited, what a level hides, what the main file may leave out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyser_support.hpp"

namespace drishti::conf {
namespace {

using testing::HasSubstr;

TEST(Levels, ALocationInheritsWhatItDoesNotWrite) {
  const auto config = analyse_text(R"(http {
    proxy_read_timeout 1s; proxy_send_timeout 1s; client_max_body_size 1k; etag off;
    server { proxy_read_timeout 2s; client_max_body_size 2k;
      location / { client_max_body_size 3k; } } })");
  const auto& location = *only_location(*config);
  EXPECT_EQ(*location.proxy.send_timeout, 1s);
  EXPECT_EQ(*location.proxy.read_timeout, 2s);
  EXPECT_EQ(*location.core.client_max_body_size, 3072u);
  EXPECT_FALSE(*location.core.etag);
  EXPECT_EQ(*location.proxy.connect_timeout, 60s) << "nginx's default";
}

TEST(Levels, SettingsAfterAServerCountForItToo) {
  const auto config = analyse_text("http { server { location / { } } send_timeout 7s; client_header_timeout 8s; }");
  EXPECT_EQ(*only_location(*config)->core.send_timeout, 7s);
  EXPECT_EQ(config->servers[0]->client_header_timeout, 8s);
}

TEST(Levels, NestedLocationsInheritFromTheLocationAroundThem) {
  const auto config = analyse_text("http { server { location /a { send_timeout 7s; location /a/b { } } } }");
  const auto& outer = *only_location(*config);
  const auto& inner = *outer.children.at(0);
  EXPECT_EQ(*inner.core.send_timeout, 7s);
  EXPECT_EQ(inner.parent, &outer);
  EXPECT_EQ(outer.parent, nullptr);
}

TEST(Levels, ListsAreInheritedAsAWholeWithAWarning) {
  const auto config = analyse_text(R"(http { add_header X-A 1; add_header X-B 1; server {
    location / { add_header X-A 2; } location /b { } } })");
  const auto& children = config->servers[0]->root->children;
  EXPECT_EQ(children[0]->add_headers->size(), 1u);
  EXPECT_EQ(children[1]->add_headers->size(), 2u);
  EXPECT_EQ(warnings_of(*config), "the \"add_header\" of this block hides the inherited ones: X-B\n");
}

TEST(Levels, HiddenRequestHeadersAreAWarning) {
  const auto config = analyse_text(R"(http { server { proxy_set_header Host $host;
    location / { proxy_set_header X-Real-IP $remote_addr; } } })");
  EXPECT_EQ(warnings_of(*config), "the \"proxy_set_header\" of this block hides the inherited ones: Host\n");
}

TEST(Levels, NothingLostIsNoWarning) {
  const auto config = analyse_text(R"(http { server { proxy_set_header Host $host;
    location / { proxy_set_header Host a; proxy_set_header X-B b; } } })");
  EXPECT_EQ(warnings_of(*config), "");
}

TEST(Levels, AliasAndItsPrefixAreInheritedTogether) {
  const auto config = analyse_text("http { server { location /i/ { alias /srv/i/; location /i/x/ { } } } }");
  const auto& inner = *only_location(*config)->children.at(0);
  EXPECT_TRUE(inner.has_alias);
  EXPECT_EQ(inner.alias_prefix, "/i/");
  EXPECT_EQ(inner.core.root_template->literal_text(), "/srv/i/");
}

TEST(Levels, DefaultsAreNginxs) {
  const auto config = analyse_text("http { server { location / { } } }");
  const auto& core = only_location(*config)->core;
  EXPECT_EQ(core.root_template->literal_text(), "/srv/html");
  EXPECT_EQ((*core.types)->at("html"), "text/html");
  EXPECT_EQ(core.index->at(0).literal_text(), "index.html");
  EXPECT_EQ(core.access_logs->at(0).path, "/var/log/nginx/access.log");
  EXPECT_EQ(core.access_logs->at(0).format->name, "combined");
  EXPECT_EQ(core.error_logs->at(0).path, "/var/log/nginx/error.log");
  EXPECT_EQ(config->main.pid, "/run/nginx.pid");
  EXPECT_EQ(config->main.worker_processes, 1);
  EXPECT_TRUE(config->main.daemon);
}

TEST(Levels, MainErrorLogsReachTheLocations) {
  const auto config = analyse_text("error_log logs/e.log warn; http { server { location / { } } }");
  const auto& logs = *only_location(*config)->core.error_logs;
  ASSERT_EQ(logs.size(), 1u);
  EXPECT_EQ(logs[0].path, "/srv/logs/e.log");
  EXPECT_EQ(logs[0].level, LogLevel::warn);
}

TEST(Levels, AccessLogOffWinsInItsLevelOnly) {
  const auto config = analyse_text(R"(http { access_log a.log; server {
    location /a { access_log off; access_log b.log; } location /b { access_log b.log; access_log c.log; } } })");
  const auto& children = config->servers[0]->root->children;
  EXPECT_TRUE(children[0]->core.access_logs->empty());
  EXPECT_EQ(children[1]->core.access_logs->size(), 2u);
}

TEST(BareHttp, MayStandBesideMainDirectives) {
  const auto config = analyse_text("worker_processes 3; events { } server { listen 81; }");
  EXPECT_EQ(config->main.worker_processes, 3);
  EXPECT_EQ(config->servers.size(), 1u);
  EXPECT_THAT(notices_of(*config), HasSubstr("has no http {} block"));
}

TEST(BareHttp, MayNotStandBesideAnHttpBlock) {
  EXPECT_EQ(error_of("http { }\nserver { }"), "\"server\" directive is not allowed here in test.conf:2");
}

TEST(BareHttp, IsNotAssumedForAFileThatHasNone) {
  const auto config = analyse_text("worker_processes 2;");
  EXPECT_THAT(notices_of(*config), testing::Not(HasSubstr("http {}")));
  EXPECT_TRUE(config->servers.empty());
}

TEST(GlobalDirectives, AreReadAsMainDirectives) {
  auto options = test_options();
  options.global_directives = "daemon off; worker_processes 2;";
  const auto config = analyse_text("http { }", options);
  EXPECT_FALSE(config->main.daemon);
  EXPECT_EQ(config->main.worker_processes, 2);
}

TEST(GlobalDirectives, AreDuplicatesWhereTheFileRepeatsThem) {
  auto options = test_options();
  options.global_directives = "daemon off;";
  EXPECT_EQ(error_of("http { }\ndaemon off;", options), "\"daemon\" directive is duplicate in test.conf:2");
}

TEST(GlobalDirectives, AreBlamedForTheirOwnMistakes) {
  auto options = test_options();
  options.global_directives = "daemon perhaps;";
  EXPECT_EQ(error_of("http { }", options),
            "invalid value \"perhaps\" in \"daemon\" directive, it must be \"on\" or \"off\" in command line");
}

TEST(NoEffect, IsSaidInOneLineEach) {
  const auto config = analyse_text("events { worker_connections 1024; multi_accept on; } http { tcp_nopush on; }");
  const std::string notices = notices_of(*config);
  EXPECT_THAT(notices, HasSubstr("\"worker_connections\" has no effect: "));
  EXPECT_THAT(notices, HasSubstr("\"multi_accept\" has no effect: "));
  EXPECT_THAT(notices, HasSubstr("\"tcp_nopush\" has no effect: "));
  EXPECT_EQ(config->notices.size(), 3u);
  EXPECT_EQ(config->main.worker_connections, 1024);
}

TEST(Workers, AutoCountsTheCpusThatMayBeUsed) {
  EXPECT_GE(analyse_text("worker_processes auto;")->main.worker_processes, 1);
}

}  // namespace
}  // namespace drishti::conf
