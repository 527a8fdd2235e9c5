// Changes of upstreams while the program runs.
#include <algorithm>
#include <array>
#include <optional>

#include "admin/upstream_api.hpp"
#include "conf/server_line.hpp"

namespace drishti::admin {
namespace {

using conf::UpstreamServer;
using upstream::ServerChange;
using upstream::UpstreamGroup;

constexpr std::size_t most_servers = 10'000;
constexpr std::int64_t largest_weight = 65'535;

/// The server that BODY names: a line of the group, or one address of it.
struct Target {
  UpstreamServer line;
  std::string key;    ///< what RuntimeChanges knows it by
  std::optional<Response> refusal;  ///< nullopt when it was found
};

Target find_target(Process& process, const UpstreamGroup& group, const Body& body) {
  const std::string wanted = body.string("server");
  if (wanted.empty()) {
    const char* reason = "\"server\" is missing: the address of a server, or its name in the configuration";
    return {{}, {}, error_response(400, reason)};
  }
  const auto lines = process.changes().lines(group.config());
  for (const UpstreamServer& line : lines)
    if (line.name == wanted) return {line, wanted, {}};
  const auto set = group.peers();
  for (std::size_t i = 0; i < set->size(); ++i) {
    const upstream::Peer& peer = *(*set)[i];
    if (peer.address_text != wanted) continue;
    const auto line = std::ranges::find(lines, peer.server_name, &UpstreamServer::name);
    if (line == lines.end()) continue;
    return {*line, line->literal ? line->name : wanted, {}};
  }
  return {{}, {}, error_response(404, "upstream \"" + group.config().name + "\" has no server \"" + wanted + "\"")};
}

bool gets_requests(const UpstreamGroup& group) {
  const auto set = group.peers();
  for (std::size_t i = 0; i < set->size(); ++i)
    if (!(*set)[i]->down && !(*set)[i]->drain) return true;
  return false;
}

Response done(Process& process, const std::string& name, const std::string& what) {
  process.apply_changes(name);
  process.log("upstream \"" + name + "\": " + what);
  const auto group = find_group(process, name);
  json::value told = upstream_json(*group, process);
  if (!gets_requests(*group)) told.as_object()["warning"] = "no server of this upstream gets requests now";
  return json_response(told);
}

/// `weight=2` as it would stand in the file; "" when MEMBER is none that the file knows.
std::string parameter_of(const json::key_value_pair& member) {
  const std::string name(member.key());
  const json::value& value = member.value();
  static constexpr std::array<std::string_view, 4> flags{"backup", "down", "drain", "resolve"};
  static constexpr std::array<std::string_view, 5> values{"weight", "max_conns", "max_fails", "fail_timeout", "slow_start"};
  const auto is_one_of = [&](const auto& names) { return std::ranges::find(names, name) != names.end(); };
  if (is_one_of(flags) && value.is_bool()) return value.as_bool() ? name : "-";
  if (!is_one_of(values)) return {};
  if (value.is_int64()) return name + "=" + std::to_string(value.as_int64());
  return value.is_string() ? name + "=" + std::string(value.as_string()) : std::string();
}

/// The file says the same as `127.0.0.1` and as `127.0.0.1:80`.
bool is_same_address(const UpstreamServer& a, const UpstreamServer& b) {
  if (a.name == b.name) return true;
  return !a.host.empty() && a.host == b.host && a.port == b.port;
}

/// A host name, an IP address or a path, as far as its characters tell.
bool is_plain(std::string_view address) {
  return std::ranges::all_of(address, [](char c) { return c > ' ' && c < 0x7f; });
}

Response add_server(Process& process, const UpstreamGroup& group, const Body& body) {
  const conf::Upstream& config = group.config();
  conf::Directive line;
  line.name = "server";
  line.args.push_back(body.string("server"));
  if (line.args[0].empty()) return error_response(400, "\"server\" is missing: the address or name of the new server");
  if (!is_plain(line.args[0])) return error_response(400, "\"server\" has a character that no address or name has");
  for (const auto& member : body.object) {
    if (member.key() == "server") continue;
    const std::string parameter = parameter_of(member);
    if (parameter.empty()) return error_response(400, "invalid member \"" + std::string(member.key()) + "\"");
    if (parameter != "-") line.args.push_back(parameter);
  }
  const auto lines = process.changes().lines(config);
  if (lines.size() >= most_servers) return error_response(409, "the upstream has too many servers");
  try {
    UpstreamServer server = conf::read_server_line(line, config.method);
    const auto known = std::ranges::find_if(lines, [&](const auto& other) { return is_same_address(server, other); });
    if (known != lines.end()) return error_response(409, "upstream \"" + config.name + "\" has server \"" + known->name + "\" already");
    process.changes().add(config, std::move(server));
  } catch (const conf::ConfigError& error) {
    return error_response(400, error.what());
  }
  return done(process, config.name, "server \"" + line.args[0] + "\" was added");
}

Response remove_server(Process& process, const UpstreamGroup& group, const Body& body) {
  const Target target = find_target(process, group, body);
  if (target.refusal) return *target.refusal;
  if (target.key != target.line.name)
    return error_response(409, "\"" + target.key + "\" is one address of \"" + target.line.name +
                                   "\": drain it, or remove the whole server");
  process.changes().remove(group.config(), target.line.name);
  return done(process, group.config().name, "server \"" + target.line.name + "\" was removed");
}

Response change_server(Process& process, const UpstreamGroup& group, const Body& body, const ServerChange& change,
                       const std::string& what) {
  const Target target = find_target(process, group, body);
  if (target.refusal) return *target.refusal;
  process.changes().change(group.config(), target.line, target.key, change);
  return done(process, group.config().name, "server \"" + target.key + "\" " + what);
}

Response change_weight(Process& process, const UpstreamGroup& group, const Body& body) {
  const auto weight = body.number("weight");
  if (!weight || *weight < 1 || *weight > largest_weight)
    return error_response(400, "\"weight\" has to be a number from 1 to 65535");
  return change_server(process, group, body, {static_cast<int>(*weight), {}, {}},
                       "has the weight " + std::to_string(*weight));
}

Response reset(Process& process, const UpstreamGroup& group, const Body&) {
  process.changes().reset(group.config().name);
  return done(process, group.config().name, "is again as the configuration says");
}

Response drain(Process& process, const UpstreamGroup& group, const Body& body) {
  return change_server(process, group, body, {{}, {}, true}, "drains");
}
Response take_down(Process& process, const UpstreamGroup& group, const Body& body) {
  return change_server(process, group, body, {{}, true, {}}, "is down");
}
Response enable(Process& process, const UpstreamGroup& group, const Body& body) {
  return change_server(process, group, body, {{}, false, false}, "is enabled");
}

struct Word {
  std::string_view name;
  Response (*run)(Process&, const UpstreamGroup&, const Body&);
};
constexpr Word words[] = {{"servers", add_server}, {"remove", remove_server}, {"drain", drain},  {"enable", enable},
                          {"down", take_down},     {"weight", change_weight}, {"reset", reset}};

}  // namespace

bool is_upstream_change(std::string_view word) { return std::ranges::find(words, word, &Word::name) != std::end(words); }

Response change_upstream(Process& process, std::string_view name, std::string_view word, const Body& body) {
  const auto found = std::ranges::find(words, word, &Word::name);
  if (found == std::end(words)) return error_response(404, "nothing is called \"" + std::string(word) + "\" here");
  const auto group = find_group(process, name);
  if (!group) return error_response(404, "no upstream \"" + std::string(name) + "\"");
  return found->run(process, *group, body);
}

}  // namespace drishti::admin
