#include "server/command_line.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace drishti::server {
namespace {

using Action = CommandLine::Action;
using Signal = CommandLine::Signal;
using Syntax = CommandLine::Syntax;

/// Walks over the arguments; a value is the rest of its argument or the next one, as in `-cFILE` and `-c FILE`.
class Arguments {
 public:
  explicit Arguments(const std::vector<std::string>& all) : all_(all) {}
  bool done() const { return index_ >= all_.size(); }
  const std::string& next() { return all_[index_++]; }
  std::string value(const std::string& argument, std::size_t from, const char* missing) {
    if (from < argument.size()) return argument.substr(from);
    if (done() || all_[index_].empty()) throw UsageError(missing);
    return next();
  }

 private:
  const std::vector<std::string>& all_;
  std::size_t index_ = 0;
};

Signal signal_named(const std::string& name) {
  if (name == "stop") return Signal::stop;
  if (name == "quit") return Signal::quit;
  if (name == "reopen") return Signal::reopen;
  if (name == "reload") return Signal::reload;
  throw UsageError("invalid option: \"-s " + name + "\"");
}

/// The options that take no value; false when the letter is none of them. A test wins over a signal, -T over -t.
bool apply_flag(char letter, CommandLine& line) {
  switch (letter) {
    case '?':
    case 'h':
      line.show_version = line.show_help = true;
      return true;
    case 'V':
      line.show_build = true;
      [[fallthrough]];
    case 'v':
      line.show_version = true;
      return true;
    case 't':
      if (line.action != Action::dump) line.action = Action::test;
      return true;
    case 'T':
      line.action = Action::dump;
      return true;
    case 'q':
      line.quiet = true;
      return true;
    default:
      return false;
  }
}

/// The options that take a value, which ends the argument; false when the letter is none of them.
bool apply_option(char letter, const std::string& argument, std::size_t from, Arguments& rest, CommandLine& line) {
  switch (letter) {
    case 'p':
      line.prefix = rest.value(argument, from, "option \"-p\" requires directory name");
      return true;
    case 'e':
      line.error_log = rest.value(argument, from, "option \"-e\" requires file name");
      return true;
    case 'c':
      line.conf_path = rest.value(argument, from, "option \"-c\" requires file name");
      line.conf_path_given = true;
      return true;
    case 'g':
      line.global_directives = rest.value(argument, from, "option \"-g\" requires parameter");
      return true;
    case 's':
      line.signal = signal_named(rest.value(argument, from, "option \"-s\" requires parameter"));
      if (line.action == Action::run) line.action = Action::signal;
      return true;
    default:
      return false;
  }
}

void parse_letters(const std::string& argument, Arguments& rest, CommandLine& line) {
  for (std::size_t i = 1; i < argument.size(); ++i) {
    if (apply_flag(argument[i], line)) continue;
    if (apply_option(argument[i], argument, i + 1, rest, line)) return;
    throw UsageError(std::string("invalid option: \"") + argument[i] + "\"");
  }
}

void parse_options(Arguments& rest, CommandLine& line) {
  while (!rest.done()) {
    const std::string& argument = rest.next();
    if (argument == "--help") {
      line.show_version = line.show_help = true;
    } else if (argument == "--version") {
      line.show_version = true;
    } else if (argument.empty() || argument[0] != '-') {
      throw UsageError("invalid option: \"" + argument + "\"");
    } else {
      parse_letters(argument, rest, line);
    }
  }
}

void parse_convert(Arguments& rest, CommandLine& line) {
  line.action = Action::convert;
  while (!rest.done()) {
    const std::string& argument = rest.next();
    if (argument == "--help" || argument == "-h") {
      line.show_version = line.show_help = true;
    } else if (argument == "--to") {
      const std::string syntax = rest.value(argument, argument.size(), "option \"--to\" requires yaml or nginx");
      if (syntax != "yaml" && syntax != "nginx") throw UsageError("invalid option: \"--to " + syntax + "\"");
      line.to = syntax == "yaml" ? Syntax::yaml : Syntax::nginx;
    } else if (argument.rfind("-o", 0) == 0) {
      line.output = rest.value(argument, 2, "option \"-o\" requires file name");
    } else if (argument.size() > 1 && argument[0] == '-') {
      throw UsageError("invalid option: \"" + argument + "\"");
    } else if (!line.input.empty()) {
      throw UsageError("\"convert\" takes one file, got also \"" + argument + "\"");
    } else {
      line.input = argument;
    }
  }
  if (!line.show_help && line.input.empty()) throw UsageError("\"convert\" requires file name");
}

std::pair<std::string, std::string> header_field(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string::npos || text.find_first_of("\r\n") != std::string::npos) {
    throw UsageError("option \"-H\" requires \"Name: value\", got \"" + text + "\"");
  }
  const std::size_t value = text.find_first_not_of(" \t", colon + 1);
  return {text.substr(0, colon), value == std::string::npos ? "" : text.substr(value)};
}

