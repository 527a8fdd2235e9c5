#include "conf/server_names.hpp"

#include <unistd.h>

#include <algorithm>

#include "conf/lower_case.hpp"
#include "conf/setters.hpp"

namespace drishti::conf {
namespace {

using Kind = ServerName::Kind;

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? lower_case(name) : "";
}

ServerName regex_name(Analysis& a, const Directive& d, const std::string& text) {
  const std::string pattern = text.substr(1);
  if (pattern.empty()) fail("empty regex in server name " + quoted(text), d);
  const bool caseless = std::any_of(pattern.begin(), pattern.end(), is_upper);
  return {Kind::regex, pattern, compile_regex(pattern, caseless, a.variables, d.where)};
}

// The fixed part of a wildcard may hold neither another star nor an empty label.
void check_fixed_part(std::string_view fixed, const std::string& text, const Directive& d) {
  if (fixed.find('*') != std::string_view::npos || fixed.find("..") != std::string_view::npos)
    fail("invalid server name or wildcard " + quoted(text), d);
}

void add_plain_name(Server& server, const Directive& d, const std::string& text) {
  const std::string name = lower_case(text);
  if (name.starts_with("*.")) {
    server.names.push_back({Kind::wildcard_head, name.substr(1), {}});
  } else if (name.starts_with('.')) {
    server.names.push_back({Kind::exact, name.substr(1), {}});
    server.names.push_back({Kind::wildcard_head, name, {}});
  } else if (name.ends_with(".*")) {
    server.names.push_back({Kind::wildcard_tail, name.substr(0, name.size() - 1), {}});
  } else {
    server.names.push_back({Kind::exact, name, {}});
  }
  check_fixed_part(server.names.back().text, text, d);
}

}  // namespace

void add_server_names(Analysis& a, const Directive& d) {
  Server& server = *a.scope().server;
  for (const auto& text : d.args) {
    if ((text.starts_with('*') && (text.size() < 3 || text[1] != '.')) || text == ".")
      fail("server name " + quoted(text) + " is invalid", d);
    if (text.find('/') != std::string::npos && !text.starts_with('~'))
      a.warn("server name " + quoted(text) + " has suspicious symbols", d.where);
    const std::string name = text == "$hostname" ? host_name() : text;
    if (server.names.empty()) server.first_name = name;
    if (name.starts_with('~')) {
      server.names.push_back(regex_name(a, d, name));
    } else {
      add_plain_name(server, d, name);
    }
  }
}

}  // namespace drishti::conf
