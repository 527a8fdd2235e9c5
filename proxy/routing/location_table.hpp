#pragma once
// The locations of one level (a server, or inside another location) and, nested, of all levels below. Immutable.

#include <memory>
#include <string_view>
#include <vector>

#include "conf/config.hpp"
#include "routing/server_table.hpp"

namespace drishti::routing {

class LocationTable {
 public:
  enum class Result {
    none,      ///< no location of this level
    prefix,    ///< a prefix that regular expressions of an outer level may still override
    final,     ///< exact, or a regular expression
    redirect,  ///< only the trailing slash is missing
    limit,     ///< a regular expression ran into its match limit
  };

  /// Null when there is nothing to search, which keeps leaves cheap.
  static std::unique_ptr<const LocationTable> make(const conf::Location& level);
  /// Sets FOUND unless the result is none or limit.
  Result find(std::string_view uri, const conf::Location*& found, RegexMatch& match) const;

 private:
  struct Entry {
    const conf::Location* location = nullptr;
    std::unique_ptr<const LocationTable> nested;
  };
  // All static locations with one text: `location = /x` and `location /x` may both exist.
  struct Static {
    std::string_view text;
    Entry exact, prefix;
    int shorter = -1;  // the longest other text that this one begins with
    bool auto_redirect() const;
  };
  void add_static(const conf::Location& location);
  void link();
  int longest(std::string_view uri) const;
  const Static* missing_slash(std::string_view uri) const;
  Result find_static(std::string_view uri, const conf::Location*& found, RegexMatch& match, bool& regexes_allowed) const;
  static Result find_nested(const Entry& entry, std::string_view uri, const conf::Location*& found, RegexMatch& match);

  std::vector<Static> statics_;  // sorted by text
  std::vector<Entry> regexes_;   // file order
};

}  // namespace drishti::routing
