#pragma once
// server_name and location -> Location. Immutable after construction, used by all workers at once.

#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "conf/config.hpp"
#include "routing/server_table.hpp"

namespace drishti::routing {

class LocationTable;

struct LocationMatch {
  const conf::Location* location = nullptr;  ///< server.root when none matches
  bool auto_redirect = false;                ///< answer 301 to the same path + "/"
  bool regex_limit = false;                  ///< a match limit was hit: 500 (threat P11)
};

class Router {
 public:
  explicit Router(std::shared_ptr<const conf::Config> config);
  ~Router();

  /// The table for connections accepted on LOCAL (concrete address): address:port beats *:port. Null: nobody listens there.
  const ServerTable* table(const SocketAddress& local) const;
  /// The order of nginx's `location`: exact, longest prefix, ^~,
  /// nested, regexes in file order. URI is decoded and normalised.
  LocationMatch find_location(const conf::Server& server, std::string_view uri, RegexMatch& match) const;
  /// A named location of the server, or null.
  const conf::Location* find_named(const conf::Server& server, std::string_view name) const;
  /// The addresses to bind, with the options given for them. An address whose port has a wildcard of the same family is
  /// served through that one (as in nginx) and not in the list.
  const std::vector<conf::Listen>& listens() const { return listens_; }

 private:
  struct ServerLocations;
  struct Endpoint {
    conf::Listen listen;  // merged over all servers
    std::unique_ptr<ServerTable> table;
  };
  Endpoint& endpoint(const conf::Listen& listen);
  void add_server(const conf::Server& server);
  void list_addresses_to_bind();

  std::shared_ptr<const conf::Config> config_;
  std::vector<conf::Listen> listens_;
  std::vector<Endpoint> endpoints_;
  std::unordered_map<const conf::Server*, std::unique_ptr<const ServerLocations>> locations_;
};

}  // namespace drishti::routing
