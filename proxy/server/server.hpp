#pragma once
// The running proxy: workers, listeners, name resolver, generations of configuration. Lives on the control thread; the
// command line (main.cpp, control_loop) starts it, reloads it and stops it.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "conf/config.hpp"
#include "net/error_log.hpp"
#include "net/log_file.hpp"

namespace boost::asio {
class io_context;
}

namespace drishti::server {

class Server {
 public:
  /// `control` is the control thread's io_context; the others outlive the server. `workers`: threads, for good.
  Server(boost::asio::io_context& control, net::ErrorLog& error_log, net::LogHub& logs, unsigned workers);
  ~Server();

  /// Binds every listen address (before privileges are dropped), opens the access logs. Throws std::system_error or
  /// std::runtime_error with nginx's words: `bind() to 0.0.0.0:80 failed (98: Address already in use)`.
  void open(std::shared_ptr<const conf::Config> config);
  /// Starts the workers; returns once all of them accept.
  void start();
  /// HUP: new listeners are bound first, then the generation is exchanged; throws like open() and then changes nothing.
  void reload(std::shared_ptr<const conf::Config> config);
  /// A reload failed before or in reload(): for the metrics and the admin listener.
  void note_failed_reload(const std::string& reason);
  /// Before open(): what the admin listener calls to reload; returns the reason of a failure, or "".
  void on_reload_request(std::function<std::string()> reload);
  /// Lines that the logs lost since the start: for the metrics.
  void note_lost_log_lines(std::uint64_t lines);
  /// About once a second: samples for the scaling advice.
  void tick();
  /// QUIT: stops accepting, closes idle connections, lets requests finish; `done` runs on the control thread when the
  /// last one ended or `limit` (0 = none) closed the rest.
  void stop_gracefully(std::chrono::milliseconds limit, std::function<void()> done);
  /// TERM, INT: closes everything and joins the workers.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace drishti::server
