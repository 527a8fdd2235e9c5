// The file this program was made for: only http-level directives, mounted over nginx.conf.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyser_support.hpp"

namespace drishti::conf {
namespace {

using testing::HasSubstr;

constexpr const char* users_file = R"(# nginx.conf
upstream api_servers {
    least_conn;
    server api1:3000 weight=1 max_fails=3 fail_timeout=30s;
    server api2:3000 weight=1 max_fails=3 fail_timeout=30s;
    server api3:3000 weight=1 max_fails=3 fail_timeout=30s;
}

server {
    listen 80;
    server_name api.yourdomain.com;

    location / {
        proxy_pass http://api_servers;
        proxy_set_header Host $host;
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;

        # Health check
        proxy_next_upstream error timeout invalid_header http_500 http_502 http_503 http_504;
        proxy_connect_timeout 5s;
        proxy_send_timeout 10s;
        proxy_read_timeout 10s;
    }

    location /health {
        access_log off;
        return 200 "healthy\n";
        add_header Content-Type text/plain;
    }
}
)";

TEST(UsersFile, IsTakenAsTheContentsOfHttpWithANotice) {
  const auto config = analyse_text(users_file);
  EXPECT_THAT(notices_of(*config),
              HasSubstr("\"test.conf\" has no http {} block; its directives are taken as the contents of http {}"));
  EXPECT_EQ(warnings_of(*config), "");
}

TEST(UsersFile, HasThreeServersPickedByLeastConnections) {
  const auto config = analyse_text(users_file);
  const Upstream* upstream = config->find_upstream("api_servers");
  ASSERT_NE(upstream, nullptr);
  EXPECT_EQ(upstream->method, BalanceMethod::least_conn);
  ASSERT_EQ(upstream->servers.size(), 3u);
  EXPECT_EQ(upstream->servers[1].host, "api2");
  EXPECT_EQ(upstream->servers[1].port, 3000);
  EXPECT_EQ(upstream->servers[1].max_fails, 3);
  EXPECT_EQ(upstream->servers[1].fail_timeout, 30s);
  EXPECT_FALSE(upstream->implicit);
}

TEST(UsersFile, ProxiesTheRootToTheGroup) {
  const auto config = analyse_text(users_file);
  ASSERT_EQ(config->servers.size(), 1u);
  const Server& server = *config->servers[0];
  EXPECT_EQ(server.first_name, "api.yourdomain.com");
  EXPECT_EQ(server.listens.at(0).address.text(), "0.0.0.0:80");
  const Location& location = *server.root->children.at(0);
  ASSERT_TRUE(location.proxy_pass);
  EXPECT_EQ(location.proxy_pass->upstream.get(), config->find_upstream("api_servers"));
  EXPECT_FALSE(location.proxy_pass->uri);
  EXPECT_EQ(location.proxy.set_headers->size(), 4u);
  EXPECT_EQ(*location.proxy.connect_timeout, 5s);
  EXPECT_EQ(*location.proxy.read_timeout, 10s);
  EXPECT_TRUE(location.proxy.next_upstream->lists_status(503));
  EXPECT_FALSE(location.proxy.next_upstream->lists_status(404));
}

TEST(UsersFile, AnswersTheHealthCheckItself) {
  const auto config = analyse_text(users_file);
  const Location& health = *config->servers.at(0)->root->children.at(1);
  EXPECT_EQ(health.pattern, "/health");
  EXPECT_TRUE(health.core.access_logs->empty());
  ASSERT_EQ(health.rewrite.size(), 1u);
  const auto& answer = std::get<ReturnOp>(health.rewrite[0].op);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.text->literal_text(), "healthy\n");
  EXPECT_EQ(health.add_headers->at(0).name, "Content-Type");
}

}  // namespace
}  // namespace drishti::conf
