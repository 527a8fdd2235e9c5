#pragma once
// Groups for proxy_pass with variables: found by name among the configured upstreams, else made from an address or a
// look-up. One a worker; bounded.

#include <string>
#include <unordered_map>

#include "filters/proxy_request.hpp"
#include "net/task.hpp"
#include "request/worker_services.hpp"

namespace drishti::request {

class DynamicUpstreams {
 public:
  DynamicUpstreams(WorkerServices& services, unsigned worker_index) : services_(services), worker_index_(worker_index) {}
  /// The group for TARGET, or null when its name has no address (logged by the caller, 502).
  net::Task<UpstreamView*> find(const filters::DynamicTarget& target, const conf::Resolver& resolver,
                                Generation& generation);

 private:
  struct Entry {
    std::shared_ptr<conf::Upstream> config;
    UpstreamView view;
    net::Clock::Steady fresh_until{};
  };
  Entry& entry(const std::string& name);
  void publish(Entry& entry, const std::vector<SocketAddress>& addresses);
  WorkerServices& services_;
  unsigned worker_index_;
  std::unordered_map<std::string, std::unique_ptr<Entry>> entries_;
};

}  // namespace drishti::request
