#pragma once
// Two connections to one Redis: the listener hears of changes, the tracker asked for them to be sent there. One thread.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cache/redis/client.hpp"

namespace drishti::cache::redis {

class TrackingPair : public std::enable_shared_from_this<TrackingPair> {
 public:
  struct Events {
    std::function<void(const std::string& name)> key;   ///< it changed or went
    std::function<void()> flush;                        ///< all keys went
    std::function<void()> changed;                      ///< is_up(): changes are seen from now on, or no longer
  };

  TrackingPair(std::unique_ptr<AddressSource> source, ConnectionOptions options, ClientServices services,
               std::vector<std::string> prefixes, net::milliseconds heartbeat, Events events);
  void start();   ///< once; again does nothing
  void stop();
  bool is_up() const { return is_up_; }

 private:
  void listener_changed(bool is_up);
  void tracker_changed(bool is_up);
  net::Task<bool> subscribe(Connection& connection);
  net::Task<bool> ask_for_broadcasts(Connection& connection);
  bool take_message(const Reply& reply);
  void start_tracker();
  void stop_tracker();
  net::Task<void> watch(std::shared_ptr<TrackingPair> self);

  ConnectionOptions options_;
  ClientServices services_;
  std::vector<std::string> prefixes_;
  net::milliseconds heartbeat_;
  Events events_;
  std::shared_ptr<Connection> listener_, tracker_;
  std::int64_t listener_id_ = 0;   ///< Redis's CLIENT ID of the listener
  Signal stop_;
  bool is_up_ = false;
  bool started_ = false;
  bool stopped_ = false;
};

}  // namespace drishti::cache::redis
