#pragma once
// The command line of `drishti ctl`, and the request that it stands for.

#include <stdexcept>
#include <string>
#include <vector>

namespace drishti::ctl {

/// A mistake on the command line; what() says which.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What is asked of the admin listener.
struct Call {
  std::string method = "GET";
  std::string path;
  std::string body;  ///< JSON; of a POST
};

struct Options {
  enum class View { upstreams, upstream, status, caches, config, certificates, purge, plain };
  bool show_help = false;
  bool as_json = false;
  std::string address;     ///< --address; "": as the configuration says
  std::string ca_file;     ///< --cacert
  std::string token_file;  ///< --token-file; "": as the configuration says
  Call call;
  View view = View::plain;  ///< how the answer is shown
};

/// ARGUMENTS: those behind `drishti ctl`, without -c and -p. Throws UsageError.
Options parse_options(const std::vector<std::string>& arguments);

std::string help_text();

}  // namespace drishti::ctl
