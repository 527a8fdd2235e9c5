// The PROXY protocol, in and out, through the whole proxy.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

#include "tests/scenarios/health_support.hpp"
#include "tests/support/metrics_page.hpp"
#include "tests/support/patience.hpp"

namespace drishti::testing {
namespace {

using std::chrono::milliseconds;

/// Answers with what the PROXY header of the connection said; MORE is in the server.
std::string listening(const std::string& more = {}) {
  return http_config("log_format client '$remote_addr:$remote_port $request_uri';\nserver { listen 127.0.0.1:@port@ proxy_protocol; " +
                     more + " access_log @dir@/client.log client; location / { return 200 "
                     "\"$remote_addr $realip_remote_addr [$proxy_protocol_addr:$proxy_protocol_port "
                     "$proxy_protocol_server_addr:$proxy_protocol_server_port $proxy_protocol_tlv_authority]\"; } }\n"
                     "server { listen 127.0.0.1:@port2@; location /metrics { metrics; } }");
}

constexpr const char* line = "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n";
const std::string binary = std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x15\xc0\x00\x02\x07\xc6\x33\x64\x01\xdc\x04\x01\xbb\x02\x00\x06"
                                       "a.test", 37);

std::string body_behind(const ProxyUnderTest& proxy, const std::string& header) {
  return ask(proxy, header + request_text("GET", "/")).body;
}

/// Counts from when it is made: whoever waits for the proxy to start connects and leaves.
class Refusals {
 public:
  Refusals(const ProxyUnderTest& proxy, const std::string& reason)
      : proxy_(proxy), series_("drishti_proxy_protocol_refused_total{reason=\"" + reason + "\"}"), before_(now()) {}
  /// Waits for it.
  bool become(double count) const {
    return eventually([&] { return now() - before_ >= count; }) && now() - before_ == count;
  }

