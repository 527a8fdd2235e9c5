// admin_listen, admin_token_file, admin_host.
#include <gtest/gtest.h>

#include "tests/conf/analyser_support.hpp"

namespace drishti::conf {
namespace {

AdminSettings admin_of(const std::string& text) { return analyse_text(text + " http { }")->main.admin; }

TEST(Admin, IsOffUnlessAskedFor) {
  EXPECT_FALSE(admin_of("").listen);
  EXPECT_FALSE(admin_of("admin_listen off;").listen);
}

TEST(Admin, APortAloneIsOfThisMachine) {
  for (const char* text : {"8081", "127.0.0.1:8081", "localhost:8081"}) {
    const AdminSettings admin = admin_of(std::string("admin_listen ") + text + ";");
    ASSERT_TRUE(admin.listen) << text;
    EXPECT_EQ(admin.listen->text(), "127.0.0.1:8081");
    EXPECT_TRUE(admin.is_local());
  }
  EXPECT_TRUE(admin_of("admin_listen [::1]:8081;").is_local());
  EXPECT_TRUE(admin_of("admin_listen unix:/run/admin.sock;").is_local());
}

TEST(Admin, OthersMayReachItOnlyWithAToken) {
  for (const char* text : {"*:8081", "0.0.0.0:8081", "[::]:8081", "10.0.0.1:8081"}) {
    const std::string listen = std::string("admin_listen ") + text + ";";
    EXPECT_THROW(admin_of(listen), ConfigError) << text;
    EXPECT_FALSE(admin_of("admin_token_file token; " + listen).is_local()) << text;
  }
}

TEST(Admin, PathsAndNamesAreCompleted) {
  const AdminSettings admin = admin_of("admin_listen 8081; admin_token_file token; admin_host Ops drishti; admin_host x.y;");
  EXPECT_TRUE(admin.token_file.starts_with('/')) << admin.token_file;
  EXPECT_EQ(admin.hosts, (std::vector<std::string>{"ops", "drishti", "x.y"}));
}

TEST(Admin, WhatIsNoAddressOrNameIsRefused) {
  for (const char* text : {"admin_listen 0;", "admin_listen example.com:80;", "admin_listen 1.2.3.4;", "admin_listen 80-82;",
                           "admin_listen 127.0.0.1:70000;", "admin_host a/b;", "admin_host 'a b';", "admin_listen 1 2;"})
    EXPECT_THROW(admin_of(text), ConfigError) << text;
}

TEST(Admin, SpeaksTlsWithACertificateOfItsOwn) {
  EXPECT_FALSE(admin_of("admin_listen 8081;").ssl);
  const AdminSettings admin = admin_of("admin_listen 8081 ssl; admin_ssl_certificate a.pem; admin_ssl_certificate_key /b.key;");
  EXPECT_TRUE(admin.ssl);
  EXPECT_TRUE(admin.certificate.starts_with('/') && admin.certificate.ends_with("/a.pem")) << admin.certificate;
  EXPECT_EQ(admin.certificate_key, "/b.key");
  for (const char* text : {"admin_listen 8081 ssl;", "admin_listen 8081 ssl; admin_ssl_certificate a.pem;",
                           "admin_listen 8081 ssl; admin_ssl_certificate_key a.key;", "admin_listen 8081 tls;"})
    EXPECT_THROW(admin_of(text), ConfigError) << text;
}

TEST(Admin, IsWrittenInYamlWithTheSameWords) {
  const auto tree = read_yaml_text("admin_listen: 8081\nadmin_host: [ops, drishti]\nhttp: {}\n", "test.yaml");
  const auto config = analyse(tree, test_options());
  EXPECT_EQ(config->main.admin.listen->port(), 8081);
  EXPECT_EQ(config->main.admin.hosts.size(), 2U);
}

}  // namespace
}  // namespace drishti::conf
