#include "routing/server_table.hpp"

namespace drishti::routing {

conf::Regex::Outcome match_regex(const conf::BoundRegex& regex, std::string_view subject, RegexMatch& match) {
  conf::Regex::Captures captures;
  const auto outcome = regex.regex.match(subject, captures);
  if (outcome == conf::Regex::Outcome::match) match = {&regex, captures};
  return outcome;
}

void ServerTable::add(const conf::Server& server) {
  if (server.names.empty()) exact_.emplace("", &server);  // no server_name means ""
  for (const conf::ServerName& name : server.names) {
    switch (name.kind) {
      case conf::ServerName::Kind::exact: exact_.emplace(name.text, &server); break;
      case conf::ServerName::Kind::wildcard_head: head_.emplace(name.text, &server); break;
      case conf::ServerName::Kind::wildcard_tail: tail_.emplace(name.text, &server); break;
      case conf::ServerName::Kind::regex: regexes_.emplace_back(&name, &server); break;
    }
  }
}

const conf::Server* ServerTable::find_wildcard(std::string_view host) const {
  if (!head_.empty())  // www.a.b: .a.b, then .b
    for (auto dot = host.find('.'); dot != host.npos; dot = host.find('.', dot + 1))
      if (auto found = head_.find(host.substr(dot)); found != head_.end()) return found->second;
  if (!tail_.empty())  // www.a.b: www.a., then www.
    for (auto dot = host.rfind('.'); dot != host.npos && dot > 0; dot = host.rfind('.', dot - 1))
      if (auto found = tail_.find(host.substr(0, dot + 1)); found != tail_.end()) return found->second;
  return nullptr;
}

const conf::Server& ServerTable::find(std::string_view host, RegexMatch& match) const {
  if (auto found = exact_.find(host); found != exact_.end()) return *found->second;
  if (const conf::Server* server = find_wildcard(host)) return *server;
  if (!host.empty())
    for (const auto& [name, server] : regexes_)
      if (match_regex(name->regex, host, match) == conf::Regex::Outcome::match) return *server;
  return *default_;
}

}  // namespace drishti::routing
