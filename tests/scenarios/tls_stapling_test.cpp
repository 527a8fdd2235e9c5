// ssl_stapling: what a responder says goes to clients with the certificate, if it is good.
#include <gtest/gtest.h>
#include <openssl/ocsp.h>

#include <fstream>
#include <memory>

#include "tests/scenarios/tls_support.hpp"
#include "tests/support/patience.hpp"
#include "tests/support/tool_process.hpp"

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
  ASSERT_TRUE(proxy.wait_for_log("is stapled")) << proxy.error_log();
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
    ASSERT_TRUE(proxy.wait_for_log(reason)) << reason << proxy.error_log();
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

/// `openssl ocsp` that answers for certificates of ROOT, each of which it calls good or revoked.
class OpensslResponder {
 public:
  OpensslResponder(const TlsFolder& files, const TestCertificate& leaf, char verdict) : log_(files.file("responder.log")) {
    write_file(files.file("root.key"), files.root.key_pem());
    BIGNUM* number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(leaf.x509()), nullptr);
    char* serial = BN_bn2hex(number);
    const std::string revoked_at = verdict == 'R' ? "250101000000Z" : "";
    write_file(files.file("index.txt"), std::string(1, verdict) + "\t490101000000Z\t" + revoked_at + "\t" + serial + "\tunknown\t/CN=x\n");
    OPENSSL_free(serial);
    BN_free(number);
    process_ = std::make_unique<ToolProcess>(
        std::vector<std::string>{program, "ocsp", "-port", "0", "-index", files.file("index.txt"), "-CA", files.file("root.pem"),
                                 "-rsigner", files.file("root.pem"), "-rkey", files.file("root.key"), "-nmin", "5"}, log_);
  }
  static constexpr const char* program = "/usr/bin/openssl";
  /// Its URL, once it listens ("ACCEPT [::]:PORT PID=..."); "" when it does not.
  std::string url() const {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < end) {
      std::ifstream in(log_);
      std::string line;
      std::getline(in, line);
      const auto begin = line.find("]:"), space = line.find(" PID");
      if (begin != line.npos && space != line.npos) return "http://127.0.0.1:" + line.substr(begin + 2, space - begin - 2);
    }
    return {};
  }

 private:
  std::string log_;
  std::unique_ptr<ToolProcess> process_;
};

TEST_F(Stapling, AsksTheResponderOfTheConfigurationInsteadOfTheCertificates) {
  if (!installed(OpensslResponder::program)) GTEST_SKIP() << "no openssl";
  const auto config_with = [&](const std::string& url) {
    return tls_config(files.server("localhost", "ssl_stapling on; ssl_stapling_responder " + url + "; ssl_trusted_certificate " +
                                                    files.file("root.pem") + "; return 200 ok;"));
  };
  {
    const OpensslResponder good(files, leaf, 'V');
    ProxyUnderTest proxy(config_with(good.url()));
    ASSERT_TRUE(proxy.wait_for_log("is stapled")) << proxy.error_log();
    EXPECT_NE(staple_of(proxy), "");
  }
  const OpensslResponder bad(files, leaf, 'R');
  ProxyUnderTest proxy(config_with(bad.url()));
  ASSERT_TRUE(proxy.wait_for_log("certificate status \"revoked\"")) << proxy.error_log();
  EXPECT_EQ(staple_of(proxy), "");
  EXPECT_TRUE(responder.requests().empty()) << "the one that the certificate names";
}

TEST_F(Stapling, NeedsNoResponderInTheCertificateWhereTheConfigurationNamesOne) {
  const TestCertificate& mute = files.add("mute.test");
  answer = ocsp_response(mute, files.root, files.root, V_OCSP_CERTSTATUS_GOOD);
  ProxyUnderTest proxy(tls_config(
      files.server("mute.test", "ssl_stapling on; ssl_stapling_responder http://" + responder.address() + "/a; "
                                "ssl_trusted_certificate " + files.file("root.pem") + "; return 200 ok;")));
  ASSERT_TRUE(proxy.wait_for_log("is stapled")) << proxy.error_log();
  EXPECT_EQ(staple_of(proxy), answer);
  EXPECT_EQ(responder.requests()[0].line().substr(0, 7), "GET /a/");
}

TEST_F(Stapling, IsIgnoredWithAWarningWhereTheUrlOfTheResponderIsNotPlainHttp) {
  ProxyUnderTest proxy(tls_config(files.server("localhost", "ssl_stapling on; ssl_stapling_responder https://127.0.0.1:1/; "
                                  "ssl_trusted_certificate " + files.file("root.pem") + "; return 200 ok;")));
  EXPECT_TRUE(proxy.wait_for_log("\"ssl_stapling\" ignored, invalid URL prefix in OCSP responder \"https://127.0.0.1:1/\""));
}

TEST_F(Stapling, IsIgnoredWithAWarningWhereThereIsNobodyToAsk) {
  ProxyUnderTest proxy(tls_config(files.server("plain.test", "ssl_stapling on; return 200 ok;")));
  EXPECT_TRUE(proxy.wait_for_log("\"ssl_stapling\" ignored, issuer certificate not found for certificate \"" + files.file("plain.test.pem")));
}

}  // namespace
}  // namespace drishti::testing
