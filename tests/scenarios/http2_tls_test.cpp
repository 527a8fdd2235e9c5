// HTTP/2 over TLS: one connection is for every server whose policy of TLS is that of the handshake; others answer 421
// (RFC 9113 9.1.2, RFC 9110 15.5.20), and the connection goes on. What browsers make of it: http2_browser_test.mjs.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/scenarios/tls_support.hpp"
#include "tests/support/tool_process.hpp"

namespace drishti::testing {
namespace {

class Http2OverTls : public ::testing::Test {
 protected:
  Http2OverTls()
      : proxy_(tls_config("http2 on;\n" + files_.server("open.test", "return 200 open;") +
                          files_.server("same.test", "return 200 same;") +
                          files_.server("closed.test", "ssl_client_certificate " + files_.file("root.pem") +
                                                           "; ssl_verify_client optional; return 200 secret;") +
                          files_.server("modern.test", "ssl_protocols TLSv1.3; return 200 modern;"))) {}

  /// One connection of curl, made for NAME ("": the address, so that no name is sent), asks for HOSTS in turn: a line each
  /// with the status, the version and how many connections were opened.
  std::string ask(const std::string& name, const std::vector<std::string>& hosts, const std::vector<std::string>& more = {}) {
    const std::string port = std::to_string(proxy_.port());
    std::vector<std::string> arguments{"/usr/bin/curl"};
    for (const std::string& host : hosts) {
      if (arguments.size() > 1) arguments.emplace_back("--next");
      arguments.insert(arguments.end(), {"-sk", "--http2", "-o", "/dev/null", "-w", "%{http_code} %{http_version} %{num_connects}\n",
                                         "-H", "Host: " + host, "--resolve", name + ":" + port + ":127.0.0.1",
                                         "https://" + (name.empty() ? "127.0.0.1" : name) + ":" + port + "/"});
      if (name.empty()) arguments.erase(arguments.end() - 3, arguments.end() - 1);
      arguments.insert(arguments.end(), more.begin(), more.end());
    }
    ToolProcess curl(arguments, proxy_.directory() + "/answers");
    EXPECT_EQ(curl.wait(), 0);
    return proxy_.read("answers");
  }

  TlsFolder files_;
  ProxyUnderTest proxy_;
};

TEST_F(Http2OverTls, AConnectionIsForAllServersOfTheSamePolicy) {
  EXPECT_EQ(ask("open.test", {"open.test", "same.test", "open.test"}), "200 2 1\n200 2 0\n200 2 0\n");
}

TEST_F(Http2OverTls, AServerThatAsksForACertificateIsNotReachedByAConnectionThatDidNot) {
  EXPECT_EQ(ask("open.test", {"closed.test", "same.test", "closed.test"}), "421 2 1\n200 2 0\n421 2 0\n");
  EXPECT_EQ(ask("closed.test", {"closed.test", "open.test"}), "200 2 1\n200 2 0\n") << "what asks for less is";
}

TEST_F(Http2OverTls, TheSameWithoutAName) { EXPECT_EQ(ask("", {"closed.test", "open.test"}), "421 2 1\n200 2 0\n"); }

TEST_F(Http2OverTls, AVersionThatTheServerDoesNotHaveIsMisdirected) {
  EXPECT_EQ(ask("open.test", {"modern.test", "same.test"}, {"--tls-max", "1.2"}), "421 2 1\n200 2 0\n");
  EXPECT_EQ(ask("open.test", {"modern.test"}), "200 2 1\n");
}

TEST_F(Http2OverTls, ABodyThatNobodyReadsDoesNotEndTheConnection) {
  std::ofstream(proxy_.directory() + "/body") << std::string(60'000, 'x');
  EXPECT_EQ(ask("open.test", {"closed.test", "same.test"}, {"--data-binary", "@" + proxy_.directory() + "/body"}),
            "421 2 1\n200 2 0\n");
}

}  // namespace
}  // namespace drishti::testing
