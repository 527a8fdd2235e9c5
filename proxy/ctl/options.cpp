#include "ctl/options.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

namespace drishti::ctl {
namespace {

namespace json = boost::json;
using View = Options::View;
using Words = std::vector<std::string>;

/// As a segment of a path: everything but letters, digits and `-._:` is escaped.
std::string segment(const std::string& text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                          c == '.' || c == '_' || c == ':';
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain) result += c;
    else result.append({'%', digits[byte >> 4], digits[byte & 15]});
  }
  return result;
}

json::string string_of(const std::string& text) { return json::string(json::string_view(text.data(), text.size())); }

Call change(const std::string& path, const json::object& body) { return {"POST", path, json::serialize(body)}; }

Call upstream_change(const std::string& upstream, const std::string& word, const json::object& body) {
  return change("/api/1/upstreams/" + segment(upstream) + "/" + word, body);
}

/// `2` is a number, everything else a string, nothing behind the name is a switch.
json::value value_of(const std::string& text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec == std::errc{} && read.ptr == text.data() + text.size()) return number;
  return string_of(text);
}

void need(const Words& words, std::size_t least, std::size_t most, const char* usage) {
  if (words.size() < least + 1 || words.size() > most + 1) throw UsageError(std::string("usage: drishti ctl ") + usage);
}

void read_view(const Words& words, Options& options) {
  static constexpr std::pair<const char*, View> views[] = {
      {"status", View::status}, {"caches", View::caches},   {"config", View::config},
      {"certificates", View::certificates}, {"traffic", View::plain}};
  for (const auto& [name, view] : views) {
    if (words[0] != name) continue;
    need(words, 0, 0, name);
    options.call.path = std::string("/api/1/") + name;
    options.view = view;
  }
  if (words[0] == "metrics" || words[0] == "scaling") {
    need(words, 0, 0, words[0].c_str());
    options.call.path = "/" + words[0];
  }
}

void read_upstreams(const Words& words, Options& options) {
  need(words, 0, 1, "upstreams [UPSTREAM]");
  options.call.path = "/api/1/upstreams";
  options.view = View::upstreams;
  if (words.size() == 1) return;
  options.call.path += "/" + segment(words[1]);
  options.view = View::upstream;
}

void read_add(const Words& words, Options& options) {
  need(words, 2, 20, "add UPSTREAM SERVER [weight=N] [max_conns=N] [backup] ...");
  json::object body{{"server", string_of(words[2])}};
  for (std::size_t i = 3; i < words.size(); ++i) {
    const auto equals = words[i].find('=');
    if (equals == std::string::npos) body[string_of(words[i])] = true;
    else body[string_of(words[i].substr(0, equals))] = value_of(words[i].substr(equals + 1));
  }
  options.call = upstream_change(words[1], "servers", body);
}

void read_server_change(const Words& words, Options& options) {
  const std::string& word = words[0];
  if (word == "reset") {
    need(words, 1, 1, "reset UPSTREAM");
    options.call = upstream_change(words[1], word, {});
  } else if (word == "weight") {
    need(words, 3, 3, "weight UPSTREAM SERVER NUMBER");
    options.call = upstream_change(words[1], word, {{"server", string_of(words[2])}, {"weight", value_of(words[3])}});
  } else {
    need(words, 2, 2, (word + " UPSTREAM SERVER").c_str());
    options.call = upstream_change(words[1], word, {{"server", string_of(words[2])}});
  }
}

void read_purge(const Words& words, const std::string& tag, const std::string& zone, Options& options) {
  json::object body;
  if (!tag.empty()) {
    need(words, 0, 0, "purge --tag TAG [--zone ZONE]");
    body["tag"] = string_of(tag);
  } else {
    need(words, 1, 1, "purge URL [--zone ZONE]");
    const bool is_prefix = words[1].ends_with('*');
    body[is_prefix ? "prefix" : "url"] = string_of(is_prefix ? words[1].substr(0, words[1].size() - 1) : words[1]);
  }
  if (!zone.empty()) body["zone"] = string_of(zone);
  options.call = change("/api/1/purge", body);
  options.view = View::purge;
}

