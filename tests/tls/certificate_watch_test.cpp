#include "tls/certificate_watch.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "conf/analyser.hpp"
#include "conf/readers.hpp"
#include "tests/support/test_certificates.hpp"

namespace drishti::tls {
namespace {

using testing::write_file;

class CertificateWatchTest : public ::testing::Test {
 protected:
  CertificateWatchTest() {
    char name[] = "/tmp/drishti-watch-XXXXXX";
    directory_ = ::mkdtemp(name);
    write_file(directory_ + "/a.pem", "one");
    write_file(directory_ + "/a.key", "one");
    const std::string pair = "ssl_certificate a.pem; ssl_certificate_key a.key;";
    conf::AnalyserOptions options;
    options.prefix = directory_ + "/";
    options.conf_path = directory_ + "/t.conf";
    config_ = conf::analyse(
        conf::read_nginx_text("http { server { ssl_certificate_watch on; " + pair + " } server { listen 81; ssl_certificate b.pem; "
                              "ssl_certificate_key b.key; } }", "t.conf"),
        options);
    watch_.follow(*config_);
  }
  ~CertificateWatchTest() override { std::filesystem::remove_all(directory_); }
  std::string directory_;
  std::shared_ptr<const conf::Config> config_;
  CertificateWatch watch_;
};

TEST_F(CertificateWatchTest, SeesNothingWhileNothingChanges) {
  EXPECT_FALSE(watch_.is_empty());
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(watch_.changed());
}

TEST_F(CertificateWatchTest, WaitsUntilWhatChangedStaysAsItIs) {
  write_file(directory_ + "/a.pem", "half");
  EXPECT_FALSE(watch_.changed());
  write_file(directory_ + "/a.pem", "half and half");
  EXPECT_FALSE(watch_.changed());
  write_file(directory_ + "/a.key", "another");
  EXPECT_FALSE(watch_.changed());
  EXPECT_TRUE(watch_.changed());
  EXPECT_FALSE(watch_.changed());
}

TEST_F(CertificateWatchTest, SeesAFileThatAnotherWasRenamedTo) {
  write_file(directory_ + "/new", "one");
  std::filesystem::rename(directory_ + "/new", directory_ + "/a.pem");
  EXPECT_FALSE(watch_.changed());
  EXPECT_TRUE(watch_.changed());
}

TEST_F(CertificateWatchTest, SeesAFileThatWentAway) {
  std::filesystem::remove(directory_ + "/a.key");
  EXPECT_FALSE(watch_.changed());
  EXPECT_TRUE(watch_.changed());
}

TEST_F(CertificateWatchTest, DoesNotLookAtServersThatDidNotAskForIt) {
  write_file(directory_ + "/b.pem", "new");
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(watch_.changed());
}

}  // namespace
}  // namespace drishti::tls
