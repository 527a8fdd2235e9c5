#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <stdexcept>

#include "net/log_file.hpp"
#include "net/os_error.hpp"
#include "server/admin_endpoint.hpp"
#include "server/config_walk.hpp"
#include "server/error_log.hpp"
#include "server/pid_file.hpp"
#include "server/privileges.hpp"
#include "server/program.hpp"
#include "tls/client_context.hpp"
#include "tls/server_contexts.hpp"

namespace drishti::server {
namespace {

using conf::LogLevel;

void print_notices(const CommandLine& line, const conf::Config& config) {
  for (const conf::Notice& notice : config.notices) {
    const bool is_warning = notice.level == conf::Notice::Level::warn;
    if (is_warning || !line.quiet) print_message(is_warning ? LogLevel::warn : LogLevel::notice, notice_text(notice));
  }
}

std::runtime_error bind_error(const char* call, const SocketAddress& address) {
  return std::runtime_error(std::string(call) + address.text() + " failed (" + net::errno_text(errno) + ")");
}

/// Whether the address may be bound. One in use is no error, as the proxy itself may be running. A unix socket is not
/// tried, since that would leave a file.
void check_listen(const SocketAddress& address) {
  if (address.is_unix()) return;
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw bind_error("socket() ", address);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const int result = ::bind(fd, address.data(), address.size());
  const int error = errno;
  ::close(fd);
  errno = error;
  if (result != 0 && error != EADDRINUSE) throw bind_error("bind() to ", address);
}

void check_environment(const std::shared_ptr<const conf::Config>& tested) {
  const conf::Config& config = *tested;
  tls::ProcessState tls_state;
  const tls::ServerContexts contexts(tested, tls_state);
  const tls::ClientContexts upstream_tls(config);
  for (const auto& context : contexts.all())
    for (const std::string& warning : context->warnings()) print_message(LogLevel::warn, warning);
  if (contexts.lacks_kernel_tls()) print_message(LogLevel::notice, contexts.no_kernel_tls);
  ErrorLog log;  // prints warnings to standard error
  check_user(config.main.user, config.main.group, log);
  for (const std::string& path : temp_paths(config)) {
    make_private_directory(path, config.main.user, config.main.group);
  }
  check_pid_path(config.main.pid);
  net::LogHub hub;
  for (const std::string& path : log_paths(config)) hub.open(path);
  for (const auto& server : config.servers) {
    for (const conf::Listen& listen : server->listens) check_listen(listen.address);
  }
  if (config.main.admin.listen) check_listen(*config.main.admin.listen);
  admin_access(config.main.admin);
  admin_tls(config.main.admin);
}

void dump(const conf::Config& config) {
  for (const conf::SourceFile& file : config.files) {
    std::cout << "# configuration file " << file.path << ":\n" << file.content << '\n';
  }
  std::cout.flush();
}

}  // namespace

int test_configuration(const CommandLine& line) {
  try {
    const auto config = load(line);
    print_notices(line, *config);
    if (!line.quiet) print_message("the configuration file " + line.conf_path + " syntax is ok");
    check_environment(config);
    if (!line.quiet) print_message("configuration file " + line.conf_path + " test is successful");
    if (line.action == CommandLine::Action::dump) dump(*config);
    return 0;
  } catch (const std::exception& error) {
    print_message(LogLevel::emerg, error.what());
    print_message("configuration file " + line.conf_path + " test failed");
    return 1;
  }
}

}  // namespace drishti::server
