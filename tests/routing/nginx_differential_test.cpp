// Random servers and locations, asked of nginx and of the Router: the same choice.
#include <random>
#include <set>

#include "routing_support.hpp"
#include "tests/support/nginx_process.hpp"

namespace drishti::routing {
namespace {

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  int below(int n) { return static_cast<int>(engine_() % static_cast<unsigned>(n)); }
  const std::string& one_of(const std::vector<std::string>& all) {
    return all[static_cast<std::size_t>(below(static_cast<int>(all.size())))];
  }

 private:
  std::mt19937 engine_;
};

const std::vector<std::string> pieces{"a", "b", "ab", "/", "/", "a.b", "-", "0", "/a", "/b/"};
const std::vector<std::string> expressions{"a$", "b/", "^/a", "\\\\.b", "/b$", "^/ab?/", "0", "a-|b-", "^/(a|b)/+a"};

std::string random_path(Random& random, const std::string& begin) {
  std::string path = begin;
  for (int n = random.below(4); n >= 0; --n) path += random.one_of(pieces);
  for (auto twice = path.find("//"); twice != path.npos; twice = path.find("//")) path.erase(twice, 1);
  return path;
}

/// Locations of one level, some with others inside; BACKEND is the address for those that proxy. PREFIX empty: only
/// regular expressions may stand here, inside another one.
std::string random_locations(Random& random, const std::string& prefix, const std::string& backend, int depth) {
  std::string text;
  std::set<std::string> used;
  for (int n = 2 + random.below(5 - depth); n > 0; --n) {
    static const std::vector<std::string> kinds{"", "", "", "= ", "^~ ", "~ ", "~* "};
    const std::string kind = prefix.empty() ? "~ " : random.one_of(kinds);
    const bool regex = kind.starts_with('~');
    const std::string pattern = regex ? random.one_of(expressions) : random_path(random, prefix);
    if (!used.insert((kind == "= " ? "=" : regex ? kind : "") + pattern).second) continue;
    text += "location " + kind + "\"" + pattern + "\" { add_header X-Up $server_name always; ";
    text += random.below(3) == 0 ? "proxy_pass " + backend + "; " : "return 200; ";
    if (kind != "= " && depth < 2 && random.below(3) == 0)
      text += random_locations(random, regex ? "" : pattern, backend, depth + 1);
    text += "}\n";
  }
  return text;
}

/// Gives each location's add_header a number, which stands in its line.
std::string numbered(std::string text) {
  int number = 0;
  const std::string mark = "X-Up $server_name";
  for (auto at = text.find(mark); at != text.npos; at = text.find(mark))
    text.replace(at, mark.size(), "X-Up L" + std::to_string(number++));
  return text;
}

std::string label_of(const LocationMatch& found) {
  const auto& headers = *found.location->add_headers;
  const std::string label = headers.empty() ? "" : headers[0].value.source;
  return (found.auto_redirect                                                    ? "301 "
          : found.location->kind == conf::Location::Kind::server_root ? "none "
                                                                                 : "200 ") +
         label;
}

/// The static locations of the server number I, counted without the backend.
std::vector<std::string> static_locations(const Routes& routes, int i) {
  std::vector<std::string> all;
  for (const auto& child : routes.config->servers[static_cast<std::size_t>(i) + 1]->root->children)
    if (child->kind != conf::Location::Kind::regex) all.push_back(child->pattern);
  return all;
}

/// Without its trailing slash.
std::string shortened(std::string path) {
  if (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

struct BesideNginx : testing::Test {
  void SetUp() override {
    if (!test::NginxProcess::installed()) GTEST_SKIP() << "nginx is not installed";
  }
  /// Starts nginx on free ports with the text that MAKE(front, backend) returns.
  template <class Make>
  void start(Make make) {
    for (int attempt = 0; attempt < 4; ++attempt) {
      const std::uint16_t front = test::free_port();
      const std::uint16_t backend = test::free_port();
      text = make("127.0.0.1:" + std::to_string(front), "127.0.0.1:" + std::to_string(backend));
      nginx = std::make_unique<test::NginxProcess>("keepalive_requests 100000;\n" + text, front);
      local = *SocketAddress::from_ip("127.0.0.1", front);
      if (nginx->running()) return;
    }
    FAIL() << nginx->errors() << text;
  }

  std::string text;
  std::unique_ptr<test::NginxProcess> nginx;
  SocketAddress local;
};

TEST_F(BesideNginx, TheSameLocationsAreChosen) {
  constexpr int servers = 40;
  start([](const std::string& front, const std::string& backend) {
    Random random(2024);
    std::string all = "server { listen " + backend + "; location / { return 200; } }\n";
    for (int i = 0; i < servers; ++i)
      all += "server { listen " + front + "; server_name s" + std::to_string(i) + ";\n" +
             random_locations(random, "/", "http://" + backend, 0) + "root /nonexistent; }\n";
    return numbered(all);
  });
  Routes routes(text);
  Random random(7);
  int redirects = 0;
  for (int i = 0; i < servers; ++i) {
    const std::string host = "s" + std::to_string(i);
    for (int n = 0; n < 60; ++n) {
      std::string uri = random_path(random, "/");
      const auto known = static_locations(routes, i);
      if (n % 3 == 0 && !known.empty()) uri = shortened(random.one_of(known));
      RegexMatch match;
      const conf::Server& server = routes.router.table(local)->find(host, match);
      const std::string ours = label_of(routes.router.find_location(server, uri, match));
      std::string theirs = nginx->get(uri, host);
      if (theirs == "404 " || theirs == "403 ") theirs = "none ";  // the server's root, which holds no files
      redirects += ours.starts_with("301");
      ASSERT_EQ(ours, theirs) << host << uri << "\n" << text;
    }
  }
  EXPECT_GT(redirects, 20);
}

TEST_F(BesideNginx, TheSameServersAreChosen) {
  const std::vector<std::string> labels{"a", "b", "www", "x"};
  auto random_name = [&](Random& random, int longest) {
    std::string name = random.one_of(labels);
    for (int n = random.below(longest); n > 0; --n) name += "." + random.one_of(labels);
    return name;
  };
  constexpr int servers = 60;
  start([&](const std::string& front, const std::string&) {
    Random random(11);
    std::string all;
    std::set<std::string> used;  // nginx warns of repeated names and ignores parts of them
    for (int i = 0; i < servers; ++i) {
      static const std::vector<std::string> expressions_of_names{"~^a", "~x$", "~^www\\\\.", "~b.b", "~^x.*a$"};
      const int kind = random.below(8);
      const std::string name = kind == 0   ? random.one_of(expressions_of_names)
                               : kind <= 2 ? "*." + random_name(random, 3)
                               : kind <= 4 ? random_name(random, 3) + ".*"
                               : kind == 5 ? "." + random_name(random, 3)
                                           : random_name(random, 4);
      const std::string fixed = name.starts_with(".") ? name.substr(1) : name;
      if (!used.insert(fixed).second || (fixed != name && !used.insert("*" + name).second)) continue;
      const bool is_default = i >= servers / 2 && all.find("default_server") == all.npos;
      all += "server { listen " + front + (is_default ? " default_server" : "") + "; server_name \"" + name +
             "\"; location / { add_header X-Up L" + std::to_string(i) + " always; return 200; } }\n";
    }
    return all;
  });
  Routes routes(text);
  Random random(12);
  std::set<std::string> seen;
  for (int n = 0; n < 600; ++n) {
    const std::string host = random_name(random, 5);
    RegexMatch match;
    const conf::Server& server = routes.router.table(local)->find(host, match);
    const std::string ours = label_of(routes.router.find_location(server, "/", match));
    ASSERT_EQ(ours, nginx->get("/", host)) << host << "\n" << text;
    seen.insert(ours);
  }
  EXPECT_GT(seen.size(), 20U);
}

}  // namespace
}  // namespace drishti::routing
