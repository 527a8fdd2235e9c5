#pragma once
// A connection of a client, whatever is spoken on it: what its worker lists, to end it. Owned by itself.

#include <boost/intrusive/list.hpp>

namespace drishti::server {

class ClientConnection : public boost::intrusive::list_base_hook<> {
 public:
  ClientConnection() = default;
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  /// Begins nothing new; ends now when nothing is in progress.
  virtual void close_if_idle() = 0;
  virtual void close_now() = 0;

 protected:
  ~ClientConnection() = default;
};

}  // namespace drishti::server
