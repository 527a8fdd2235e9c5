// Configurations in the style of what people run: each is understood, and means the same in both syntaxes.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "analyser_support.hpp"
#include "conf/model_text.hpp"

namespace drishti::conf {
namespace {

const std::filesystem::path corpus = DRISHTI_SOURCE_DIR "/tests/conf/corpus";

std::vector<std::string> corpus_files() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(corpus))
    if (entry.path().extension() == ".conf") files.push_back(entry.path().filename());
  std::sort(files.begin(), files.end());
  return files;
}

class Corpus : public testing::TestWithParam<std::string> {};

TEST_P(Corpus, IsUnderstood) {
  try {
    load_config(corpus / GetParam(), test_options());
  } catch (const ConfigError& error) {
    FAIL() << error.text();
  }
}

TEST_P(Corpus, MeansTheSameThroughYamlAndBack) {
  const auto tree = read_nginx_file(corpus / GetParam());
  const auto yaml = read_yaml_text(write_yaml(tree.directives), "corpus.yaml", corpus);
  const auto back = read_nginx_text(write_nginx(yaml.directives), "corpus.conf", corpus);
  const std::string expected = model_text(*analyse(tree, test_options()));
  EXPECT_GT(expected.size(), 1000u);
  EXPECT_EQ(model_text(*analyse(yaml, test_options())), expected);
  EXPECT_EQ(model_text(*analyse(back, test_options())), expected);
}

INSTANTIATE_TEST_SUITE_P(Files, Corpus, testing::ValuesIn(corpus_files()), [](const auto& file) {
  std::string name = file.param.substr(0, file.param.find('.'));
  std::replace_if(name.begin(), name.end(), [](char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});

TEST(ModelText, TellsDifferentConfigurationsApart) {
  const auto text = [](const std::string& server) {
    return model_text(*analyse_text("http { server { " + server + " } }"));
  };
  const std::string plain = text("listen 80;");
  EXPECT_EQ(plain, text("listen *:80 ;"));
  for (const std::string other : {"listen 81;", "listen 80; server_name a;", "listen 80; sendfile off;",
                                  "listen 80; location / { }", "listen 80; return 200;", "listen 80; add_header a b;",
                                  "listen 80; proxy_read_timeout 1s;"})
    EXPECT_NE(plain, text(other)) << other;
}

}  // namespace
}  // namespace drishti::conf
