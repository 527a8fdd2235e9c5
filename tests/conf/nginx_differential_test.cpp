// The same broken files to `nginx -t` and to our reader: same reason, same line. Skipped where nginx is not installed.

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "conf/readers.hpp"

namespace drishti::conf {
namespace {

namespace fs = std::filesystem;

class NginxDifferential : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::access("/usr/sbin/nginx", X_OK) != 0) GTEST_SKIP() << "nginx is not installed";
    char pattern[] = "/tmp/drishti-grammar-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern), nullptr);
    dir_ = pattern;
  }
  void TearDown() override {
    if (!dir_.empty()) fs::remove_all(dir_);
  }

  std::string path(const std::string& name) const { return dir_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path(name)) << text; }

  /// What follows `nginx: [emerg] ` in nginx's words, or "accepted".
  std::string nginx_says() const {
    const std::string command = "/usr/sbin/nginx -t -p " + dir_ + " -e " + path("error.log") + " -c " +
                                path("nginx.conf") + " -g 'pid " + path("pid") + ";' 2>&1";
    FILE* pipe = ::popen(command.c_str(), "r");
    std::string out;
    char buffer[4096];
    for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, n);
    ::pclose(pipe);
    const std::string marker = "nginx: [emerg] ";
    const std::size_t start = out.find(marker);
    if (start == std::string::npos) return out.find("test is successful") != std::string::npos ? "accepted" : out;
    return out.substr(start + marker.size(), out.find('\n', start) - start - marker.size());
  }

  std::string we_say() const {
    try {
      read_nginx_file(path("nginx.conf"));
      return "accepted";
    } catch (const ConfigError& error) {
      return error.text();
    }
  }

  std::string dir_;
};

TEST_F(NginxDifferential, GivesTheSameReasonAndLineForBrokenFiles) {
  write("bad_brace.inc", "env A;\n}\n");
  write("open_block.inc", "\nevents {\n");
  write("unfinished.inc", "env A");
  const std::string comment(3000, 'c');
  const std::string texts[] = {
      "events {}\n;\n",
      "events {}\n{\n",
      "events {}\n}\n",
      "events {\n",
      "events {\n\n",
      "events {}\nuser",
      "events {}\nuser ",
      "events {}\nuser www-data\n",
      "events {}\n# only a comment",
      "events { worker_connections 10 }\n",
      "events { worker_connections 10\n}\n",
      "events {}\nenv \"A\"B;\n",
      "events {}\nenv 'A'B;\n",
      "events {}\nenv 'A'}\n",
      "events {}\nenv 'A'#x\n;\n",
      "events {}\nenv 'A'\"B\";\n",
      "events {}\nenv 'A\n\n",
      "events {}\nenv \"A\n;\n}\n",
      "events {}\nenv A\\",
      "events {}\nenv 'A\\';\n",
      "events {}\nenv ${A;\n}\n",
      "events {}\nenv A\\;\n",
      "env A{;\nevents{}\n",
      "events {};\n",
      "events {}}\n",
      "\"events\" {}\n 'env' \"A\";\n",
      "events\n{}\nenv\nA\n;\n",
      "# " + comment + "\nevents {}\nenv A;\n}\n",
      "events {}\nenv " + std::string(10000, 'y') + ";\n",
      "events {}\n\nenv '" + std::string(10000, 'y') + "\n",
      "events {}\n\nenv \"" + std::string(10000, '\n') + "\n",
      "events {}\ninclude missing.inc;\n",
      "events {}\ninclude missing_*.inc;\n",
      "events {}\ninclude bad_brace.inc;\n",
      "events {}\ninclude bad_*.inc;\n",
      "include open_block.inc;\n}\n",
      "events {}\n\ninclude unfinished.inc;\n",
      "events {}\ninclude;\n",
      "events {}\ninclude a b;\n",
      "events {}\ninclude a {}\n",
      "events {}\r\nenv A;\r\n}\r\n",
      "",
      "events {}",
  };
  for (const std::string& text : texts) {
    write("nginx.conf", text);
    std::string nginx = nginx_says();
    // Whether `events` must be there, and what stands in which block, is the analyser's to say.
    if (nginx.starts_with("no \"events\" section")) nginx = "accepted";
    if (nginx.starts_with("directive \"env\" is not terminated")) continue;
    EXPECT_EQ(we_say(), nginx) << text.substr(0, 80);
  }
}

TEST_F(NginxDifferential, ReadsWordsAsNginxDoes) {
  // `return` with a text shows nginx's reading of a word only at run time; an unknown directive shows it in the message.
  const char* names[] = {R"("a b")", R"(a\"b)", R"('a\'b')", R"(a\\b)", R"(a\tb)", R"("a\nb")", R"(a\.b)", R"(\d+)",
                         R"(a'b"c)", R"(${a}b)", R"(a#b)", R"("")", R"(a\ b)", R"(a\;b)", R"(x\\\"y)"};
  for (const std::string name : names) {
    write("nginx.conf", "events {}\n" + name + " x;\n");
    const DirectiveTree tree = read_nginx_file(path("nginx.conf"));
    const std::string shown = nginx_says();
    const std::string read = "unknown directive \"" + tree.directives.at(1).name + "\" in " + path("nginx.conf") + ":2";
    // nginx's message ends at a line feed in the name.
    EXPECT_TRUE(read == shown || read.starts_with(shown)) << read << "\n" << shown;
  }
}

}  // namespace
}  // namespace drishti::conf
