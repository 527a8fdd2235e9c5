#include "net/asio_reactor.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace drishti::net {

namespace asio = boost::asio;

struct AsioReactor::Asio {
  asio::posix::stream_descriptor epoll;
  asio::steady_timer alarm;
};

AsioReactor::AsioReactor(asio::io_context& io)
    : asio_(std::make_unique<Asio>(Asio{asio::posix::stream_descriptor(io, epoll()), asio::steady_timer(io)})) {
  on_turn_requested([this] { post_turn(); });
  wait();
}

// The set is the reactor's own to close.
AsioReactor::~AsioReactor() { asio_->epoll.release(); }

void AsioReactor::wait() {
  asio_->epoll.async_wait(asio::posix::descriptor_base::wait_read, [this](const boost::system::error_code& error) {
    if (error) return;
    take_turns();
    wait();
  });
}

void AsioReactor::post_turn() {
  asio::post(asio_->epoll.get_executor(), [this] { take_turns(); });
}

// A busy reactor is asked again before asio is: that saves asio's calls for a batch of events.
void AsioReactor::take_turns() {
  constexpr int most_turns = 32;
  constexpr int busy_batch = 4;
  for (int i = 0; i < most_turns && turn(0) >= busy_batch; ++i) {
  }
  if (turn_requested()) post_turn();
  else set_alarm();
}

void AsioReactor::set_alarm() {
  if (timeout() < 0) return;
  const auto at = std::chrono::steady_clock::now() + milliseconds(timeout());
  const auto set = asio_->alarm.expiry();
  if (set > clock().now() && set <= at) return;  // rings early enough
  asio_->alarm.expires_at(at);
  asio_->alarm.async_wait([this](const boost::system::error_code& error) {
    if (!error) take_turns();
  });
}

}  // namespace drishti::net
