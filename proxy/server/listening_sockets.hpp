#pragma once
// The listening sockets of the process. They are never closed and reopened across a reload. Control thread.

#include <map>
#include <vector>

#include "conf/config.hpp"

namespace drishti::server {

class ListeningSockets {
 public:
  ListeningSockets() = default;
  ListeningSockets(const ListeningSockets&) = delete;
  ListeningSockets& operator=(const ListeningSockets&) = delete;
  ~ListeningSockets();

  struct Change {
    std::vector<std::pair<SocketAddress, int>> added;  ///< already bound and listening
    std::vector<SocketAddress> removed;
  };
  /// Binds what is new. Throws std::runtime_error and changes nothing when an address can't be bound.
  Change prepare(const std::vector<conf::Listen>& wanted);
  /// Takes the change into use; sockets that are not wanted any more are closed.
  void commit(const Change& change);
  /// A descriptor of its own for a worker.
  static int duplicate(int fd);
  /// Closes a socket that prepare() bound; the file of a unix socket is removed.
  static void close_one(const SocketAddress& address, int fd);
  /// Closes all; unix socket files are removed.
  void close();

 private:
  std::map<SocketAddress, int> sockets_;
};

}  // namespace drishti::server
