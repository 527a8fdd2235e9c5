#include "server/admin_endpoint.hpp"

#include <boost/asio/io_context.hpp>

#include "admin/api.hpp"
#include "admin/listener.hpp"
#include "net/asio_reactor.hpp"
#include "server/admin_process.hpp"
#include "tls/listener_context.hpp"

namespace drishti::server {
namespace {

constexpr unsigned own_socket = 0600;  // who may open the file may read all that the API tells

std::vector<conf::Listen> listens(const conf::AdminSettings& settings) {
  if (!settings.listen) return {};
  conf::Listen listen;
  listen.address = *settings.listen;
  listen.unix_mode = own_socket;
  listen.backlog = admin::Listener::most_connections;
  return {listen};
}

}  // namespace

std::shared_ptr<const admin::Access> admin_access(const conf::AdminSettings& settings) {
  auto access = std::make_shared<admin::Access>();
  if (!settings.token_file.empty()) access->token = admin::read_token(settings.token_file);
  access->hosts = settings.hosts;
  access->is_local = settings.is_local();
  return access;
}

tls::SslContextPtr admin_tls(const conf::AdminSettings& settings) {
  if (!settings.listen || !settings.ssl) return nullptr;
  return tls::make_listener_context(settings.certificate, settings.certificate_key);
}

AdminEndpoint::Change::~Change() {
  if (!is_committed)
    for (const auto& [address, fd] : sockets.added) ListeningSockets::close_one(address, fd);
}

struct AdminEndpoint::Impl {
  explicit Impl(const AdminParts& parts)
      : reactor(parts.control),
        process(parts),
        api(reactor, process),
        listener(reactor, [this](const admin::Request& request) { return api.handle(request); }) {}

  net::AsioReactor reactor;
  AdminProcess process;
  admin::Api api;
  ListeningSockets sockets;
  admin::Listener listener;
};

AdminEndpoint::AdminEndpoint(const AdminParts& parts) : impl_(std::make_unique<Impl>(parts)) {}
AdminEndpoint::~AdminEndpoint() = default;

void AdminEndpoint::on_reload_request(std::function<std::string()> reload) {
  impl_->process.on_reload_request(std::move(reload));
}

std::unique_ptr<AdminEndpoint::Change> AdminEndpoint::prepare(const conf::AdminSettings& settings) {
  auto change = std::make_unique<Change>();
  change->access = admin_access(settings);
  change->tls = admin_tls(settings);
  change->sockets = impl_->sockets.prepare(listens(settings));
  return change;
}

void AdminEndpoint::commit(std::unique_ptr<Change> change) {
  impl_->reactor.clock().update();
  impl_->api.use(std::move(change->access));
  impl_->listener.use_tls(std::move(change->tls));
  if (!change->sockets.removed.empty()) impl_->listener.stop_accepting();
  for (const auto& [address, fd] : change->sockets.added) impl_->listener.listen(ListeningSockets::duplicate(fd));
  impl_->sockets.commit(change->sockets);
  change->is_committed = true;
}

void AdminEndpoint::stop_accepting() {
  impl_->listener.stop_accepting();
  impl_->sockets.close();
}

}  // namespace drishti::server
