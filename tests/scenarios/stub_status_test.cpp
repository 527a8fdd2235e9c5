// stub_status beside nginx's.

#include <gtest/gtest.h>

#include <cstdio>

#include "tests/scenarios/differential.hpp"
#include "tests/scenarios/scenario.hpp"
#include "tests/support/nginx_process.hpp"
#include "tests/support/patience.hpp"

namespace drishti::testing {
namespace {

struct Figures {
  unsigned long active = 0, accepts = 0, handled = 0, requests = 0, reading = 0, writing = 0, waiting = 0;
};

std::string status_page(const ProxyUnderTest& side) {
  RawClient client(side.port());
  client.send("GET /status HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
  const auto response = client.read_response().value_or(RawResponse{});
  client.read_to_close();
  return response.field("content-type") + "\n" + response.body;
}

/// The figures of a page that has exactly nginx's format.
Figures figures_of(const std::string& page) {
  Figures f;
  const char* format = "text/plain\nActive connections: %lu \nserver accepts handled requests\n %lu %lu %lu \n"
                       "Reading: %lu Writing: %lu Waiting: %lu \n";
  std::sscanf(page.c_str(), format, &f.active, &f.accepts, &f.handled, &f.requests, &f.reading, &f.writing, &f.waiting);
  char again[512];
  std::snprintf(again, sizeof again, format, f.active, f.accepts, f.handled, f.requests, f.reading, f.writing, f.waiting);
  EXPECT_EQ(page, again);
  return f;
}

Figures figures_with_active(const ProxyUnderTest& side, unsigned long active) {
  Figures figures = figures_of(status_page(side));
  eventually([&] { return (figures = figures_of(status_page(side))).active == active; });
  return figures;
}

/// What the page says of two idle connections, one kept after a request, half a head, and a request at the upstream.
std::string story(const char* program) {
  auto release = std::make_shared<Event>();
  FakeUpstream upstream([&](const UpstreamRequest&) {
    return Actions{Action::wait(release), Action::send(ok_response("a"))};
  });
  ProxyUnderTest side("events {}\nhttp { access_log off; server { listen 127.0.0.1:@port@;\n"
                      "location = /status { stub_status; } location = /quick { return 204; }\n"
                      "location / { proxy_pass http://" + upstream.address() + "; } } }", program);
  const Figures before = figures_with_active(side, 1);
  RawClient idle(side.port()), idle_too(side.port()), kept(side.port()), half(side.port()), busy(side.port());
  kept.send("GET /quick HTTP/1.1\r\nHost: a\r\n\r\n");
  kept.read_response();
  half.send("GET /quick HTT");
  busy.send("GET /busy HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(upstream.wait_until([&] { return upstream.requests().size() == 1; }));
  Figures now = figures_with_active(side, 6);
  unsigned long pages = 1;
  for (; pages < 500 && now.reading != 1; ++pages) now = figures_of(status_page(side));
  const unsigned long connections_without_pages = now.accepts - before.accepts - (now.requests - before.requests - 3);
  release->set();
  busy.read_response();
  return "active " + std::to_string(now.active) + ", reading " + std::to_string(now.reading) + ", writing " +
         std::to_string(now.writing) + ", waiting " + std::to_string(now.waiting) + ", connections " +
         std::to_string(connections_without_pages) + (now.handled == now.accepts ? ", all handled" : "");
}

TEST(StubStatusScenario, CountsWhatNginxCounts) {
  if (!test::NginxProcess::installed()) GTEST_SKIP() << "nginx is not installed";
  const std::string ours = story(nullptr);
  EXPECT_EQ(ours, "active 6, reading 1, writing 2, waiting 3, connections 5, all handled");
  EXPECT_EQ(ours, story(test::NginxProcess::program));
}

TEST(StubStatusScenario, AnswersWhatNginxAnswers) {
  compare(R"(server { listen 127.0.0.1:@port1@; server_name a.test;
    location /outer { stub_status on; location /outer/inner { } }
    location /both { stub_status; proxy_pass http://@echo@; }
    location /other { proxy_pass http://@echo@; stub_status; } })",
          {send("POST", "/outer", {}, "x=1"), send("DELETE", "/other"), send("PUT", "/outer/more"), get("/outer/inner/x"),
           get("/both")});
}

}  // namespace
}  // namespace drishti::testing
