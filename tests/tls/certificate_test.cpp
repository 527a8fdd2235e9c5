#include "tls/certificate.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/test_certificates.hpp"
#include "tls/certificate_cache.hpp"

namespace drishti::tls {
namespace {

using std::chrono::seconds;
using testing::CertificateWish;
using testing::TestCertificate;
using testing::write_file;

class CertificateFiles : public ::testing::Test {
 protected:
  CertificateFiles() {
    char name[] = "/tmp/drishti-certificates-XXXXXX";
    directory_ = ::mkdtemp(name);
  }
  ~CertificateFiles() override { std::filesystem::remove_all(directory_); }
  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  std::string failure(const std::string& pem, const std::string& key, const std::string& passphrases = {}) const {
    try {
      const Passphrases known(passphrases);
      load_certificate(path(pem), path(key), known);
      return {};
    } catch (const TlsError& error) {
      return error.what();
    }
  }
  const Passphrases none_{""};
  std::string directory_;
};

TEST_F(CertificateFiles, AreReadWithTheirChain) {
  const TestCertificate root(CertificateWish{.name = "root", .authority = true});
  const TestCertificate leaf(CertificateWish{.name = "a.test", .names = {"a.test", "*.b.test"}}, root);
  leaf.write(directory_, "a", root.pem());
  const Certificate loaded = load_certificate(path("a.pem"), path("a.key"), none_);
  EXPECT_EQ(loaded.chain.size(), 1u);
  const CertificateInfo info = describe(loaded);
  EXPECT_EQ(info.subject, "CN=a.test");
  EXPECT_EQ(info.issuer, "CN=root");
  EXPECT_EQ(info.names, (std::vector<std::string>{"a.test", "*.b.test", "127.0.0.1"}));
  EXPECT_EQ(info.key_type, "EC 256");
  EXPECT_EQ(info.not_after - info.not_before, 86400 + 3600);
  EXPECT_EQ(info.fingerprint.size(), 64u);
}

TEST_F(CertificateFiles, ThatCannotBeUsedAreNamed) {
  const TestCertificate a(CertificateWish{.name = "a.test"}), b(CertificateWish{.name = "b.test"});
  a.write(directory_, "a");
  b.write(directory_, "b");
  write_file(path("half.pem"), a.pem().substr(0, 200));
  write_file(path("half.key"), a.key_pem().substr(0, 100));
  EXPECT_TRUE(failure("no.pem", "a.key").starts_with("cannot load certificate \"" + path("no.pem") + "\": BIO_new_file() failed (SSL: "));
  EXPECT_TRUE(failure("half.pem", "a.key").starts_with("cannot load certificate \"" + path("half.pem") + "\": PEM_read_bio_X509_AUX() failed"));
  EXPECT_TRUE(failure("a.pem", "half.key").starts_with("cannot load certificate key \"" + path("half.key") + "\": PEM_read_bio_PrivateKey() failed"));
  const std::string mismatch = failure("a.pem", "b.key");
  EXPECT_TRUE(mismatch.starts_with("SSL_CTX_use_PrivateKey(\"" + path("b.key") + "\") failed"));
  EXPECT_NE(mismatch.find("key values mismatch"), std::string::npos) << mismatch;
}

TEST_F(CertificateFiles, OfAChainWithoutEndAreRefused) {
  const TestCertificate a(CertificateWish{.name = "a.test"});
  std::string chain;
  for (int i = 0; i < 40; ++i) chain += a.pem();
  a.write(directory_, "a", chain);
  EXPECT_NE(failure("a.pem", "a.key").find("more than 32 certificates"), std::string::npos);
}

TEST_F(CertificateFiles, WithAPassphraseNeedTheRightOneAndAskNobody) {
  const TestCertificate a(CertificateWish{.name = "a.test"});
  write_file(path("a.pem"), a.pem());
  write_file(path("a.key"), a.key_pem("open sesame"));
  write_file(path("words"), "wrong\nopen sesame\n");
  write_file(path("wrong"), "wrong\n");
  EXPECT_NE(failure("a.pem", "a.key"), "");
  EXPECT_NE(failure("a.pem", "a.key", path("wrong")), "");
  EXPECT_EQ(failure("a.pem", "a.key", path("words")), "");
  EXPECT_TRUE(failure("a.pem", "a.key", path("none")).starts_with("open() \"" + path("none") + "\" failed (2: "));
}

TEST_F(CertificateFiles, AreKeptForAWhileAndNeverTooMany) {
  const TestCertificate a(CertificateWish{.name = "a.test"});
  for (const char* name : {"a", "b", "c"}) a.write(directory_, name);
  CertificateCache cache({2, seconds(60), seconds(30)});
  std::string error;
  const auto start = CertificateCache::Clock::now();
  const auto get = [&](const std::string& name, int after) {
    return cache.get(path(name + ".pem"), path(name + ".key"), none_, error, start + seconds(after));
  };
  const auto first = get("a", 0);
  ASSERT_TRUE(first) << error;
  EXPECT_EQ(get("a", 29), first);
  EXPECT_NE(get("a", 31), first);
  get("b", 32);
  get("c", 33);
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_FALSE(get("d", 34));
  EXPECT_NE(error.find("d.pem"), std::string::npos);
  EXPECT_EQ(cache.size(), 2u);
}

}  // namespace
}  // namespace drishti::tls
