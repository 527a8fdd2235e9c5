#include "filters/real_ip.hpp"

#include <gtest/gtest.h>

#include "context/variables.hpp"
#include "http/proxy_header.hpp"
#include "tests/support/context_builder.hpp"

namespace drishti::filters {
namespace {

using tests::TestRequest;

/// A location that answers with TEXT.
std::string answers(const std::string& text) { return "location / { return 200 \"" + text + "\"; } "; }

std::string text_of(TestRequest& request) {
  const auto& answer = std::get<conf::ReturnOp>(request.context.location->rewrite.front().op);
  return std::string(context::evaluate(*answer.text, request.context));
}

/// `remote_addr remote_port` of a request with FIELDS from 192.0.2.1:40000, in a server with SETTINGS.
std::string client_of(const std::string& settings, const std::string& fields, const char* peer = "192.0.2.1") {
  TestRequest request(settings + answers("$remote_addr $remote_port"));
  request.get("/", fields);
  request.connection.remote = *SocketAddress::from_ip(peer, 40000);
  request.connection.remote_text = peer;
  take_real_ip(request.context);
  return text_of(request);
}

const std::string forwarded = "set_real_ip_from 192.0.2.0/24; real_ip_header X-Forwarded-For; ";

TEST(RealIp, NobodyIsBelievedUntilTheConfigurationSaysSo) {
  EXPECT_EQ(client_of("", "X-Real-IP: 1.2.3.4\r\nX-Forwarded-For: 1.2.3.4\r\n"), "192.0.2.1 40000");
  EXPECT_EQ(client_of("set_real_ip_from 10.0.0.0/8;", "X-Real-IP: 1.2.3.4\r\n"), "192.0.2.1 40000");
  EXPECT_EQ(client_of("set_real_ip_from unix:;", "X-Real-IP: 1.2.3.4\r\n"), "192.0.2.1 40000");
}

TEST(RealIp, TheFieldIsXRealIpByDefault) {
  EXPECT_EQ(client_of("set_real_ip_from 192.0.2.1;", "X-Real-IP: 1.2.3.4\r\n"), "1.2.3.4 ");
  EXPECT_EQ(client_of("set_real_ip_from 192.0.2.1;", "X-Forwarded-For: 1.2.3.4\r\n"), "192.0.2.1 40000");
  EXPECT_EQ(client_of("set_real_ip_from 192.0.2.1; real_ip_header CF-Connecting-IP;", "cf-connecting-ip: 1.2.3.4\r\n"), "1.2.3.4 ");
}

TEST(RealIp, TheLastAddressCountsHoweverMuchAClientPutsInFront) {
  EXPECT_EQ(client_of(forwarded, "X-Forwarded-For: 127.0.0.1, 10.9.9.9, 1.2.3.4\r\n"), "1.2.3.4 ");
  EXPECT_EQ(client_of(forwarded, "X-Forwarded-For: 5.6.7.8\r\nX-Forwarded-For: 1.2.3.4\r\n"), "1.2.3.4 ");
  EXPECT_EQ(client_of(forwarded, "X-Forwarded-For: 5.6.7.8, 192.0.2.7\r\n"), "192.0.2.7 ") << "not recursive";
}

TEST(RealIp, RecursiveFindsTheLastAddressThatIsNotTrusted) {
  const std::string recursive = forwarded + "real_ip_recursive on; ";
  EXPECT_EQ(client_of(recursive, "X-Forwarded-For: 6.6.6.6, 5.6.7.8, 192.0.2.7, 192.0.2.8\r\n"), "5.6.7.8 ");
  EXPECT_EQ(client_of(recursive, "X-Forwarded-For: 6.6.6.6, 5.6.7.8\r\nX-Forwarded-For: 192.0.2.7\r\n"), "5.6.7.8 ");
  EXPECT_EQ(client_of(recursive, "X-Forwarded-For: 192.0.2.6, 192.0.2.7\r\n"), "192.0.2.6 ") << "all are trusted";
  EXPECT_EQ(client_of(recursive, "X-Forwarded-For: 5.6.7.8, junk, 192.0.2.7\r\n"), "192.0.2.7 ") << "up to what is none";
  EXPECT_EQ(client_of(recursive, "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: junk\r\nX-Forwarded-For: 192.0.2.7\r\n"), "192.0.2.7 ");
}

TEST(RealIp, WhatIsNoAddressChangesNothing) {
  for (const char* value : {"", "junk", "1.2.3", "1.2.3.4.5", "1.2.3.4 junk", "a.test", "1.2.3.4:99999", "1.2.3.4/8", ","})
    EXPECT_EQ(client_of(forwarded, "X-Forwarded-For: " + std::string(value) + "\r\n"), "192.0.2.1 40000") << value;
  EXPECT_EQ(client_of(forwarded, ""), "192.0.2.1 40000");
}

TEST(RealIp, AnAddressMayHaveAPortAndBeIpv6) {
  EXPECT_EQ(client_of(forwarded, "X-Forwarded-For: 1.2.3.4:5678\r\n"), "1.2.3.4 5678");
  EXPECT_EQ(client_of(forwarded, "X-Forwarded-For: 2001:db8::1\r\n"), "2001:db8::1 ");
  EXPECT_EQ(client_of(forwarded, "X-Forwarded-For: [2001:db8::1]:5678\r\n"), "2001:db8::1 5678");
  EXPECT_EQ(client_of("set_real_ip_from 2001:db8::/32; ", "X-Real-IP: 1.2.3.4\r\n", "2001:db8::9"), "1.2.3.4 ");
  EXPECT_EQ(client_of("set_real_ip_from 192.0.2.0/24; ", "X-Real-IP: 1.2.3.4\r\n", "::ffff:192.0.2.1"), "1.2.3.4 ");
}

TEST(RealIp, TheAddressOfAProxyHeaderIsTakenFromATrustedPeerOnly) {
  for (const bool is_trusted : {true, false}) {
    TestRequest request(std::string("real_ip_header proxy_protocol; set_real_ip_from ") +
                        (is_trusted ? "192.0.2.1; " : "10.0.0.1; ") +
                        answers("$remote_addr:$remote_port $proxy_protocol_addr:$proxy_protocol_port "
                                "$proxy_protocol_server_addr:$proxy_protocol_server_port"));
    request.get("/");
    auto header = std::make_shared<http::ProxyHeader>();
    header->source = *SocketAddress::from_ip("1.2.3.4", 56324);
    header->destination = *SocketAddress::from_ip("10.0.0.1", 443);
    header->has_addresses = true;
    request.connection.proxy_header = header;
    take_real_ip(request.context);
    EXPECT_EQ(text_of(request), std::string(is_trusted ? "1.2.3.4:56324" : "192.0.2.1:40000") +
                                    " 1.2.3.4:56324 10.0.0.1:443");
  }
}

TEST(RealIp, TheConnectionsOwnAddressStaysKnown) {
  TestRequest request("set_real_ip_from 192.0.2.1; " +
                      answers("$realip_remote_addr $realip_remote_port|$proxy_add_x_forwarded_for|$binary_remote_addr"));
  request.get("/", "X-Real-IP: 1.2.3.4\r\nX-Forwarded-For: 9.9.9.9\r\n");
  take_real_ip(request.context);
  EXPECT_EQ(text_of(request), "192.0.2.1 40000|9.9.9.9, 1.2.3.4|\x01\x02\x03\x04");
}

TEST(RealIp, EachRequestOfAConnectionHasItsOwn) {
  TestRequest request("set_real_ip_from 192.0.2.1; " + answers("$remote_addr"));
  const std::pair<const char*, const char*> requests[] = {
      {"X-Real-IP: 1.2.3.4\r\n", "1.2.3.4"}, {"X-Real-IP: 5.6.7.8\r\n", "5.6.7.8"}, {"", "192.0.2.1"}};
  for (const auto& [fields, expected] : requests) {
    request.get("/", fields);
    take_real_ip(request.context);
    EXPECT_EQ(text_of(request), expected);
  }
}

TEST(RealIp, TlvsOfAProxyHeaderAreVariables) {
  TestRequest request(answers("$proxy_protocol_tlv_alpn $proxy_protocol_tlv_authority $proxy_protocol_tlv_0xee "
                              "$proxy_protocol_tlv_ssl_version $proxy_protocol_tlv_ssl_verify "
                              "[$proxy_protocol_tlv_ssl_cn$proxy_protocol_tlv_0xzz$proxy_protocol_tlv_nothing]"));
  request.get("/");
  EXPECT_EQ(text_of(request), "     []");
  auto header = std::make_shared<http::ProxyHeader>();
  header->tlvs = std::string(
      "\x01\x00\x02h2\x02\x00\x01x\x20\x00\x0f\x01\x00\x00\x00\x07\x21\x00\x07TLSv1.3\xee\x00\x01y", 31);
  request.connection.proxy_header = header;
  EXPECT_EQ(text_of(request), "h2 x y TLSv1.3 7 []");
}

}  // namespace
}  // namespace drishti::filters