void parse_explain(Arguments& rest, CommandLine& line) {
  std::vector<std::string> positional;
  while (!rest.done()) {
    const std::string& argument = rest.next();
    if (argument == "--help" || argument == "-h") {
      line.show_version = line.show_help = true;
    } else if (argument.rfind("-H", 0) == 0) {
      line.headers.push_back(header_field(rest.value(argument, 2, "option \"-H\" requires \"Name: value\"")));
    } else if (argument.size() > 1 && argument[0] == '-') {
      parse_letters(argument, rest, line);
    } else {
      positional.push_back(argument);
    }
  }
  line.action = Action::explain;
  if (line.show_help) return;
  if (positional.size() == 1) positional.insert(positional.begin(), "GET");
  if (positional.size() != 2) throw UsageError("\"explain\" requires METHOD and URL");
  line.method = positional[0];
  line.url = positional[1];
}

/// Its own options have long names; -c and -p are everybody's.
void parse_ctl(Arguments& rest, CommandLine& line) {
  line.action = Action::ctl;
  while (!rest.done()) {
    const std::string& argument = rest.next();
    const bool is_common = argument.starts_with("-c") || argument.starts_with("-p");
    if (is_common) parse_letters(argument, rest, line);
    else line.ctl.push_back(argument);
  }
}

constexpr const char* default_scaling_url = "http://127.0.0.1:9145/scaling";

bool is_url(const std::string& text) { return text.starts_with("http://") || text.starts_with("https://"); }

void parse_scaling_argument(const std::string& argument, Arguments& rest, CommandLine& line) {
  const bool is_cost = line.action == Action::scaling_cost;
  if (argument == "--help" || argument == "-h") {
    line.show_version = line.show_help = true;
  } else if (argument == "--watch" && !is_cost) {
    line.watch = true;
  } else if (argument == "--cacert") {
    line.ca_file = rest.value(argument, argument.size(), "option \"--cacert\" requires file name");
  } else if (is_url(argument) && line.url.empty()) {
    line.url = argument;
  } else if (is_cost && !argument.empty() && argument[0] != '-' && !is_url(argument) && line.input.empty()) {
    line.input = argument;
  } else {
    throw UsageError("invalid option: \"" + argument + "\"");
  }
}

void parse_scaling(Arguments& rest, CommandLine& line) {
  line.action = Action::scaling;
  bool is_first = true;
  while (!rest.done()) {
    const std::string& argument = rest.next();
    if (std::exchange(is_first, false) && argument == "cost") line.action = Action::scaling_cost;
    else parse_scaling_argument(argument, rest, line);
  }
  if (line.action == Action::scaling && line.url.empty()) line.url = default_scaling_url;
}

/// -p relative to the working directory with one slash at its end; -c relative to the prefix.
void complete_paths(CommandLine& line) {
  if (line.prefix[0] != '/') {
    char* directory = ::getcwd(nullptr, 0);
    if (directory != nullptr) line.prefix = std::string(directory) + "/" + line.prefix;
    std::free(directory);
  }
  if (line.prefix.back() != '/') line.prefix += '/';
  if (!line.conf_path_given) {
    line.conf_path = "/etc/nginx/nginx.conf";
    if (::access(line.conf_path.c_str(), F_OK) != 0 && ::access("/etc/nginx/nginx.yaml", F_OK) == 0) {
      line.conf_path = "/etc/nginx/nginx.yaml";
    }
  } else if (line.conf_path[0] != '/') {
    line.conf_path = line.prefix + line.conf_path;
  }
  if (!line.error_log.empty() && line.error_log[0] != '/' && line.error_log != "stderr") {
    line.error_log = line.prefix + line.error_log;
  }
}

}  // namespace

CommandLine parse_command_line(const std::vector<std::string>& arguments) {
  CommandLine line;
  Arguments rest(arguments);
  const std::string first = arguments.empty() ? "" : arguments[0];
  static constexpr std::string_view subcommands[] = {"convert", "explain", "ctl", "scaling", "help"};
  if (std::ranges::find(subcommands, first) != std::end(subcommands)) rest.next();
  if (first == "convert") {
    parse_convert(rest, line);
  } else if (first == "explain") {
    parse_explain(rest, line);
  } else if (first == "ctl") {
    parse_ctl(rest, line);
  } else if (first == "scaling") {
    parse_scaling(rest, line);
  } else if (first == "help") {
    line.show_version = line.show_help = true;
  } else {
    parse_options(rest, line);
  }
  complete_paths(line);
  return line;
}

}  // namespace drishti::server
