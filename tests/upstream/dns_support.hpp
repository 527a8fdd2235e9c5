#pragma once
// Running an io_context until something happened, and a hosts file for c-ares.

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "conf/socket_address.hpp"
#include "tests/support/fake_dns.hpp"
#include "tests/support/patience.hpp"

namespace drishti::upstream {

/// Runs IO until CONDITION holds; false when it did not within ten seconds.
template <class Condition>
bool run_until(boost::asio::io_context& io, Condition condition) {
  const auto end = std::chrono::steady_clock::now() + drishti::testing::patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    io.restart();
    io.run_one_for(std::chrono::milliseconds(20));
  }
  return true;
}

inline std::string texts(const std::vector<SocketAddress>& addresses) {
  std::string all;
  for (const auto& address : addresses) all += (all.empty() ? "" : " ") + address.text();
  return all;
}

/// c-ares reads this file instead of /etc/hosts while it lives.
class HostsFile {
 public:
  explicit HostsFile(const std::string& text) : path_(::testing::TempDir() + "hosts." + std::to_string(::getpid())) {
    write(text);
    ::setenv("CARES_HOSTS", path_.c_str(), 1);
  }
  ~HostsFile() {
    ::unsetenv("CARES_HOSTS");
    ::unlink(path_.c_str());
  }
  void write(const std::string& text) { std::ofstream(path_) << text; }

 private:
  std::string path_;
};

}  // namespace drishti::upstream
