// `drishti ctl` against a running proxy.

#include <gtest/gtest.h>

#include "tests/scenarios/admin_support.hpp"
#include "tests/support/tool_process.hpp"

namespace drishti::testing {
namespace {

struct Result {
  int code = -1;
  std::string output;
};

Result ctl(const std::string& directory, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {DRISHTI_BINARY, "ctl"});
  const std::string path = directory + "/ctl.out";
  Result result;
  result.code = ToolProcess(std::move(arguments), path).wait();
  std::ifstream file(path);
  result.output.assign(std::istreambuf_iterator<char>(file), {});
  return result;
}

struct CtlTest : ::testing::Test {
  TokenFile token;
  FakeUpstream a{answers("a")}, b{answers("b")};
  ProxyUnderTest proxy{with_admin(token, proxy_config("server " + a.address() + "; server " + b.address() + ";"))};

  /// With the configuration of the proxy.
  Result run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"-c", proxy.directory() + "/nginx.conf"});
    return ctl(proxy.directory(), std::move(arguments));
  }
  void expect_done(const std::vector<std::string>& arguments, const std::string& shown) {
    const Result result = run(arguments);
    EXPECT_EQ(result.code, 0) << result.output;
    EXPECT_NE(result.output.find(shown), std::string::npos) << arguments[0] << ":\n" << result.output;
  }
};

TEST_F(CtlTest, ChangesServersAndShowsThem) {
  expect_done({"upstreams"}, a.address() + "  healthy");
  expect_done({"drain", "backend", a.address()}, a.address() + "  draining");
  expect_done({"enable", "backend", a.address()}, a.address() + "  healthy");
  expect_done({"down", "backend", a.address()}, a.address() + "  down");
  expect_done({"weight", "backend", b.address(), "7"}, "  7 ");
  expect_done({"add", "backend", "10.0.0.1:80", "weight=2", "backup"}, "10.0.0.1:80 (added) (backup)");
  expect_done({"remove", "backend", a.address()}, "backend");
  EXPECT_EQ(state_of(proxy, a.address()), "");
  expect_done({"reset", "backend"}, a.address() + "  healthy");
  EXPECT_EQ(state_of(proxy, "10.0.0.1:80"), "");
}

TEST_F(CtlTest, ShowsEverythingThatCanBeRead) {
  expect_done({"status"}, "generation");
  expect_done({"caches"}, "no caches");
  expect_done({"certificates"}, "no certificates");
  expect_done({"metrics"}, "drishti_build_info");
  expect_done({"scaling"}, "{");
  expect_done({"traffic"}, "\"latency\"");
  expect_done({"upstreams", "backend", "--json"}, "{\"name\":\"backend\"");
  expect_done({"reload"}, "generation      2");
  expect_done({"--help"}, "drishti ctl drain api 10.0.0.3:3000");
}

TEST_F(CtlTest, SaysWhyNot) {
  const std::pair<std::vector<std::string>, std::pair<int, const char*>> cases[] = {
      {{"drain", "nobody", "x"}, {1, "no upstream \"nobody\""}},
      {{"drain", "backend"}, {2, "usage: drishti ctl drain UPSTREAM SERVER"}},
      {{"explode"}, {2, "unknown command \"explode\""}},
      {{"--token-file"}, {2, "needs a value"}},
      {{"--colour", "status"}, {2, "invalid option"}},
      {{"purge", "http://a.test/"}, {1, "there is no cache"}},
      {{"weight", "backend", a.address(), "0"}, {1, "from 1 to 65535"}},
      {{"--token-file", "/nonexistent", "reload"}, {1, "can't be read"}},
      {{"--address", "127.0.0.1:1", "status"}, {1, "does the proxy run"}},
      {{"--address", "nowhere", "status"}, {2, "invalid address"}}};
  for (const auto& [arguments, wanted] : cases) {
    const Result result = run(arguments);
    EXPECT_EQ(result.code, wanted.first) << arguments[0] << ": " << result.output;
    EXPECT_NE(result.output.find(wanted.second), std::string::npos) << result.output;
  }
  proxy.write_config(with_admin(token, "htttp {}"));
  const std::string address = "127.0.0.1:" + std::to_string(proxy.port(9));
  const Result refused = ctl(proxy.directory(), {"--address", address, "--token-file", token.path(), "reload"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.output.find("unknown directive \"htttp\""), std::string::npos) << refused.output;
}

// The address is in reach of whoever runs another program on the machine; its bytes must not steer the terminal.
TEST(Ctl, DoesNotPassControlCharactersOn) {
  const std::string body = R"({"version":"1\u001b[2J\u009b1m","pid":1,"generation":1,"connections":{}})";
  FakeUpstream impostor([&](const UpstreamRequest&) { return Actions{Action::send(ok_response(body)), Action::close()}; });
  const Result result = ctl(::testing::TempDir(), {"--address", impostor.address(), "status"});
  EXPECT_EQ(result.code, 0) << result.output;
  EXPECT_EQ(result.output.find('\x1b'), std::string::npos);
  EXPECT_EQ(result.output.find("\xC2\x9B"), std::string::npos);
  EXPECT_NE(result.output.find("1?[2J?1m"), std::string::npos) << result.output;
}

}  // namespace
}  // namespace drishti::testing
