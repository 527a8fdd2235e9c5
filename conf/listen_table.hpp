#pragma once
// Which server listens where, to find what nginx refuses: an address twice in a server, options given twice,
// two default servers, and names that collide.

#include <string>
#include <vector>

#include "conf/config.hpp"

namespace drishti::conf {

class ListenTable {
 public:
  /// Adds one address of SERVER. HAS_OPTIONS: socket options were written. Throws ConfigError.
  void add(const Server& server, const Listen& listen, bool has_options);

  /// A warning for every name that two servers of one address share; the first one keeps it.
  void find_conflicting_names(std::vector<Notice>& notices) const;

 private:
  struct Entry {
    SocketAddress address;
    bool has_options = false;
    bool has_default = false;
    std::vector<const Server*> servers;
  };
  Entry& entry_of(const SocketAddress& address);

  std::vector<Entry> entries_;
};

}  // namespace drishti::conf
