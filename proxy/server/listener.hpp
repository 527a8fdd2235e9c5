#pragma once
// Accepts on one address for one worker. Out of descriptors, it pauses instead of spinning (threat X06).

#include "conf/config.hpp"
#include "conf/socket_address.hpp"
#include "net/channel.hpp"

namespace drishti::server {

class Worker;

class Listener {
 public:
  Listener(Worker& worker, int fd, const SocketAddress& address);
  const SocketAddress& address() const { return address_; }
  /// Takes whoever has connected already: closing the socket would send them a reset.
  void accept_waiting();

 private:
  struct PauseTimer : net::DeadlineWheel::Timer {
    explicit PauseTimer(Listener& listener);
    Listener& owner;
  };
  bool accept_one();
  void accept_some();
  void pause(int error);

  Worker& worker_;
  SocketAddress address_;
  net::Channel channel_;
  PauseTimer pause_timer_;
  int batch_ = 1;  ///< accepts for an event
  std::uint32_t filled_in_turn_ = 0;  ///< when that many came
};

/// Binds and listens; throws std::runtime_error with nginx's words.
int open_listening_socket(const conf::Listen& listen);

}  // namespace drishti::server
