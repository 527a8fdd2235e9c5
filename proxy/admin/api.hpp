#pragma once
// What the admin listener answers: the dashboard, the pages for Prometheus and autoscalers, the API (docs/ADMIN.md).
// Control thread.

#include <memory>
#include <string_view>

#include "admin/guard.hpp"
#include "admin/message.hpp"
#include "admin/process.hpp"
#include "net/reactor.hpp"
#include "net/task.hpp"

namespace drishti::admin {

class Api {
 public:
  Api(net::Reactor& reactor, Process& process) : reactor_(reactor), process_(process) {}
  void use(std::shared_ptr<const Access> access) { access_ = std::move(access); }
  net::Task<Response> handle(const Request& request);

 private:
  net::Task<Response> answer(const Request& request);
  net::Task<Response> change(std::string_view path, const Request& request);
  net::Task<Response> purge(const Request& request);
  Response read(std::string_view path, const Request& request);
  Response reload();

  net::Reactor& reactor_;
  Process& process_;
  std::shared_ptr<const Access> access_ = std::make_shared<Access>();
};

}  // namespace drishti::admin
