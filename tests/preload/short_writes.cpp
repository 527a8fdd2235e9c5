// Loaded in front of libc by LD_PRELOAD: the first large write to a socket takes only half, as the kernel may when its buffer
// is full and the client makes room at the same time.
#include <dlfcn.h>
#include <sys/syscall.h>

#include <atomic>
#include <cstdarg>
#include <cstddef>

namespace {

constexpr long large = 4000;

long real_syscall(long number, const long (&with)[6]) {
  using Call = long (*)(long, ...);
  static const auto call = reinterpret_cast<Call>(::dlsym(RTLD_NEXT, "syscall"));
  return call(number, with[0], with[1], with[2], with[3], with[4], with[5]);
}

}  // namespace

extern "C" long syscall(long number, ...) noexcept {
  long with[6];
  std::va_list list;
  va_start(list, number);
  for (long& one : with) one = va_arg(list, long);
  va_end(list);
  static std::atomic_flag was_short;
  if (number == SYS_sendto && with[2] > large && !was_short.test_and_set()) with[2] /= 2;
  return real_syscall(number, with);
}