 private:
  double now() const { return MetricsPage::of(proxy_, 2)[series_]; }
  const ProxyUnderTest& proxy_;
  std::string series_;
  double before_;
};

TEST(ProxyProtocolIn, BothVersionsTellTheClient) {
  ProxyUnderTest proxy(listening());
  EXPECT_EQ(body_behind(proxy, line), "127.0.0.1 127.0.0.1 [192.0.2.7:56324 198.51.100.1:443 ]");
  EXPECT_EQ(body_behind(proxy, binary), "127.0.0.1 127.0.0.1 [192.0.2.7:56324 198.51.100.1:443 a.test]");
  EXPECT_EQ(body_behind(proxy, "PROXY UNKNOWN\r\n"), "127.0.0.1 127.0.0.1 [: : ]");
  EXPECT_EQ(body_behind(proxy, std::string("\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00", 16)), "127.0.0.1 127.0.0.1 [: : ]");
}

TEST(ProxyProtocolIn, TheClientsAddressCountsEverywhereWhenItsSenderIsTrusted) {
  ProxyUnderTest proxy(listening("set_real_ip_from 127.0.0.0/8; real_ip_header proxy_protocol;"));
  RawClient client(proxy.port());
  client.send(line);
  for (int i = 0; i < 3; ++i) {
    client.send(request_text("GET", "/n" + std::to_string(i)));
    EXPECT_EQ(client.read_response().value_or(RawResponse{}).body,
              "192.0.2.7 127.0.0.1 [192.0.2.7:56324 198.51.100.1:443 ]");
  }
  client.close();
  EXPECT_TRUE(eventually([&] { return proxy.read("client.log").find("/n2") != std::string::npos; }));
  EXPECT_EQ(proxy.read("client.log"), "192.0.2.7:56324 /n0\n192.0.2.7:56324 /n1\n192.0.2.7:56324 /n2\n");
}

TEST(ProxyProtocolIn, AHeaderMayComeByteByByteAndTheRequestWithIt) {
  ProxyUnderTest proxy(listening());
  for (const std::string& header : {std::string(line), binary}) {
    RawClient client(proxy.port());
    client.send_bytewise(header + request_text("GET", "/"));
    EXPECT_NE(client.read_response().value_or(RawResponse{}).body.find("[192.0.2.7:56324"), std::string::npos);
  }
}

TEST(ProxyProtocolIn, AConnectionWithoutAProperHeaderIsClosedUnanswered) {
  ProxyUnderTest proxy(listening());
  const std::string request = request_text("GET", "/");
  std::string short_tlv = binary;
  short_tlv[30] = '\x09';
  EXPECT_NE(body_behind(proxy, line), "");
  const Refusals malformed(proxy, "malformed");
  int count = 0;
  for (const std::string& start :
       {std::string(), std::string("PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n"), "PROXY UNKNOWN " + std::string(107, 'x') + "\r\n",
        std::string("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n"), short_tlv, line + std::string(line)}) {
    RawClient client(proxy.port());
    client.send(start + request);
    const std::string answer = client.read_to_close();
    EXPECT_TRUE(client.closed()) << start;
    const bool is_second = start.starts_with(line);  // two headers: the second one is a bad request
    EXPECT_EQ(answer.empty(), !is_second) << answer;
    count += is_second ? 0 : 1;
    EXPECT_TRUE(malformed.become(count)) << start;
  }
  EXPECT_TRUE(proxy.wait_for_log("broken header: malformed TLV while reading PROXY protocol, client: 127.0.0.1"));
}

TEST(ProxyProtocolIn, AHalfHeaderIsWaitedForNoLongerThanTheHeadOfARequest) {
  ProxyUnderTest proxy(listening("client_header_timeout 300ms;"));
  EXPECT_NE(body_behind(proxy, line), "");
  const Refusals malformed(proxy, "malformed"), timeouts(proxy, "timeout");
  for (const std::string& start : {std::string(), std::string(line).substr(0, 20), binary.substr(0, 30)}) {
    RawClient client(proxy.port());
    client.send(start);
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(client.read_to_close(), "");
    EXPECT_TRUE(client.closed());
    EXPECT_GE(std::chrono::steady_clock::now() - begun, milliseconds(250));
  }
  EXPECT_TRUE(timeouts.become(3));
  RawClient gone(proxy.port());
  gone.send(binary.substr(0, 30));
  gone.shutdown_write();
  gone.read_to_close();
  EXPECT_TRUE(gone.closed());
  EXPECT_TRUE(malformed.become(1)) << "cut off";
}

TEST(ProxyProtocolIn, OnlyListedPeersMaySendOne) {
  ProxyUnderTest strangers(listening("proxy_protocol_from 10.0.0.0/8; proxy_protocol_from ::1;"));
  EXPECT_EQ(body_behind(strangers, line), "");
  const Refusals from_elsewhere(strangers, "address");
  RawClient client(strangers.port());
  client.send(line + request_text("GET", "/"));
  EXPECT_EQ(client.read_to_close(), "");
  EXPECT_TRUE(from_elsewhere.become(1));
  EXPECT_TRUE(strangers.wait_for_log("peer is not one of proxy_protocol_from while reading PROXY protocol"));
  ProxyUnderTest known(listening("proxy_protocol_from 127.0.0.1;"));
  EXPECT_NE(body_behind(known, line).find("192.0.2.7"), std::string::npos);
}

TEST(ProxyProtocolIn, CurlSpeaksIt) {
  ProxyUnderTest proxy(listening());
  const std::string out = proxy.directory() + "/curl.out";
  const std::string command = "curl -s --haproxy-protocol http://127.0.0.1:" + std::to_string(proxy.port()) + "/ > " + out;
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_TRUE(proxy.read("curl.out").starts_with("127.0.0.1 127.0.0.1 [127.0.0.1:")) << proxy.read("curl.out");
}

// ---- out ------------------------------------------------------------------------------------------------------------

/// Reads a PROXY line in front of each connection's first request.
std::string first_line(const FakeUpstream& upstream) {
  const std::string raw = upstream.raw();
  return raw.substr(0, raw.find("\r\n"));
}

TEST(ProxyProtocolOut, ANewConnectionBeginsWithTheClientsAddress) {
  FakeUpstream upstream(answers("a"));
  ProxyUnderTest proxy(proxy_config(server(upstream), "proxy_protocol on; set_real_ip_from 127.0.0.1;"));
  RawClient client(proxy.port());
  client.send(request_text("GET", "/", "X-Real-IP: 127.9.9.9\r\n"));
  EXPECT_TRUE(upstream.wait_until([&] { return upstream.raw().find("GET / HTTP/1.1\r\n") != std::string::npos; }));
  EXPECT_EQ(first_line(upstream), "PROXY TCP4 127.9.9.9 127.0.0.1 0 " + std::to_string(proxy.port()));
}

/// Proxies that speak the protocol with each other: the last one tells what it heard.
void through_two(const std::string& version) {
  ProxyUnderTest inner(listening("set_real_ip_from 127.0.0.1; real_ip_header proxy_protocol;"));
  ProxyUnderTest outer(http_config("server { listen 127.0.0.1:@port@; set_real_ip_from 127.0.0.1; location / { proxy_pass "
                                   "http://127.0.0.1:" + std::to_string(inner.port()) + "; proxy_protocol " + version + "; } }"));
  RawClient client(outer.port());
  for (const char* address : {"192.0.2.1", "192.0.2.2", "192.0.2.1"}) {  // one connection, several clients behind it
    client.send(request_text("GET", "/", "X-Real-IP: " + std::string(address) + ":1234\r\n"));
    const std::string body = client.read_response().value_or(RawResponse{}).body;
    EXPECT_TRUE(body.starts_with(std::string(address) + " 127.0.0.1 [" + address + ":1234 127.0.0.1:")) << body;
  }
}

TEST(ProxyProtocolOut, Version1IsUnderstoodAndNoConnectionServesTwoClients) { through_two("v1"); }
TEST(ProxyProtocolOut, Version2IsUnderstoodAndNoConnectionServesTwoClients) { through_two("v2"); }

TEST(ProxyProtocolOut, ARetrySendsItToTheNextServer) {
  DeadPort dead;
  ProxyUnderTest inner(listening());
  ProxyUnderTest outer(proxy_config("server " + dead.address() + "; server 127.0.0.1:" + std::to_string(inner.port()) + ";",
                                    "proxy_protocol v2;"));
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(ask(outer, request_text("GET", "/")).body.find("127.0.0.1 127.0.0.1 [127.0.0.1:"), 0U);
}

// A server that wants a header would fail every check without one.
TEST(ProxyProtocolOut, HealthChecksSendOneThatSpeaksForNobody) {
  for (const std::string version : {"v1", "v2"}) {
    ProxyUnderTest inner(listening());
    ProxyUnderTest outer(checked_config("server 127.0.0.1:" + std::to_string(inner.port()) + ";", "mandatory keepalive_time=1m",
                                        "proxy_protocol " + version + ";"));
    // Without a passed check nothing is passed on.
    EXPECT_TRUE(eventually([&] { return ask(outer, request_text("GET", "/")).status == 200; })) << version << inner.error_log();
  }
}

}  // namespace
}  // namespace drishti::testing
