#pragma once
// Groups for proxy_pass with variables: found by name among the configured upstreams, else made from an address or a
// look-up. One a worker; bounded.

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "filters/proxy_request.hpp"
#include "net/task.hpp"
#include "request/worker_services.hpp"

namespace drishti::request {

class DynamicUpstreams {
 public:
  DynamicUpstreams(WorkerServices& services, unsigned worker_index) : services_(services), worker_index_(worker_index) {}
  /// The group for TARGET, or null when its name has no address in time (logged by the caller, 502). A group that was
  /// made here lives as long as the pointer, and longer while there is room.
  net::Task<std::shared_ptr<UpstreamView>> find(const filters::DynamicTarget& target, const conf::CoreSettings& settings,
                                                Generation& generation);
  static constexpr std::size_t most_entries = 1024;

 private:
  struct Entry {
    std::shared_ptr<conf::Upstream> config;
    UpstreamView view;
    net::Clock::Steady fresh_until{};
    std::uint64_t last_use = 0;  ///< by uses_
  };
  std::shared_ptr<Entry> entry(const std::string& name);
  bool make_room();
  void publish(Entry& entry, const std::vector<SocketAddress>& addresses);
  WorkerServices& services_;
  unsigned worker_index_;
  std::unordered_map<std::string, std::shared_ptr<Entry>> entries_;
  std::uint64_t uses_ = 0;
};

}  // namespace drishti::request
