#include "server/listening_sockets.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "server/listener.hpp"

namespace drishti::server {

ListeningSockets::~ListeningSockets() { close(); }

void ListeningSockets::close_one(const SocketAddress& address, int fd) {
  ::close(fd);
  if (address.is_unix()) ::unlink(reinterpret_cast<const sockaddr_un*>(address.data())->sun_path);
}

void ListeningSockets::close() {
  for (auto& [address, fd] : sockets_) close_one(address, fd);
  sockets_.clear();
}

int ListeningSockets::duplicate(int fd) { return ::fcntl(fd, F_DUPFD_CLOEXEC, 0); }

ListeningSockets::Change ListeningSockets::prepare(const std::vector<conf::Listen>& wanted) {
  Change change;
  try {
    for (const conf::Listen& listen : wanted) {
      if (sockets_.contains(listen.address)) continue;
      change.added.emplace_back(listen.address, open_listening_socket(listen));
    }
  } catch (...) {
    for (auto& [address, fd] : change.added) close_one(address, fd);
    throw;
  }
  for (auto& [address, fd] : sockets_) {
    bool is_wanted = std::any_of(wanted.begin(), wanted.end(), [&](const auto& l) { return l.address == address; });
    if (!is_wanted) change.removed.push_back(address);
  }
  return change;
}

void ListeningSockets::commit(const Change& change) {
  for (auto& [address, fd] : change.added) sockets_[address] = fd;
  for (const SocketAddress& address : change.removed) {
    close_one(address, sockets_[address]);
    sockets_.erase(address);
  }
}

}  // namespace drishti::server
