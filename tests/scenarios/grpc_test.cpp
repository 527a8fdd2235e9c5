// grpc_pass: whole proxy, clients of HTTP/1, Node.js and scripted frames as the upstream.

#include <gtest/gtest.h>

#include "tests/scenarios/scenario.hpp"
#include "tests/support/fake_http2.hpp"
#include "tests/support/node_backend.hpp"
#include "tests/support/patience.hpp"

namespace drishti::testing {
namespace {

std::string grpc_config(const std::string& address, const std::string& more = {}) {
  return http_config("server { listen 127.0.0.1:@port@; location / { grpc_pass grpc://" + address + ";\n" + more + "\n} }");
}

std::string start_of_stream(const std::string& path) {
  return "POST " + path + " HTTP/1.1\r\nHost: a.test\r\nTE: trailers\r\nContent-Type: application/grpc\r\n"
         "Transfer-Encoding: chunked\r\n\r\n";
}
std::string chunk(const std::string& text) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", text.size());
  return size + text + "\r\n";
}

/// Reads until TEXT is among what came.
bool wait_for(RawClient& client, const std::string& text) {
  while (client.unread().find(text) == std::string::npos)
    if (!client.read_some(patience)) return false;
  return true;
}

TEST(GrpcPass, BothDirectionsFlowAtOnce) {
  NodeBackend backend({"h2c", "one"});
  ProxyUnderTest proxy(grpc_config(backend.address()));
  RawClient client(proxy.port());
  client.send(start_of_stream("/stream"));
  for (const char* message : {"first", "second", "third"}) {  // each is sent when the one before came back
    client.send(chunk(message));
    ASSERT_TRUE(wait_for(client, message)) << message;
  }
  client.send("0\r\n\r\n");
  const RawResponse response = client.read_response().value_or(RawResponse{});
  EXPECT_EQ(response.body, "firstsecondthird");
  EXPECT_TRUE(response.complete);
}

TEST(GrpcPass, AResponseMayEndBeforeTheRequest) {
  NodeBackend backend({"h2c", "one"});
  ProxyUnderTest proxy(grpc_config(backend.address()));
  RawClient client(proxy.port());
  client.send(start_of_stream("/early") + chunk("a"));
  const RawResponse response = client.read_response().value_or(RawResponse{});
  EXPECT_EQ(response.body, "no need to read that");
  EXPECT_TRUE(response.complete);
  EXPECT_EQ(ask(proxy, request_text("GET", "/name")).body, "one");
}

TEST(GrpcPass, AClientThatLeavesInTheMiddleEndsTheCall) {
  NodeBackend backend({"h2c", "one"});
  ProxyUnderTest proxy(grpc_config(backend.address()));
  {
    RawClient client(proxy.port());
    client.send(start_of_stream("/stream") + chunk("half"));
    ASSERT_TRUE(wait_for(client, "half"));
  }
  EXPECT_TRUE(eventually([&] { return backend.output().find("aborted") != std::string::npos; }));
  EXPECT_EQ(ask(proxy, request_text("GET", "/name")).body, "one");
}

TEST(GrpcPass, ABodyBeyondItsLimitEndsTheCall) {
  NodeBackend backend({"h2c", "one"});
  ProxyUnderTest proxy(grpc_config(backend.address(), "client_max_body_size 1k;"));
  RawClient client(proxy.port());
  client.send(start_of_stream("/silent") + chunk(std::string(2000, 'x')));
  EXPECT_EQ(client.read_response().value_or(RawResponse{}).status, 413);
}

TEST(GrpcPass, SendsTheFieldsOfItsOwnDirectives) {
  NodeBackend backend({"h2c", "one"});
  ProxyUnderTest proxy(grpc_config(backend.address(), "grpc_set_header X-Call $request_method; proxy_set_header X-No no;"));
  const std::string body = ask(proxy, request_text("POST", "/", "TE: trailers\r\n", "x")).body;
  EXPECT_NE(body.find("\"te\":\"trailers\""), std::string::npos) << body;
  EXPECT_NE(body.find("\"x-call\":\"POST\""), std::string::npos) << body;
  EXPECT_NE(body.find("\":authority\":\"" + backend.address()), std::string::npos) << body;
  EXPECT_EQ(body.find("x-no"), std::string::npos) << body;
}

TEST(GrpcPass, AnErrorWithoutAMessagePasses) {
  FakeHttp2 upstream([](int stream) {
    return h2_headers({{":status", "200"}, {"content-type", "application/grpc"}, {"grpc-status", "12"}}, true, stream);
  });
  ProxyUnderTest proxy(grpc_config(upstream.address()));
  const RawResponse response = ask(proxy, request_text("POST", "/", {}, "x"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.field("grpc-status"), "12");
  EXPECT_EQ(response.body, "");
}

TEST(GrpcPass, WithoutAnUpstreamItAnswersAsNginxDoesOrAsErrorPageSays) {
  DeadPort dead;
  ProxyUnderTest plain(grpc_config(dead.address()));
  EXPECT_EQ(ask(plain, request_text("POST", "/", {}, "x")).status, 502);
  EXPECT_TRUE(plain.wait_for_log("upstream: \"grpc://" + dead.address()));
  ProxyUnderTest mapped(http_config("server { listen 127.0.0.1:@port@; error_page 502 504 = /unavailable;\n"
                                    "location / { grpc_pass grpc://" + dead.address() + "; }\n"
                                    "location = /unavailable { internal; default_type application/grpc; "
                                    "add_header grpc-status 14; return 204; } }"));
  EXPECT_EQ(ask(mapped, request_text("POST", "/", {}, "x")).field("grpc-status"), "14");
}

TEST(GrpcPass, VariablesNameTheUpstream) {
  NodeBackend backend({"h2c", "one"});
  ProxyUnderTest proxy(http_config("server { listen 127.0.0.1:@port@; location / { grpc_pass $arg_to; } }"));
  EXPECT_EQ(ask(proxy, request_text("GET", "/name?to=" + backend.address())).body, "one");
  EXPECT_EQ(ask(proxy, request_text("GET", "/name?to=grpc://" + backend.address())).body, "one");
}

TEST(GrpcPass, ACallThatWasRefusedGoesToTheNextServer) {
  FakeHttp2 first([](int stream) { return h2_frame(3, 0, stream, std::string("\0\0\0\7", 4)); });
  NodeBackend second({"h2c", "two"});
  ProxyUnderTest proxy(http_config("upstream both { server " + first.address() + "; server " + second.address() +
                                   "; }\nserver { listen 127.0.0.1:@port@; location / { grpc_pass both; } }"));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(ask(proxy, request_text("GET", "/name")).body, "two");
}

TEST(GrpcPass, ARefusedCallIsSentAgainWithWhatWasTakenFromItsClient) {
  FakeHttp2 first([](int stream) { return h2_frame(3, 0, stream, std::string("\0\0\0\7", 4)); });
  NodeBackend second({"h2c", "two"});
  ProxyUnderTest proxy(http_config("upstream both { server " + first.address() + "; server " + second.address() +
                                   "; }\nserver { listen 127.0.0.1:@port@; location / { grpc_pass both; } }"));
  for (int i = 0; i < 2; ++i) {
    RawClient client(proxy.port());
    client.send(start_of_stream("/stream") + chunk("first"));
    ASSERT_TRUE(wait_for(client, "first"));
    client.send(chunk("second") + "0\r\n\r\n");
    const RawResponse response = client.read_response().value_or(RawResponse{});
    EXPECT_EQ(response.body, "firstsecond");
  }
  EXPECT_GT(first.requests(), 0);
}

}  // namespace
}  // namespace drishti::testing
