// Which folder may include which: the drishti_folder() lines of CMakeLists.txt are the rule, the sources are held to it.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace drishti::conf {
namespace {

namespace fs = std::filesystem;

struct Folder {
  std::string path;                       ///< `proxy/net`
  std::set<std::string> links, own_links;  ///< PUBLIC: for who links it, too; PRIVATE: for itself
};

/// By the name of the library: `drishti_net`.
using Folders = std::map<std::string, Folder>;

std::string text_of(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

Folders read_folders(const std::string& cmake) {
  Folders folders;
  static const std::regex line(R"((?:^|\n)drishti_folder\(([^)]*)\))");
  for (std::sregex_iterator match(cmake.begin(), cmake.end(), line), end; match != end; ++match) {
    std::istringstream words((*match)[1].str());
    Folder folder;
    words >> folder.path;
    std::set<std::string>* into = nullptr;
    for (std::string word; words >> word;) {
      if (word == "PUBLIC" || word == "PRIVATE") into = word == "PUBLIC" ? &folder.links : &folder.own_links;
      else if (into) into->insert(word);
    }
    folders["drishti_" + fs::path(folder.path).filename().string()] = folder;
  }
  return folders;
}

void collect_public_links(const Folders& folders, const std::set<std::string>& links, std::set<std::string>& all) {
  for (const std::string& library : links) {
    if (!all.insert(library).second) continue;
    if (const auto next = folders.find(library); next != folders.end())
      collect_public_links(folders, next->second.links, all);
  }
}

/// Everything that the sources of LIBRARY may include, without itself.
std::set<std::string> allowed_libraries(const Folders& folders, const std::string& library) {
  const Folder& folder = folders.at(library);
  std::set<std::string> all;
  collect_public_links(folders, folder.links, all);
  collect_public_links(folders, folder.own_links, all);
  return all;
}

/// The library that a header belongs to; "" for the system's and those that come with every part of Boost.
std::string library_of(const std::string& header, bool is_quoted) {
  static const std::pair<std::string_view, std::string_view> packages[] = {
      {"boost/asio", "drishti_asio"}, {"boost/beast", "drishti_beast"}, {"openssl/", "OpenSSL::Crypto"},
      {"ares", "PkgConfig::CARES"},   {"pcre2", "PkgConfig::PCRE2"},    {"yaml-cpp/", "yaml-cpp"},
      {"xxhash", "PkgConfig::XXHASH"}, {"hiredis/", "PkgConfig::HIREDIS"},
      {"prometheus/", "PkgConfig::PROMETHEUS_CPP"}};
  if (is_quoted) {
    const std::string path = header.starts_with("proxy/") ? header.substr(6) : header;
    return "drishti_" + fs::path(path).parent_path().filename().string();  // cache/redis/x.hpp: drishti_redis
  }
  for (const auto& [prefix, library] : packages)
    if (header.starts_with(prefix)) return std::string(library);
  return {};
}

/// `FILE:LINE: FOLDER may not include HEADER` for each include against the rule. FILE is only named.
std::vector<std::string> violations(const Folders& folders, const std::string& library, const std::string& file,
                                    const std::string& text) {
  static const std::regex include(R"re(^\s*#\s*include\s*(["<])([^">]+))re");
  const auto allowed = allowed_libraries(folders, library);
  std::vector<std::string> found;
  std::istringstream lines(text);
  int number = 1;
  for (std::string line; std::getline(lines, line); ++number) {
    std::smatch match;
    if (!std::regex_search(line, match, include)) continue;
    const std::string wanted = library_of(match[2], match[1] == "\"");
    if (wanted.empty() || wanted == library || allowed.contains(wanted)) continue;
    found.push_back(file + ":" + std::to_string(number) + ": " + folders.at(library).path + " may not include " +
                    match[2].str());
  }
  return found;
}

bool is_source(const fs::path& path) { return path.extension() == ".cpp" || path.extension() == ".hpp"; }

const fs::path root = DRISHTI_SOURCE_DIR;

Folders real_folders() { return read_folders(text_of(root / "CMakeLists.txt")); }

TEST(Layering, EveryIncludeIsAllowedByTheLinkList) {
  const Folders folders = real_folders();
  int files = 0;
  for (const auto& [library, folder] : folders) {
    if (!fs::exists(root / folder.path)) continue;
    for (const auto& entry : fs::directory_iterator(root / folder.path)) {
      if (!is_source(entry.path())) continue;
      ++files;
      const std::string name = folder.path + "/" + entry.path().filename().string();
      for (const auto& violation : violations(folders, library, name, text_of(entry.path()))) ADD_FAILURE() << violation;
    }
  }
  EXPECT_GT(files, 150);
}

TEST(Layering, EveryFolderOfSourcesHasItsLine) {
  std::set<std::string> known;
  for (const auto& [library, folder] : real_folders()) known.insert(folder.path);
  for (const auto& entry : fs::directory_iterator(root / "proxy"))
    EXPECT_TRUE(!entry.is_directory() || known.contains("proxy/" + entry.path().filename().string())) << entry.path();
  for (const char* folder : {"conf", "metrics", "metrics/scaling", "health", "cache", "cache/redis"}) EXPECT_TRUE(known.contains(folder)) << folder;
}

TEST(Layering, NoFolderReachesItself) {
  const Folders folders = real_folders();
  for (const auto& [library, folder] : folders)
    EXPECT_FALSE(allowed_libraries(folders, library).contains(library)) << folder.path;
}

TEST(Layering, FindsIncludesAgainstTheRule) {
  const Folders folders = read_folders(
      "drishti_folder(conf PUBLIC PRIVATE yaml-cpp)\n"
      "drishti_folder(proxy/net PUBLIC drishti_asio drishti_conf)\n"
      "drishti_folder(proxy/http PUBLIC drishti_net)\n");
  const auto in_http = violations(folders, "drishti_http", "proxy/http/uri.cpp",
                                  "#include \"http/uri.hpp\"\n#include \"conf/config.hpp\"\n#include <vector>\n"
                                  "#include \"server/worker.hpp\"\n#include <yaml-cpp/yaml.h>\n");
  EXPECT_EQ(in_http, (std::vector<std::string>{"proxy/http/uri.cpp:4: proxy/http may not include server/worker.hpp",
                                               "proxy/http/uri.cpp:5: proxy/http may not include yaml-cpp/yaml.h"}));
  EXPECT_EQ(violations(folders, "drishti_net", "a.cpp", "  # include \"proxy/http/uri.hpp\"\n").size(), 1u);
  EXPECT_TRUE(violations(folders, "drishti_conf", "a.cpp", "#include <yaml-cpp/yaml.h>\n").empty());
  EXPECT_EQ(violations(folders, "drishti_conf", "a.cpp", "#include <boost/asio/post.hpp>\n").size(), 1u);
}

}  // namespace
}  // namespace drishti::conf
