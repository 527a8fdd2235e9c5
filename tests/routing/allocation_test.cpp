#include "routing_support.hpp"
#include "tests/support/count_allocations.hpp"

namespace drishti::routing {
namespace {

TEST(Router, FindsServersAndLocationsWithoutAllocating) {
  Routes routes(
      "server { server_name a *.b.test c.* ~^d(.*)$; location / { location /x {} } location = /e {} location ~ \\.php$ {}"
      " location /api/ { proxy_pass http://127.0.0.1:1; } location @named {} }");
  const SocketAddress local = *SocketAddress::from_ip("127.0.0.1", 80);
  const conf::Server& server = *routes.config->servers[0];
  RegexMatch match;
  auto find_all = [&] {
    for (const char* host : {"a", "x.y.b.test", "c.test", "d12", "none.at.all.anywhere.in.this.table"})
      routes.router.table(local)->find(host, match);
    for (const char* uri : {"/", "/x/y", "/e", "/a/b/c.php", "/api", "/api/a/rather/long/path/below/the/prefix"})
      routes.router.find_location(server, uri, match);
    routes.router.find_named(server, "@named");
  };
  find_all();  // the regex engine makes its working memory of a thread once
  EXPECT_EQ(test::allocations_of(find_all), 0U);
}

}  // namespace
}  // namespace drishti::routing
