#pragma once
// From root to `user`: all threads run as that user; the control thread alone may take back what a reload, a reopening
// of logs and the removal of the pid file need.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "net/error_log.hpp"

namespace drishti::server {

/// Raises the soft limit of open files to the hard one, or sets both to `worker_rlimit_nofile`. Logs
/// `getrlimit(RLIMIT_NOFILE): SOFT:HARD` (notice) and an alert when the limit can't be set.
void set_file_limit(std::optional<std::uint64_t> worker_rlimit_nofile, net::ErrorLog& log);

/// Whether `user` could be applied, for -t: warns and throws as drop_privileges() would.
void check_user(const std::string& user, const std::string& group, net::ErrorLog& log);

/// Makes the directory PATH (mode 0700) unless it exists; as root, gives it to USER. Throws std::runtime_error:
/// `mkdir() "PATH" failed (2: No such file or directory)`.
void make_private_directory(const std::string& path, const std::string& user, const std::string& group);

/// Changes to USER and GROUP (empty: USER's own group). Not being root is only a warning:
/// `the "user" directive makes sense only if the master process runs with super-user privileges, ignored`.
/// Throws std::runtime_error for an unknown name (`getpwnam("x") failed`) or a failed change. Before the workers start.
void drop_privileges(const std::string& user, const std::string& group, net::ErrorLog& log);

/// Runs FUNCTION on a thread without capabilities and waits for it, so that the threads which it starts have none.
/// An exception of FUNCTION is passed on.
void run_without_capabilities(const std::function<void()>& function);

/// Control thread, for its lifetime: low ports may be bound, and files opened and removed, as at the start. Nothing
/// changes for a process that was not started by root.
class Elevation {
 public:
  Elevation();
  ~Elevation();
  Elevation(const Elevation&) = delete;
  Elevation& operator=(const Elevation&) = delete;
};

}  // namespace drishti::server
