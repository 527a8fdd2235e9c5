#pragma once
// A Router made from the text of a configuration; locations are named by their line.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "conf/analyser.hpp"
#include "conf/readers.hpp"
#include "routing/router.hpp"

namespace drishti::routing {

inline std::shared_ptr<const conf::Config> read_http(const std::string& text) {
  conf::AnalyserOptions options;
  options.prefix = "/srv/";
  options.conf_path = "test.conf";
  return conf::analyse(conf::read_nginx_text("http { " + text + " }", "test.conf"), options);
}

struct Routes {
  explicit Routes(const std::string& http_text) : config(read_http(http_text)), router(config) {}

  /// $server_name of the server that HOST reaches on LOCAL.
  std::string server(const std::string& host, const std::string& ip = "127.0.0.1", std::uint16_t port = 80) {
    match = {};
    return router.table(*SocketAddress::from_ip(ip, port))->find(host, match).first_name;
  }
  /// The pattern of the location (`=` and `^~` before it), `301 ` before it for an auto redirect, `none` outside.
  std::string location(const std::string& uri) {
    match = {};
    const LocationMatch found = router.find_location(*config->servers.at(0), uri, match);
    if (found.regex_limit) return "limit";
    if (found.location->kind == conf::Location::Kind::server_root) return "none";
    const std::string mark = found.location->kind == conf::Location::Kind::exact          ? "="
                             : found.location->kind == conf::Location::Kind::prefix_final ? "^~"
                                                                                          : "";
    return (found.auto_redirect ? "301 " : "") + mark + found.location->pattern;
  }

  std::shared_ptr<const conf::Config> config;
  Router router;
  RegexMatch match;
};

}  // namespace drishti::routing
