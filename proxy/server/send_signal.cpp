#include <signal.h>

#include <cerrno>
#include <stdexcept>

#include "net/os_error.hpp"
#include "server/pid_file.hpp"
#include "server/program.hpp"

namespace drishti::server {
namespace {

int number_of(CommandLine::Signal signal) {
  switch (signal) {
    case CommandLine::Signal::stop:
      return SIGTERM;
    case CommandLine::Signal::quit:
      return SIGQUIT;
    case CommandLine::Signal::reopen:
      return SIGUSR1;
    default:
      return SIGHUP;
  }
}

}  // namespace

int send_signal(const CommandLine& line) {
  const auto config = load(line);
  pid_t pid = 0;
  try {
    pid = read_pid(config->main.pid);
  } catch (const std::runtime_error& error) {
    print_message(conf::LogLevel::error, error.what());
    return 1;
  }
  const int number = number_of(line.signal);
  if (::kill(pid, number) == 0) return 0;
  print_message(conf::LogLevel::alert, "kill(" + std::to_string(pid) + ", " + std::to_string(number) + ") failed (" +
                                           net::errno_text(errno) + ")");
  return 1;
}

}  // namespace drishti::server
