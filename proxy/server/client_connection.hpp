#pragma once
// A connection of a client, whatever is spoken on it: what its worker lists, to end it. Owned by itself.

#include <boost/intrusive/list.hpp>

namespace drishti::server {

class ClientConnection : public boost::intrusive::list_base_hook<> {
 public:
  ClientConnection() = default;
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  /// Begins nothing new; ends now when nothing is in progress. The first request of a client that has just connected is in
  /// progress: nobody could tell it to ask elsewhere.
  virtual void close_if_idle() = 0;
  /// The worker has a new configuration: what idles goes over to it, or ends when its address is no longer listened on.
  virtual void configuration_changed() = 0;
  virtual void close_now() = 0;

 protected:
  ~ClientConnection() = default;
};

}  // namespace drishti::server
