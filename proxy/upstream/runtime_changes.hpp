#pragma once
// What an administrator changed while the program runs, over what the configuration says: servers added and removed,
// weight, down, drain. Survives reloads; what the file says anew about a server wins (docs/ADMIN.md). Control thread.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "conf/config.hpp"

namespace drishti::upstream {

/// Only what is set differs from the `server` line.
struct ServerChange {
  std::optional<int> weight;
  std::optional<bool> down;
  std::optional<bool> drain;
};

class RuntimeChanges {
 public:
  using Line = conf::UpstreamServer;

  /// The `server` lines of CONFIG that are in force: without those removed, with those added behind them.
  std::vector<Line> lines(const conf::Upstream& config) const;
  /// LINE as it holds for one of its addresses.
  Line line_for(const conf::Upstream& config, const Line& line, const std::string& address) const;
  /// Whether LINE, one of lines(), came from add().
  bool is_added(const conf::Upstream& config, const Line& line) const;

  /// LINE, whose name lines() does not have.
  void add(const conf::Upstream& config, Line line);
  /// The line called NAME is gone, with all its addresses.
  void remove(const conf::Upstream& config, const std::string& name);
  /// SERVER is the name of LINE, or one ADDRESS of it. What an earlier change said and CHANGE does not, stays.
  void change(const conf::Upstream& config, const Line& line, const std::string& server, const ServerChange& change);
  /// The group is again as its configuration says. False when it was.
  bool reset(const std::string& group);
  /// DNS: the group has no addresses but these. A change of one that is gone ends, as somebody else may get it next.
  void addresses_changed(const conf::Upstream& config, const std::set<std::string>& addresses);
  /// CONFIG is in force: forgets what it has overtaken.
  void settle(const conf::Config& config);

 private:
  struct Changed {
    ServerChange what;
    Line line;             ///< as it stood in the file then; another one there ends the change
    bool is_of_added = false;
    bool is_one_address = false;
  };
  struct Group {
    std::vector<Line> added;
    std::vector<Line> removed;
    std::map<std::string, Changed> changed;  ///< by name or address
    bool empty() const { return added.empty() && removed.empty() && changed.empty(); }
  };
  const Group* find(const conf::Upstream& config) const;
  static bool is_removed(const Group& group, const Line& line);
  static bool takes_over(const Group& group, const conf::Upstream& config, const Line& added);
  static bool holds(const Group& group, const Changed& changed, const conf::Upstream& config);
  static void settle(Group& group, const conf::Upstream& config);

  std::map<std::string, Group> groups_;
};

}  // namespace drishti::upstream
