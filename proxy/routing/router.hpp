#pragma once
// server_name and location -> Location. Immutable after construction, used by all workers at once.

#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "conf/config.hpp"

namespace drishti::routing {

/// What a match of a regular expression left behind, for $1.. and named captures.
struct RegexMatch {
  const conf::BoundRegex* regex = nullptr;  ///< null: nothing to remember
  conf::Regex::Captures captures;
};

/// The servers behind one listen address.
class ServerTable {
 public:
  /// HOST is lower-case, without port and trailing dot. Exact, longest `*.x`, longest `x.*`, first regex, default.
  const conf::Server& find(std::string_view host, RegexMatch& match) const;
  const conf::Server& default_server() const { return *default_; }

 private:
  friend class Router;
  const conf::Server* default_ = nullptr;
  struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
  };
  template <class T>
  using StringMap = std::unordered_map<std::string, T, StringHash, std::equal_to<>>;
  StringMap<const conf::Server*> exact_, head_, tail_;
  std::vector<std::pair<const conf::ServerName*, const conf::Server*>> regexes_;
};

struct LocationMatch {
  const conf::Location* location = nullptr;  ///< server.root when none matches
  bool auto_redirect = false;                ///< answer 301 to the same path + "/"
  bool regex_limit = false;                  ///< a match limit was hit: 500 (threat P11)
};

class Router {
 public:
  explicit Router(std::shared_ptr<const conf::Config> config);
  /// The table for connections accepted on LOCAL (concrete address) through LISTEN; address:port beats *:port.
  const ServerTable& table(const SocketAddress& local) const;
  /// nginx's order (nginx-semantics 3.6): exact, longest prefix, ^~, nested, regexes in file order.
  LocationMatch find_location(const conf::Server& server, std::string_view uri, RegexMatch& match) const;
  /// A named location of the server, or null.
  const conf::Location* find_named(const conf::Server& server, std::string_view name) const;
  /// The distinct addresses to listen on, with the options given for them.
  const std::vector<conf::Listen>& listens() const { return listens_; }

 private:
  struct LocationTable;
  std::shared_ptr<const conf::Config> config_;
  std::vector<conf::Listen> listens_;
  std::vector<std::pair<SocketAddress, std::unique_ptr<ServerTable>>> tables_;
  std::unordered_map<const void*, std::shared_ptr<const LocationTable>> locations_;  // by Server or enclosing Location
};

}  // namespace drishti::routing
