// ssl_stapling: what a responder says goes to clients with the certificate, if it is good.
#include <gtest/gtest.h>
#include <openssl/ocsp.h>

#include "tests/scenarios/tls_support.hpp"

namespace drishti::testing {
namespace {

/// A response about LEAF of ISSUER with STATUS, signed by SIGNER.
std::string ocsp_response(const TestCertificate& leaf, const TestCertificate& issuer, const TestCertificate& signer, int status) {
  OCSP_BASICRESP* basic = OCSP_BASICRESP_new();
  OCSP_CERTID* id = OCSP_cert_to_id(nullptr, leaf.x509(), issuer.x509());
  ASN1_TIME* now = X509_gmtime_adj(nullptr, -60);
  ASN1_TIME* next = X509_gmtime_adj(nullptr, 3600);
  OCSP_basic_add1_status(basic, id, status, OCSP_REVOKED_STATUS_NOSTATUS, status == V_OCSP_CERTSTATUS_REVOKED ? now : nullptr, now, next);
  OCSP_basic_sign(basic, signer.x509(), signer.key(), EVP_sha256(), nullptr, 0);
  OCSP_RESPONSE* response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
  unsigned char* bytes = nullptr;
  const int size = i2d_OCSP_RESPONSE(response, &bytes);
  std::string der(bytes, bytes + size);
  OPENSSL_free(bytes);
  OCSP_RESPONSE_free(response);
  ASN1_TIME_free(now);
  ASN1_TIME_free(next);
  OCSP_CERTID_free(id);
  OCSP_BASICRESP_free(basic);
  return der;
}

struct Stapling : ::testing::Test {
  std::string answer;
  FakeUpstream responder{[this](const UpstreamRequest&) { return Actions{Action::send(ok_response(answer)), Action::close()}; }};
  TlsFolder files;
  const TestCertificate& leaf =
      files.add(CertificateWish{.name = "localhost", .ocsp_url = "http://" + responder.address() + "/ocsp"}, "localhost");
  const std::string config = tls_config(files.server(
      "localhost", "ssl_stapling on; ssl_trusted_certificate " + files.file("root.pem") + "; return 200 ok;"));
  static std::string staple_of(const ProxyUnderTest& proxy) { return TlsClient(proxy.port(), {.wants_staple = true}).staple(); }
};

TEST_F(Stapling, SendsWhatTheResponderOfTheCertificateSays) {
  answer = ocsp_response(leaf, files.root, files.root, V_OCSP_CERTSTATUS_GOOD);
  ProxyUnderTest proxy(config);
  ASSERT_TRUE(proxy.wait_for_log("is stapled", std::chrono::seconds(10))) << proxy.error_log();
  EXPECT_EQ(staple_of(proxy), answer);
  EXPECT_EQ(TlsClient(proxy.port()).staple(), "") << "nobody gets it who did not ask";
}

TEST_F(Stapling, KeepsToItselfWhatIsNotGoodOrNotSignedByTheIssuer) {
  const TestCertificate stranger(CertificateWish{.name = "test root", .authority = true});
  const std::pair<std::string, std::string> cases[] = {
      {ocsp_response(leaf, files.root, files.root, V_OCSP_CERTSTATUS_REVOKED), "certificate status \"revoked\""},
      {ocsp_response(leaf, files.root, stranger, V_OCSP_CERTSTATUS_GOOD), "OCSP_basic_verify() failed"},
      {ocsp_response(stranger, files.root, files.root, V_OCSP_CERTSTATUS_GOOD), "certificate status not found"},
      {"no response at all", "d2i_OCSP_RESPONSE() failed"}};
  for (const auto& [response, reason] : cases) {
    answer = response;
    ProxyUnderTest proxy(config);
    ASSERT_TRUE(proxy.wait_for_log(reason, std::chrono::seconds(10))) << reason << proxy.error_log();
    EXPECT_EQ(staple_of(proxy), "") << reason;
  }
}

TEST_F(Stapling, SendsWhatStandsInAFile) {
  answer = ocsp_response(leaf, files.root, files.root, V_OCSP_CERTSTATUS_GOOD);
  write_file(files.file("staple"), answer);
  ProxyUnderTest proxy(tls_config(files.server(
      "localhost", "ssl_stapling on; ssl_stapling_file " + files.file("staple") + "; return 200 ok;")));
  EXPECT_EQ(staple_of(proxy), answer);
}

TEST_F(Stapling, IsIgnoredWithAWarningWhereThereIsNobodyToAsk) {
  ProxyUnderTest proxy(tls_config(files.server("plain.test", "ssl_stapling on; return 200 ok;")));
  EXPECT_TRUE(proxy.wait_for_log("\"ssl_stapling\" ignored, issuer certificate not found for certificate \"" + files.file("plain.test.pem")));
}

}  // namespace
}  // namespace drishti::testing
