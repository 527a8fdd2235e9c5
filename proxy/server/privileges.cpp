#include "server/privileges.hpp"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <stdexcept>
#include <thread>

#include "net/os_error.hpp"

namespace drishti::server {
namespace {

using conf::LogLevel;

// Bind below port 1024; open and remove files in directories of root. Both are in the first 32 capabilities.
constexpr std::uint32_t kept = (1U << CAP_NET_BIND_SERVICE) | (1U << CAP_DAC_OVERRIDE);

/// Sets the capabilities of the calling thread. The C library has no wrapper for this system call.
bool set_capabilities(std::uint32_t permitted, std::uint32_t effective) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  data[0].permitted = permitted;
  data[0].effective = effective;
  return ::syscall(SYS_capset, &header, data) == 0;
}

std::uint32_t permitted_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  if (::syscall(SYS_capget, &header, data) != 0) return 0;
  return data[0].permitted;
}

void check(int result, const std::string& call) {
  if (result != 0) throw std::runtime_error(call + " failed (" + net::errno_text(errno) + ")");
}

struct Identity {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};

gid_t group_id(const std::string& name, gid_t fallback) {
  if (name.empty()) return fallback;
  const ::group* entry = ::getgrnam(name.c_str());
  if (entry == nullptr) throw std::runtime_error("getgrnam(\"" + name + "\") failed");
  return entry->gr_gid;
}

/// Who to become; nullopt for a process that is not root's and can't become anybody.
std::optional<Identity> identity(const std::string& user, const std::string& group) {
  if (::geteuid() != 0) return std::nullopt;
  const std::string name = user.empty() ? "nobody" : user;
  const passwd* entry = ::getpwnam(name.c_str());
  if (entry == nullptr) throw std::runtime_error("getpwnam(\"" + name + "\") failed");
  Identity found{name, entry->pw_uid, entry->pw_gid};
  found.gid = group_id(group, found.gid);
  return found;
}

}  // namespace

void set_file_limit(std::optional<std::uint64_t> worker_rlimit_nofile, net::ErrorLog& log) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  rlimit wanted{limit.rlim_max, limit.rlim_max};
  if (worker_rlimit_nofile) wanted = {*worker_rlimit_nofile, *worker_rlimit_nofile};
  if (::setrlimit(RLIMIT_NOFILE, &wanted) != 0) {
    log.write(
        LogLevel::alert, 0,
        "setrlimit(RLIMIT_NOFILE, " + std::to_string(wanted.rlim_cur) + ") failed (" + net::errno_text(errno) + ")");
  }
  ::getrlimit(RLIMIT_NOFILE, &limit);
  log.write(LogLevel::notice, 0,
            "getrlimit(RLIMIT_NOFILE): " + std::to_string(limit.rlim_cur) + ":" + std::to_string(limit.rlim_max));
}

void check_user(const std::string& user, const std::string& group, net::ErrorLog& log) {
  if (identity(user, group) || user.empty()) return;
  log.write(LogLevel::warn, 0,
            "the \"user\" directive makes sense only if the master process runs with super-user privileges, ignored");
}

void make_private_directory(const std::string& path, const std::string& user, const std::string& group) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    throw std::runtime_error(net::failed("mkdir()", path, errno));
  const std::optional<Identity> owner = identity(user, group);
  struct stat status {};
  if (!owner || ::stat(path.c_str(), &status) != 0 || status.st_uid == owner->uid) return;
  if (::chown(path.c_str(), owner->uid, owner->gid) != 0) throw std::runtime_error(net::failed("chown()", path, errno));
}

void drop_privileges(const std::string& user, const std::string& group, net::ErrorLog& log) {
  check_user(user, group, log);
  const std::optional<Identity> who = identity(user, group);
  if (!who || who->uid == 0) return;  // `user root;`
  check(::setgid(who->gid), "setgid(" + std::to_string(who->gid) + ")");
  check(::initgroups(who->name.c_str(), who->gid), "initgroups(" + who->name + ", " + std::to_string(who->gid) + ")");
  check(::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "prctl(PR_SET_KEEPCAPS, 1)");
  check(::setuid(who->uid), "setuid(" + std::to_string(who->uid) + ")");
  set_capabilities(permitted_capabilities() & kept, 0);
  ::prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
  ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);  // /proc/self/fd stays readable: /dev/stdout is reopened through it
}

void run_without_capabilities(const std::function<void()>& function) {
  std::exception_ptr error;
  std::thread thread([&] {
    try {
      if (::geteuid() != 0) set_capabilities(0, 0);
      function();
    } catch (...) {
      error = std::current_exception();
    }
  });
  thread.join();
  if (error) std::rethrow_exception(error);
}

Elevation::Elevation() {
  if (::geteuid() != 0 && permitted_capabilities() != 0)
    set_capabilities(permitted_capabilities(), permitted_capabilities());
}

Elevation::~Elevation() {
  if (::geteuid() != 0 && permitted_capabilities() != 0) set_capabilities(permitted_capabilities(), 0);
}

}  // namespace drishti::server
