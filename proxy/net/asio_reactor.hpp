#pragma once
// A reactor whose turns are taken by an asio::io_context, for threads that have other things to do with asio: the control
// thread and its DNS sockets, signals and timers. Workers have an EventLoop, which costs less for a turn.

#include <memory>

#include "net/reactor.hpp"

namespace boost::asio {
class io_context;
}

namespace drishti::net {

class AsioReactor : public Reactor {
 public:
  /// Lives as long as handlers of IO may run.
  explicit AsioReactor(boost::asio::io_context& io);
  ~AsioReactor();

 private:
  struct Asio;
  void wait();
  void take_turns();
  void post_turn();
  void set_alarm();
  std::unique_ptr<Asio> asio_;
};

}  // namespace drishti::net
