#pragma once
// The servers behind one listen address, by server_name. Immutable once the Router is made; any thread.

#include <string_view>
#include <utility>
#include <vector>

#include "conf/config.hpp"
#include "routing/string_map.hpp"

namespace drishti::routing {

/// What a match of a regular expression left behind, for $1.. and named captures.
struct RegexMatch {
  const conf::BoundRegex* regex = nullptr;  ///< null: nothing to remember
  conf::Regex::Captures captures;
};

/// Matches SUBJECT and remembers the captures; a miss leaves MATCH as it was.
conf::Regex::Outcome match_regex(const conf::BoundRegex& regex, std::string_view subject, RegexMatch& match);

/// What is spoken on an address, by the options of all its `listen` lines.
struct ListenProtocols {
  bool ssl = false;
  bool http2 = false;
  bool proxy_protocol = false;
  bool early_data = false;  ///< `ssl_early_data on` in one of the servers
};

class ServerTable {
 public:
  /// HOST is lower-case, without port and trailing dot. Exact, longest `*.x`, longest `x.*`, first regex, default.
  const conf::Server& find(std::string_view host, RegexMatch& match) const;
  const conf::Server& default_server() const { return *default_; }
  const ListenProtocols& protocols() const { return protocols_; }

 private:
  friend class Router;
  /// Of equal names the first server keeps it (nginx: `conflicting server name ... ignored`).
  void add(const conf::Server& server);
  const conf::Server* find_wildcard(std::string_view host) const;

  const conf::Server* default_ = nullptr;
  ListenProtocols protocols_;
  bool default_is_explicit_ = false;
  StringMap<const conf::Server*> exact_, head_, tail_;
  std::vector<std::pair<const conf::ServerName*, const conf::Server*>> regexes_;
};

}  // namespace drishti::routing
