#pragma once
// The command line: nginx's options with nginx's combined forms (`-tc FILE`, `-g"daemon off;"`) and words, and the
// subcommands that nginx lacks (`convert`, `explain`, `ctl`, `scaling`, `help`).

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace drishti::server {

/// A mistake on the command line; what() is nginx's text without the `nginx: ` prefix. Exit code 1.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct CommandLine {
  enum class Action { run, test, dump, signal, convert, explain, ctl, scaling, scaling_cost };
  enum class Signal { stop, quit, reopen, reload };
  enum class Syntax { by_name, nginx, yaml };

  Action action = Action::run;
  bool show_version = false;     ///< -v, -V, -?, -h: printed before anything else; only a test goes on behind it
  bool show_help = false;        ///< -?, -h, --help
  bool show_build = false;       ///< -V
  bool quiet = false;            ///< -q
  Signal signal = Signal::stop;  ///< -s
  std::string prefix = "/etc/nginx/";
  std::string conf_path;  ///< absolute; never empty after parsing
  bool conf_path_given = false;
  std::string error_log;          ///< -e; empty = the built-in default
  std::string global_directives;  ///< -g

  // convert
  std::string input;
  std::string output;           ///< empty = standard output
  Syntax to = Syntax::by_name;  ///< by_name: the other syntax than the input's

  // explain
  std::string method;
  std::string url;  ///< of scaling, too; empty for scaling_cost: no proxy is asked
  std::vector<std::pair<std::string, std::string>> headers;

  std::vector<std::string> ctl;  ///< ctl: what is for it alone
  bool watch = false;   ///< scaling: again and again
  std::string ca_file;  ///< scaling: who vouches for the certificate of an https URL; "": those that the system trusts
};

/// Parses the arguments behind the program's name. Throws UsageError. When no -c is given and only nginx.yaml exists
/// beside the default nginx.conf, that is chosen.
CommandLine parse_command_line(const std::vector<std::string>& arguments);

/// nginx's help with the subcommands behind it.
std::string help_text();

}  // namespace drishti::server
