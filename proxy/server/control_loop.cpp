#include "server/control_loop.hpp"

#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <string>

#include "net/os_error.hpp"

namespace drishti::server {
namespace {

using conf::LogLevel;

constexpr int handled[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH, SIGCHLD};

/// A shell starts background jobs with INT and QUIT ignored, and nohup ignores HUP: all are taken back.
sigset_t block_handled_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : handled) {
    ::signal(number, SIG_DFL);
    ::sigaddset(&set, number);
  }
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return set;
}

/// A signalfd instead of a signal_set, because it names the sender, and the log should.
int open_signal_descriptor() {
  const sigset_t set = block_handled_signals();
  const int fd = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) throw std::runtime_error("signalfd() failed (" + net::errno_text(errno) + ")");
  return fd;
}

/// As PID 1 of a container the program inherits orphans; they must not stay zombies.
void reap_children() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

const char* purpose(int number) {
  switch (number) {
    case SIGTERM:
    case SIGINT:
      return ", exiting";
    case SIGQUIT:
      return ", shutting down";
    case SIGHUP:
      return ", reconfiguring";
    case SIGUSR1:
      return ", reopening logs";
    default:
      return ", ignored: not supported";
  }
}

}  // namespace

struct ControlLoop::Impl {
  Impl(boost::asio::io_context& the_io, Lifecycle& the_lifecycle, net::ErrorLog& the_log)
      : io(the_io), lifecycle(the_lifecycle), log(the_log), signals(io, open_signal_descriptor()), timer(io) {}

  void wait_for_signal();
  void read_signals();
  void log_signal(const signalfd_siginfo& info);
  void handle(int number);
  void wait_for_tick();
  void end();

  boost::asio::io_context& io;
  Lifecycle& lifecycle;
  net::ErrorLog& log;
  boost::asio::posix::stream_descriptor signals;
  boost::asio::steady_timer timer;
  bool is_stopping = false;
  bool has_ended = false;
};

void ControlLoop::Impl::wait_for_signal() {
  signals.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& error) {
    if (error || has_ended) return;
    read_signals();
    if (!has_ended) wait_for_signal();
  });
}

void ControlLoop::Impl::read_signals() {
  signalfd_siginfo info{};
  while (!has_ended && ::read(signals.native_handle(), &info, sizeof info) == sizeof info) {
    const int number = static_cast<int>(info.ssi_signo);
    if (number == SIGCHLD) {
      reap_children();
      continue;
    }
    log_signal(info);
    handle(number);
  }
}

void ControlLoop::Impl::log_signal(const signalfd_siginfo& info) {
  const int number = static_cast<int>(info.ssi_signo);
  std::string text = "signal " + std::to_string(number) + " (SIG" + ::sigabbrev_np(number) + ") received";
  if (info.ssi_pid != 0) text += " from " + std::to_string(info.ssi_pid);
  log.write(LogLevel::notice, 0, text + purpose(number));
}

void ControlLoop::Impl::handle(int number) {
  if (number == SIGTERM || number == SIGINT) return end();
  if (number == SIGUSR1) return lifecycle.reopen_logs();
  if (is_stopping) return;  // a reload or a second QUIT changes nothing any more
  if (number == SIGHUP) return lifecycle.reload();
  if (number != SIGQUIT) return;
  is_stopping = true;
  lifecycle.stop_gracefully([this] { end(); });
}

void ControlLoop::Impl::wait_for_tick() {
  timer.expires_after(std::chrono::seconds(1));
  timer.async_wait([this](const boost::system::error_code& error) {
    if (error || has_ended) return;
    lifecycle.tick();
    wait_for_tick();
  });
}

void ControlLoop::Impl::end() {
  has_ended = true;
  io.stop();
}

ControlLoop::ControlLoop(boost::asio::io_context& io, Lifecycle& lifecycle, net::ErrorLog& log)
    : impl_(std::make_unique<Impl>(io, lifecycle, log)) {}
ControlLoop::~ControlLoop() = default;

void ControlLoop::run() {
  impl_->wait_for_signal();
  impl_->wait_for_tick();
  while (!impl_->has_ended) {
    impl_->io.restart();
    impl_->io.run();
  }
}

}  // namespace drishti::server
