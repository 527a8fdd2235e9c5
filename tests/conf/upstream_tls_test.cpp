// https and gRPC upstreams in the typed configuration: proxy_ssl_*, grpc_*.
#include <gtest/gtest.h>

#include "analyser_support.hpp"

namespace drishti::conf {
namespace {

std::shared_ptr<const Config> with(const std::string& location, const std::string& http = {}) {
  return analyse_text("http { " + http + " server { location / { " + location + " } } }");
}

TEST(ProxySsl, HasTheDefaultsOfNginxAndSafeProtocols) {
  const auto config = with("proxy_pass https://a.test;");
  const ProxyPass& pass = *only_location(*config)->proxy_pass;
  ASSERT_NE(pass.tls, nullptr);
  const UpstreamTlsSettings& tls = pass.tls->settings;
  EXPECT_TRUE(pass.is_tls);
  EXPECT_FALSE(*tls.verify || *tls.server_name);
  EXPECT_TRUE(*tls.session_reuse);
  EXPECT_EQ(*tls.verify_depth, 1);
  EXPECT_EQ(*tls.ciphers, "DEFAULT");
  EXPECT_EQ(tls.name->source, "$proxy_host");
  EXPECT_EQ(*tls.protocols, (TlsProtocols{false, false, true, true}));
  EXPECT_EQ(pass.proxy_host, "a.test");
  EXPECT_EQ(pass.proxy_port, "443");
  EXPECT_EQ(pass.upstream->servers[0].port, 443);
}

TEST(ProxySsl, ThatTrafficIsNotAuthenticatedIsANotice) {
  EXPECT_NE(notices_of(*with("proxy_pass https://127.0.0.1;")).find("not authenticated: \"proxy_ssl_verify\" is off"),
            std::string::npos);
  EXPECT_EQ(notices_of(*with("proxy_pass https://127.0.0.1; proxy_ssl_verify on; proxy_ssl_trusted_certificate /ca;")), "");
  EXPECT_EQ(notices_of(*with("proxy_pass http://127.0.0.1;")), "");
}

TEST(ProxySsl, IsInheritedOneByOne) {
  const auto config = with("proxy_pass https://127.0.0.1; proxy_ssl_name own;",
                           "proxy_ssl_server_name on; proxy_ssl_name all; proxy_ssl_protocols TLSv1.3;");
  const UpstreamTlsSettings& tls = only_location(*config)->proxy_pass->tls->settings;
  EXPECT_TRUE(*tls.server_name);
  EXPECT_EQ(tls.name->source, "own");
  EXPECT_EQ(*tls.protocols, (TlsProtocols{false, false, false, true}));
}

TEST(ProxySsl, EqualSettingsAreOne) {
  const auto config = analyse_text(
      "http { server { location /a { proxy_pass https://127.0.0.1:1; } location /b { proxy_pass https://127.0.0.1:2; }\n"
      "location /c { proxy_pass https://127.0.0.1:1; proxy_ssl_name c; }\n"
      "location /d { proxy_pass https://127.0.0.1:1; proxy_http_version 2; } } }");
  EXPECT_EQ(config->upstream_tls.size(), 3u);
  const auto& locations = config->servers[0]->root->children;
  EXPECT_EQ(locations[0]->proxy_pass->tls, locations[1]->proxy_pass->tls);
  EXPECT_NE(locations[0]->proxy_pass->tls, locations[2]->proxy_pass->tls);
  EXPECT_TRUE(locations[3]->proxy_pass->tls->speaks_http2);
}

TEST(ProxySsl, FilesAreLookedForBesideTheConfiguration) {
  AnalyserOptions options = test_options();
  options.conf_path = "/etc/drishti/main.conf";
  const auto config = analyse_text("http { server { location / { proxy_pass https://127.0.0.1; "
                                   "proxy_ssl_trusted_certificate ca.pem; proxy_ssl_crl /crl.pem; } } }", options);
  const UpstreamTlsSettings& tls = only_location(*config)->proxy_pass->tls->settings;
  EXPECT_EQ(*tls.trusted_certificate, "/etc/drishti/ca.pem");
  EXPECT_EQ(*tls.crl, "/crl.pem");
}

TEST(ProxySsl, AGroupThatComesLaterIsTheGroupOfBothSchemes) {
  const auto config = analyse_text("http { server { location /a { proxy_pass http://g; } location /b { proxy_pass https://g; } }\n"
                                   "upstream g { server 127.0.0.1:1; } }");
  const auto& locations = config->servers[0]->root->children;
  ASSERT_EQ(config->upstreams.size(), 1u);
  EXPECT_EQ(locations[0]->proxy_pass->upstream, config->upstreams[0]);
  EXPECT_EQ(locations[1]->proxy_pass->upstream, config->upstreams[0]);
}

TEST(ProxySsl, AHostWithoutAGroupHasOneForEachPort) {
  const auto config = analyse_text("http { server { location /a { proxy_pass http://127.0.0.1; } "
                                   "location /b { proxy_pass https://127.0.0.1; } } }");
  ASSERT_EQ(config->upstreams.size(), 2u);
  EXPECT_EQ(config->upstreams[0]->servers[0].port, 80);
  EXPECT_EQ(config->upstreams[1]->servers[0].port, 443);
  EXPECT_NE(config->upstreams[0]->name, config->upstreams[1]->name);
}

TEST(ProxySsl, AHealthCheckHasTheTlsOfItsLocation) {
  const auto config = with("proxy_pass https://g; proxy_ssl_name a.test; health_check;", "upstream g { server 127.0.0.1:1; }");
  const HealthCheck& check = *config->find_upstream("g")->health_checks.at(0);
  EXPECT_EQ(check.tls, config->upstream_tls.at(0));
  EXPECT_EQ(check.tls_name, "a.test");
}

TEST(GrpcPass, HasSettingsOfItsOwn) {
  const auto config = with("grpc_pass grpc://127.0.0.1:1;", "proxy_read_timeout 1s; proxy_set_header X proxy; "
                                                            "grpc_read_timeout 2s; grpc_set_header Y grpc;");
  const auto location = only_location(*config);
  EXPECT_TRUE(location->proxy_pass->is_grpc);
  EXPECT_EQ(*location->proxy.read_timeout, 2s);
  EXPECT_EQ(*location->proxy.connect_timeout, 60s);
  ASSERT_EQ(location->proxy.set_headers->size(), 1u);
  EXPECT_EQ(location->proxy.set_headers->at(0).name, "Y");
  EXPECT_EQ(*location->proxy.http_version, 20);
  EXPECT_FALSE(*location->proxy.buffering || *location->proxy.request_buffering);
}

TEST(GrpcPass, DoesNotChangeWhatProxyPassIs) {
  const auto config = with("proxy_pass http://127.0.0.1:1;", "grpc_read_timeout 2s; proxy_read_timeout 3s;");
  EXPECT_EQ(*only_location(*config)->proxy.read_timeout, 3s);
  EXPECT_EQ(*only_location(*config)->proxy.http_version, 11);
}

TEST(GrpcPass, HasTlsByItsScheme) {
  EXPECT_EQ(only_location(*with("grpc_pass 127.0.0.1:1;"))->proxy_pass->tls, nullptr);
  const auto config = with("grpc_pass grpcs://127.0.0.1; grpc_ssl_server_name on;", "proxy_ssl_name other;");
  const ProxyPass& pass = *only_location(*config)->proxy_pass;
  ASSERT_NE(pass.tls, nullptr);
  EXPECT_TRUE(pass.tls->speaks_http2);
  EXPECT_TRUE(*pass.tls->settings.server_name);
  EXPECT_EQ(pass.tls->settings.name->source, "$proxy_host");
  EXPECT_EQ(pass.upstream->servers[0].port, 443);
}

TEST(GrpcPass, AnIfHasTheSettingsOfItsOwnPass) {
  const auto config = with("proxy_pass http://127.0.0.1:1; if ($arg_a) { grpc_pass 127.0.0.1:2; }", "grpc_read_timeout 2s;");
  const auto location = only_location(*config);
  const auto& branch = std::get<IfOp>(location->rewrite.at(0).op);
  EXPECT_EQ(*branch.location->proxy.read_timeout, 2s);
  EXPECT_EQ(*location->proxy.read_timeout, 60s);
}

TEST(GrpcPass, IsCheckedByGrpcOrTcp) {
  const std::string start = "http { upstream g { server 127.0.0.1:1; } server { location / { grpc_pass g; health_check ";
  EXPECT_EQ(error_of(start + "; } } }"),
            "\"health_check\" beside \"grpc_pass\" needs \"type=grpc\" or \"type=tcp\" in test.conf:1");
  EXPECT_EQ(error_of(start + "type=grpc; } } }"), "");
}

TEST(ProxyHttpVersion2, IsNotForConnectionsThatNameTheirClient) {
  EXPECT_EQ(error_in_location("proxy_pass http://127.0.0.1; proxy_http_version 2; proxy_protocol on;"),
            "\"proxy_protocol\" can't be used with \"proxy_http_version 2\" in test.conf:1");
}

}  // namespace
}  // namespace drishti::conf
