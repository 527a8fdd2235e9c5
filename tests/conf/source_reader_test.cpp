#include "conf/source_reader.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "conf/readers.hpp"

namespace drishti::conf {
namespace {

namespace fs = std::filesystem;

class Include : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/drishti-include-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern), nullptr);
    dir_ = std::string(pattern) + "/";
  }
  void TearDown() override { fs::remove_all(dir_); }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories(fs::path(dir_ + name).parent_path());
    std::ofstream(dir_ + name) << text;
  }

  DirectiveTree read(const std::string& name) const { return read_config_file(dir_ + name); }
  std::string nginx_of(const std::string& name) const { return write_nginx(read(name).directives); }
  std::string error_of(const std::string& name) const {
    try {
      read(name);
    } catch (const ConfigError& error) {
      return error.text();
    }
    return "accepted";
  }

  std::string dir_;
};

TEST_F(Include, PutsTheFilesContentsInItsPlaceAtAnyLevel) {
  write("nginx.conf", "a;\nhttp {\n  b;\n  include conf.d/*.conf;\n  types { include types.inc; }\n}\nc;\n");
  write("conf.d/2.conf", "two;");
  write("conf.d/1.conf", "one { include deep/x.inc; }");
  write("conf.d/3.txt", "never;");
  write("deep/x.inc", "x;");  // relative to the main file, not to the file that includes it
  write("types.inc", "text/html html;");
  EXPECT_EQ(nginx_of("nginx.conf"),
            "a;\nhttp {\n    b;\n    one {\n        x;\n    }\n    two;\n    types {\n        text/html html;\n    }\n}\nc;\n");
}

TEST_F(Include, PointsAtTheFileThatHoldsTheDirective) {
  write("nginx.conf", "include a.inc;\n");
  write("a.inc", "\n\nx;\n");
  EXPECT_EQ(read("nginx.conf").directives.at(0).where.text(), dir_ + "a.inc:3");
  write("a.inc", "x;\n}\n");
  EXPECT_EQ(error_of("nginx.conf"), "unexpected \"}\" in " + dir_ + "a.inc:2");
}

TEST_F(Include, KeepsEveryFileOnce) {
  write("nginx.conf", "include a.inc; include a.inc; b { include a.inc; }");
  write("a.inc", "x;");
  const DirectiveTree tree = read("nginx.conf");
  EXPECT_EQ(tree.directives.size(), 3u);
  ASSERT_EQ(tree.files.size(), 2u);
  EXPECT_EQ(tree.files[0].path, dir_ + "nginx.conf");
  EXPECT_EQ(tree.files[1].path, dir_ + "a.inc");
  EXPECT_EQ(tree.files[1].content, "x;");
}

TEST_F(Include, NeedsAFileButNotAMatch) {
  write("nginx.conf", "include none/*.conf;\na;\n");
  EXPECT_EQ(nginx_of("nginx.conf"), "a;\n");
  write("nginx.conf", "\ninclude none.conf;\n");
  EXPECT_EQ(error_of("nginx.conf"),
            "open() \"" + dir_ + "none.conf\" failed (2: No such file or directory) in " + dir_ + "nginx.conf:2");
  EXPECT_EQ(error_of("no.conf"), "open() \"" + dir_ + "no.conf\" failed (2: No such file or directory)");
}

TEST_F(Include, ReadsOnlyRegularFilesAndDevNull) {
  write("nginx.conf", "include sub;");
  fs::create_directory(dir_ + "sub");
  EXPECT_EQ(error_of("nginx.conf"), "pread() \"" + dir_ + "sub\" failed (21: Is a directory) in " + dir_ + "nginx.conf:1");
  write("nginx.conf", "include pipe;");
  ASSERT_EQ(::mkfifo((dir_ + "pipe").c_str(), 0600), 0);
  EXPECT_EQ(error_of("nginx.conf"), "\"" + dir_ + "pipe\" is not a regular file in " + dir_ + "nginx.conf:1");
  write("nginx.conf", "include /dev/zero;");
  EXPECT_EQ(error_of("nginx.conf"), "\"/dev/zero\" is not a regular file in " + dir_ + "nginx.conf:1");
  write("nginx.conf", "include /dev/null; a;");
  EXPECT_EQ(nginx_of("nginx.conf"), "a;\n");
}

TEST_F(Include, EndsInLoopsAndInDepth) {
  write("nginx.conf", "include a.inc;");
  write("a.inc", "b {\n include nginx.conf; }");
  EXPECT_EQ(error_of("nginx.conf"), "include loop: \"" + dir_ + "nginx.conf\" includes itself in " + dir_ + "a.inc:2");

  for (int i = 0; i < 20; ++i) write(std::to_string(i) + ".conf", "include " + std::to_string(i + 1) + ".conf;");
  EXPECT_EQ(error_of("0.conf"), "files are included deeper than 16 levels in " + dir_ + "16.conf:1");
  write("16.conf", "a;");
  EXPECT_EQ(nginx_of("0.conf"), "a;\n");
}

TEST_F(Include, CountsTextAsOftenAsItIsRead) {
  std::string text = "include big.inc;";
  for (int i = 0; i < 5; ++i) text += text;
  write("nginx.conf", text);
  write("big.inc", "#" + std::string(1u << 20, 'x'));
  EXPECT_EQ(error_of("nginx.conf"), "the configuration is larger than 10485760 bytes in " + dir_ + "big.inc");
  write("huge.conf", "#" + std::string(11u << 20, 'x'));
  EXPECT_EQ(error_of("huge.conf"), "\"" + dir_ + "huge.conf\" is too large for a configuration file");
}

TEST_F(Include, LetsYamlReadBothSyntaxesButNginxConfOnlyItsOwn) {
  write("main.yaml", "http:\n  include: [more.yml, types.inc]\n  a: b\n");
  write("more.yml", "x: [y, z]\n");
  write("types.inc", "types { text/html html; }");
  EXPECT_EQ(nginx_of("main.yaml"), "http {\n    x y;\n    x z;\n    types {\n        text/html html;\n    }\n    a b;\n}\n");
  EXPECT_EQ(read("main.yaml").directives.at(0).children.at(1).where.text(), dir_ + "more.yml:1: x[1]");
  write("nginx.conf", "a;\ninclude more.yml;");
  EXPECT_EQ(error_of("nginx.conf"), "\"" + dir_ + "more.yml\" is a YAML file: a file in nginx.conf syntax cannot include it in " +
                                        dir_ + "nginx.conf:2");
}

TEST_F(Include, OfTextIsResolvedAgainstTheGivenFolder) {
  write("a.inc", "x;");
  EXPECT_EQ(write_nginx(read_nginx_text("include a.inc;", "text", dir_).directives), "x;\n");
  EXPECT_EQ(write_nginx(read_yaml_text("include: a.inc", "text", fs::path(dir_).parent_path().string()).directives), "x;\n");
}

TEST(ConfigErrorText, LeavesOutWhatIsNotKnown) {
  const auto file = std::make_shared<const std::string>("f.yaml");
  EXPECT_EQ(ConfigError("bad", Where{}).text(), "bad");
  EXPECT_EQ(ConfigError("bad", Where{file, 0, {}}).text(), "bad in f.yaml");
  EXPECT_EQ(ConfigError("bad", Where{file, 3, {}}).text(), "bad in f.yaml:3");
  EXPECT_EQ(ConfigError("bad", Where{file, 3, "http.server"}).text(), "bad in f.yaml:3: http.server");
}

}  // namespace
}  // namespace drishti::conf
