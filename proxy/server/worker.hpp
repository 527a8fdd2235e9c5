#pragma once
// A worker: one thread, one event loop, and everything that its connections use. All but start(), post() and join() is
// called on its own thread.

#include <boost/intrusive/list.hpp>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "metrics/worker_metrics.hpp"
#include "net/buffer_pool.hpp"
#include "net/event_loop.hpp"
#include "request/no_client.hpp"
#include "request/request_handler.hpp"
#include "request/worker_services.hpp"
#include "server/cache_zones.hpp"
#include "server/listener.hpp"
#include "server/request_state.hpp"
#include "tls/server_contexts.hpp"

namespace drishti::server {

class ClientConnection;

class Worker {
 public:
  Worker(unsigned index, net::ErrorLog& error_log, request::DynamicResolve resolve,
         const metrics::Exposition& exposition);
  ~Worker();

  void start();                            ///< begins the thread
  void post(std::function<void()> task);   ///< runs TASK on the worker's thread; any thread may call
  void join();                             ///< ends the loop and waits for the thread
  const metrics::WorkerMetrics& metrics() const { return metrics_; }
  unsigned index() const { return index_; }

  // ---- on the worker's thread ----
  /// New requests use this snapshot; `retired` is called when the last request on it ended.
  void use(std::shared_ptr<const routing::Snapshot> snapshot,
           std::function<void(const routing::Snapshot&)> retired);
  /// Gives requests the use of a zone; a zone of the same name gives way.
  void add_cache(const ProcessZone& zone);
  /// The zone called NAME as requests use it; null when there is none.
  request::CacheZoneView* find_cache(const std::string& name);
  /// New handshakes use these contexts.
  void use(std::shared_ptr<const tls::ServerContexts> contexts) { tls_ = std::move(contexts); }
  void add_log(const std::string& path, std::shared_ptr<net::LogFile> file, std::size_t limit);
  /// Accepts on FD (owned from now on).
  void listen(int fd, const SocketAddress& address);
  /// Stops accepting on an address, which the configuration in use still has.
  void unlisten(const SocketAddress& address);
  /// Takes who has connected already, stops accepting, ends idle connections; `done` runs here when the last connection is gone.
  void drain(std::function<void()> done);
  /// Ends every connection now.
  void close_all();

  const request::GenerationRef& generation() const { return generation_; }
  const std::shared_ptr<const tls::ServerContexts>& tls() const { return tls_; }
  request::WorkerServices& services() { return services_; }
  request::RequestHandler& handler() { return handler_; }
  bool is_draining() const { return draining_; }
  /// What is left of TIMEOUT since BEGUN for a client that has connected and sent nothing yet; 0 or less: nothing. While the
  /// worker drains it is a second at most: enough for what is on its way, and browsers connect ahead of need.
  net::milliseconds time_left(net::Clock::Steady begun, net::milliseconds timeout) const;
  /// The Date of this second, 29 bytes.
  std::string_view http_date();

  void accepted(int fd, const SocketAddress& remote, const Listener& listener);
  void link(ClientConnection& connection);
  void unlink(ClientConnection& connection);

  /// Per-request state, recycled last in first out.
  std::unique_ptr<RequestState> take_state();
  void give_back(std::unique_ptr<RequestState> state);

 private:
  void flush_logs();
  void flush_logs_soon();
  struct FlushTimer : net::DeadlineWheel::Timer {
    explicit FlushTimer(Worker& owner);
    Worker& worker;
  };

  unsigned index_;
  net::ErrorLog& error_log_;
  net::EventLoop loop_;
  net::BufferPool buffers_;
  metrics::WorkerMetrics metrics_;
  request::PoolMap pools_;
  request::LogMap logs_;
  request::CacheMap caches_;
  std::vector<std::unique_ptr<request::CacheZoneView>> former_caches_;  ///< of zones that a reload replaced
  std::vector<std::shared_ptr<WorkerRedis>> redis_;
  request::NoClients background_;
  request::WorkerServices services_;
  request::RequestHandler handler_;
  request::GenerationRef generation_;
  std::shared_ptr<const tls::ServerContexts> tls_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::unique_ptr<RequestState>> free_states_;
  struct ConnectionList;
  std::unique_ptr<ConnectionList> connections_;
  std::function<void()> drained_;
  bool draining_ = false;
  FlushTimer flush_timer_;
  std::int64_t date_second_ = -1;
  char date_[32];
  std::uint64_t next_connection_id_;
  std::thread thread_;
};

}  // namespace drishti::server
