// Hundreds of small configurations, right and wrong, against what nginx says about them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "analyser_support.hpp"

namespace drishti::conf {
namespace {

struct Verdict {
  std::string text, nginx, drishti;
};

std::vector<Verdict> read_verdicts() {
  std::ifstream file(DRISHTI_SOURCE_DIR "/tests/conf/nginx_verdicts.txt");
  const std::string nginx = "  nginx: ", drishti = "  drishti: ";
  std::vector<Verdict> verdicts;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    if (line.starts_with(nginx)) {
      verdicts.back().nginx = verdicts.back().drishti = line.substr(nginx.size());
    } else if (line.starts_with(drishti)) {
      verdicts.back().drishti = line.substr(drishti.size());
    } else {
      verdicts.push_back({line, "", ""});
    }
  }
  return verdicts;
}

std::string our_verdict(const std::string& text) {
  try {
    const auto config = analyse(read_nginx_text(text, "t.conf"), test_options());
    std::string verdict = "ok";
    for (const auto& notice : config->notices)
      if (notice.level == Notice::Level::warn) verdict += " [warn] " + notice.text + " in " + notice.where.text();
    return verdict;
  } catch (const ConfigError& error) {
    return error.text();
  }
}

// A folder with a t.conf that `nginx -t` can be run on.
class NginxFolder {
 public:
  NginxFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "drishti-verdicts-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    std::filesystem::create_directory(folder_ / "logs");
  }
  ~NginxFolder() { std::filesystem::remove_all(folder_); }
  NginxFolder(const NginxFolder&) = delete;
  NginxFolder& operator=(const NginxFolder&) = delete;

  std::string verdict(const std::string& text) const {
    std::ofstream(folder_ / "t.conf") << text << (text.find("events") == std::string::npos ? " events { }" : "");
    return summary(run("nginx -t -p " + folder_.string() + " -c t.conf -e stderr -g 'pid logs/pid;' 2>&1"));
  }

 private:
  static std::string run(const std::string& command) {
    std::string output;
    FILE* pipe = popen(command.c_str(), "r");
    char buffer[4096];
    while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) output += buffer;
    pclose(pipe);
    return output;
  }

  // The first error, or `ok` and the warnings.
  std::string summary(std::string output) const {
    static const std::regex entry(R"(\[(emerg|warn)\] (\d+#\d+: )?([^\n]*))");
    std::string warnings;
    for (std::sregex_iterator i(output.begin(), output.end(), entry), end; i != end; ++i) {
      std::string text = (*i)[3];
      const auto path = text.find(folder_.string() + "/t.conf");
      if (path != std::string::npos) text.erase(path, folder_.string().size() + 1);
      if ((*i)[1] == "emerg") return text;
      warnings += " [warn] " + text;
    }
    return "ok" + warnings;
  }

  std::filesystem::path folder_;
};

TEST(Verdicts, AreNginxsInWordsAndPlace) {
  const auto verdicts = read_verdicts();
  ASSERT_GT(verdicts.size(), 300u);
  for (const auto& verdict : verdicts) EXPECT_EQ(our_verdict(verdict.text), verdict.drishti) << verdict.text;
}

TEST(Verdicts, AreThoseOfTheInstalledNginx) {
  if (!std::filesystem::exists("/usr/sbin/nginx") || geteuid() != 0) GTEST_SKIP() << "needs nginx, and root to run it";
  const NginxFolder nginx;
  for (const auto& verdict : read_verdicts()) EXPECT_EQ(nginx.verdict(verdict.text), verdict.nginx) << verdict.text;
}

TEST(Verdicts, NameTheLineOfTheDirective) {
  EXPECT_EQ(error_of("http {\n  server {\n    listen 80;\n    sendfile maybe;\n  }\n}"),
            "invalid value \"maybe\" in \"sendfile\" directive, it must be \"on\" or \"off\" in test.conf:4");
}

TEST(Verdicts, NameTheEndOfABlockForWhatIsMissingInIt) {
  EXPECT_EQ(error_of("http {\n  upstream a {\n    least_conn;\n  }\n}"),
            "no servers are inside upstream in test.conf:4");
}

TEST(Verdicts, UnknownDirectivesAreCorrected) {
  EXPECT_EQ(error_in_http("upsteam a { server 127.0.0.1; }"),
            "unknown directive \"upsteam\" (did you mean \"upstream\"?) in test.conf:1");
  EXPECT_EQ(error_in_location("proxy_pas http://127.0.0.1;"),
            "unknown directive \"proxy_pas\" (did you mean \"proxy_pass\"?) in test.conf:1");
}

TEST(Verdicts, WhatNginxHasAndDrishtiHasNotIsNamed) {
  for (const std::string name : {"zstd_dict_file", "ssl_ocsp", "limit_req", "allow", "fastcgi_cache_path", "userid",
                                 "fastcgi_pass", "least_time", "sub_filter", "auth_basic"})
    EXPECT_EQ(error_in_http(name + " x;"),
              "directive \"" + name + "\" is not implemented by drishti yet in test.conf:1");
  EXPECT_EQ(error_of("stream { }"), "directive \"stream\" is not implemented by drishti yet in test.conf:1");
  EXPECT_EQ(error_in_server("listen 443 quic;"),
            "parameter \"quic\" of the \"listen\" directive is not implemented by drishti yet in test.conf:1");
  EXPECT_EQ(error_in_location("return 200 $geoip_city;"),
            "\"geoip_city\" variable is not implemented by drishti yet in test.conf:1");
}

}  // namespace
}  // namespace drishti::conf