void read_command(const Words& words, const std::string& tag, const std::string& zone, Options& options) {
  static constexpr const char* server_changes[] = {"drain", "enable", "down", "remove", "weight", "reset"};
  const std::string& word = words[0];
  read_view(words, options);
  if (word == "upstreams") {
    read_upstreams(words, options);
  } else if (word == "add") {
    read_add(words, options);
    options.view = View::upstream;
  } else if (std::ranges::find(server_changes, word) != std::end(server_changes)) {
    read_server_change(words, options);
    options.view = View::upstream;
  } else if (word == "purge") {
    read_purge(words, tag, zone, options);
  } else if (word == "reload") {
    need(words, 0, 0, "reload");
    options.call = change("/api/1/reload", {});
    options.view = View::config;
  }
  if (options.call.path.empty()) throw UsageError("unknown command \"" + word + "\"; drishti ctl --help lists them");
}

}  // namespace

Options parse_options(const std::vector<std::string>& arguments) {
  Options options;
  Words words;
  std::string tag, zone;
  const std::pair<const char*, std::string*> with_value[] = {
      {"--address", &options.address}, {"--token-file", &options.token_file}, {"--cacert", &options.ca_file}, {"--tag", &tag}, {"--zone", &zone}};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const auto named = std::ranges::find_if(with_value, [&](const auto& option) { return argument == option.first; });
    if (argument == "--help" || argument == "-h" || argument == "help") {
      options.show_help = true;
    } else if (argument == "--json") {
      options.as_json = true;
    } else if (named != std::end(with_value)) {
      if (++i == arguments.size()) throw UsageError("option \"" + argument + "\" needs a value");
      *named->second = arguments[i];
    } else if (argument.starts_with('-')) {
      throw UsageError("invalid option \"" + argument + "\"");
    } else {
      words.push_back(argument);
    }
  }
  if (words.empty()) options.show_help = true;
  if (!options.show_help) read_command(words, tag, zone, options);
  return options;
}

std::string help_text() {
  return R"(Usage: drishti ctl [-c FILE] [--address ADDRESS] [--cacert FILE] [--token-file FILE] [--json] COMMAND

Asks the running proxy through its admin listener. Where that is, and the token
that changes need, are read from the configuration (-c, default as for nginx).

Look:
  status                          version, uptime, connections
  upstreams [UPSTREAM]            servers: state, weight, requests, last check
  caches                          zones: bytes, entries
  config                          files, hash, last reload
  certificates                    what the listeners present
  metrics | scaling | traffic     the pages as they are

Change (until the proxy ends, over reloads; `reset` takes it back):
  drain UPSTREAM SERVER           no new requests; those in progress finish
  down UPSTREAM SERVER            out of use; those in progress finish
  enable UPSTREAM SERVER          ends drain and down
  weight UPSTREAM SERVER NUMBER   its share of the requests
  add UPSTREAM SERVER [weight=N] [max_conns=N] [slow_start=TIME] [backup] ...
  remove UPSTREAM SERVER          a whole `server` line
  reset UPSTREAM                  as the configuration says
  purge URL                       what the caches have of it; URL* for all that
                                  begin so, --tag TAG for a tag, --zone ZONE
  reload                          uses the changed configuration; says why not

SERVER is an address (10.0.0.3:3000) or the name in the configuration (api1:3000).

Options:
  -c FILE             the configuration of the proxy
  --address ADDRESS   127.0.0.1:8081, [::1]:8081 or unix:/run/drishti.sock;
                      https://HOST:8081 for a listener with TLS
  --cacert FILE       who vouches for the certificate of that listener. Without:
                      the certificate in the configuration itself, or with
                      --address those that the system trusts
  --token-file FILE   the file with the token
  --json              the answer as it came

Exit code: 0 done, 1 refused or failed, 2 a mistake on the command line.

Examples:
  drishti ctl upstreams
  drishti ctl drain api 10.0.0.3:3000
  drishti ctl add api 10.0.0.4:3000 weight=2
  drishti ctl purge 'http://www.example.com/news/*'
)";
}

}  // namespace drishti::ctl
