#include "server/listener.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

#include "server/worker.hpp"

namespace drishti::server {
namespace {

constexpr int most_accepts_a_turn = 64;
constexpr int most_waiting = 1024;  // more would let whoever keeps connecting put off the end
constexpr std::chrono::milliseconds pause_for{100};

// Level-triggered, so that a paused or bounded accept loop loses nothing; exclusive, so that one worker wakes.
constexpr std::uint32_t listener_events = EPOLLIN | EPOLLEXCLUSIVE;

std::string bind_error(const char* call, const SocketAddress& address, int error) {
  return std::string(call) + " to " + address.text() + " failed (" + std::to_string(error) + ": " +
         std::strerror(error) + ")";
}

// A socket file that nobody listens on is a left-over of a killed process.
void remove_stale_socket(const SocketAddress& address) {
  int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool is_dead = ::connect(probe, address.data(), address.size()) != 0 && errno == ECONNREFUSED;
  ::close(probe);
  if (is_dead) ::unlink(reinterpret_cast<const sockaddr_un*>(address.data())->sun_path);
}

}  // namespace

int open_listening_socket(const conf::Listen& listen) {
  const SocketAddress& address = listen.address;
  int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw std::runtime_error(bind_error("socket()", address, errno));
  int on = 1, v6only = listen.ipv6only ? 1 : 0;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (listen.reuseport) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  // Connections inherit these.
  if (listen.so_keepalive) ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  if (!address.is_unix()) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (address.family() == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof v6only);
  if (address.is_unix()) {
    remove_stale_socket(address);
    ::fchmod(fd, listen.unix_mode);  // from the first moment on; the umask takes bits away, which chmod() gives back
  }
  if (::bind(fd, address.data(), address.size()) != 0) {
    int error = errno;
    ::close(fd);
    throw std::runtime_error(bind_error("bind()", address, error));
  }
  if (address.is_unix()) ::chmod(reinterpret_cast<const sockaddr_un*>(address.data())->sun_path, listen.unix_mode);
  if (::listen(fd, listen.backlog) != 0) {
    int error = errno;
    ::close(fd);
    throw std::runtime_error(bind_error("listen()", address, error));
  }
  return fd;
}

Listener::PauseTimer::PauseTimer(Listener& listener)
    : Timer([](net::DeadlineWheel::Timer& timer) {
        static_cast<PauseTimer&>(timer).owner.channel_.resume_events();
      }),
      owner(listener) {}

Listener::Listener(Worker& worker, int fd, const SocketAddress& address)
    : worker_(worker), address_(address), pause_timer_(*this) {
  channel_.open(worker.services().reactor, fd, listener_events);
  channel_.set_hook([](net::Channel&, void* self) { static_cast<Listener*>(self)->accept_some(); }, this);
}

/// False, with errno: there is nobody, or the system has no room.
bool Listener::accept_one() {
  SocketAddress remote;
  socklen_t size = sizeof(sockaddr_storage);
  const int fd = ::accept4(channel_.fd(), remote.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return errno == EINTR || errno == ECONNABORTED || errno == EPROTO;
  remote.set_size(size);
  worker_.accepted(fd, remote, *this);
  return true;
}

// Who comes alone costs no call that finds nobody. The event is level-triggered: when it comes again in the very next turn,
// it has been too few.
void Listener::accept_some() {
  const std::uint32_t turn = worker_.services().reactor.turn_number();
  if (turn - filled_in_turn_ == 1) batch_ = std::min(2 * batch_, most_accepts_a_turn);
  for (int i = 0; i < batch_; ++i) {
    if (accept_one()) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return pause(errno);
    batch_ = std::max(1, i);
    return;
  }
  filled_in_turn_ = turn;
}

void Listener::accept_waiting() {
  for (int i = 0; i < most_waiting && accept_one(); ++i) {
  }
}

// The level-triggered event would come again at once; the channel leaves the epoll set until the timer.
void Listener::pause(int error) {
  channel_.pause_events();
  worker_.services().metrics.accept_pauses.add();
  worker_.services().error_log.write(conf::LogLevel::crit, 0,
                                     "accept4() failed (" + std::to_string(error) + ": " + std::strerror(error) + ")");
  worker_.services().reactor.arm(pause_timer_, pause_for);
}

}  // namespace drishti::server
