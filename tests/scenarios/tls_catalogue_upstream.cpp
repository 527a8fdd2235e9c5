#include "tests/scenarios/tls_catalogue.hpp"
#include "tests/scenarios/tls_support.hpp"
#include "tests/support/node_backend.hpp"

namespace drishti::testing::tls_catalogue {
namespace {

/// An upstream whose bodies end with the connection: `/cut` without close_notify, `/whole` with it.
struct CutUpstream {
  explicit CutUpstream(const std::string& more = {}) {
    files.add("upstream");
    backend = std::make_unique<NodeBackend>(
        std::vector<std::string>{"cut", "one", files.file("upstream.key"), files.file("upstream.pem")});
    proxy = std::make_unique<ProxyUnderTest>(tls_config(
        "proxy_cache_path memory keys_zone=z:10m;\nserver { listen 127.0.0.1:@port@; location / { proxy_pass https://" +
        backend->address() + ";" + more + " } }\n"));
  }
  RawResponse get(const std::string& path) const { return ask(*proxy, request_text("GET", path)); }
  TlsFolder files;
  std::unique_ptr<NodeBackend> backend;
  std::unique_ptr<ProxyUnderTest> proxy;
};

void cut_response(Checks& checks) {
  const CutUpstream upstream;
  const RawResponse cut = upstream.get("/cut"), whole = upstream.get("/whole");
  checks.equal(cut.status, 200, "the head had come");
  checks.equal(cut.body.substr(0, 4), std::string("part"), "and a part of the body");
  checks.that(!cut.complete, "the client sees that it is cut");
  checks.that(whole.status == 200 && whole.complete, "with close_notify it is whole");
}

void cut_response_and_cache(Checks& checks) {
  const CutUpstream upstream("proxy_cache z; proxy_cache_valid 200 1m;");
  for (int i = 0; i < 2; ++i) {
    const RawResponse cut = upstream.get("/cut");
    checks.that(cut.status == 200 && !cut.complete, "it is cut");
    checks.that(cut.field("Cache-Status").find("hit") == std::string::npos, "and comes from the upstream each time");
  }
  checks.that(upstream.get("/whole").complete, "with close_notify it is whole");
  checks.that(upstream.get("/whole").field("Cache-Status").find("hit") != std::string::npos, "and is cached");
}

}  // namespace

std::vector<Entry> upstream_entries() {
  return {{"L10", "an upstream cut without close_notify", {{"incomplete", cut_response}, {"not cached", cut_response_and_cache}}}};
}

}  // namespace drishti::testing::tls_catalogue
