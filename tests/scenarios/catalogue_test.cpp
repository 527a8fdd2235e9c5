#include <gtest/gtest.h>

#include "tests/support/fake_upstream.hpp"
#include "tests/support/proxy_under_test.hpp"
#include "tests/support/raw_client.hpp"

namespace drishti::testing {

TEST(Harness, AnswersAGetFromItsUpstream) {
  FakeUpstream upstream([](const UpstreamRequest&) { return Actions{Action::send(ok_response("hello"))}; });
  ProxyUnderTest proxy("events {}\nhttp { access_log off; server { listen 127.0.0.1:@port@; location / { proxy_pass http://" +
                       upstream.address() + "; } } }\n");
  auto response = get(proxy.port(), "/x");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "hello");
  ASSERT_EQ(upstream.requests().size(), 1u);
  EXPECT_EQ(upstream.requests()[0].path(), "/x");
}

}  // namespace drishti::testing
