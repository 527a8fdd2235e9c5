#include "request/background_fetch.hpp"

#include "request/no_client.hpp"

namespace drishti::request {
namespace {

/// A request of its own: the head and what the phases found out, copied, because the client's buffer will be reused.
class BackgroundFetch {
 public:
  BackgroundFetch(const CachedExchange::Means& means, std::shared_ptr<cache::Fill> fill, cache::KeyHash hash)
      : means_(means), fill_(std::move(fill)), hash_(hash), context_(means.services.clock()), generation_(&means.generation),
        client_(means.services.background) {
    clone(means.context);
    means_.new_exchange = [](void* owner) -> ProxyExchange& { return static_cast<BackgroundFetch*>(owner)->new_exchange(); };
    means_.owner = this;
  }

  static net::Detached run(std::unique_ptr<BackgroundFetch> self) {
    CachedExchange cached({self->means_.services, self->means_.dynamic, self->context_, self->client_,
                           self->means_.generation, self->body_, self->means_.new_exchange, self.get()});
    co_await cached.lead(self->fill_, self->hash_);
  }

 private:
  ProxyExchange& new_exchange() {
    exchanges_.push_back(std::make_unique<ProxyExchange>(means_.services, means_.dynamic, context_, client_,
                                                         means_.generation, body_));
    return *exchanges_.back();
  }

  std::string_view copy(std::string_view text) { return context_.arena.copy(text); }

  void clone(const context::RequestContext& from) {
    connection_ = *from.connection;
    connection_.fd = -1;
    context_.error_log = from.error_log;
    context_.connection = &connection_;
    context_.config = from.config;
    context_.server = from.server;
    context_.location = from.location;
    context_.started_at = context_.clock->now();
    context_.real_remote = from.real_remote;
    context_.real_remote_text = copy(from.real_remote_text);
    clone_head(from.head);
    context_.method = http::Method::get;
    context_.method_text = "GET";
    context_.host = copy(from.host);
    context_.uri = copy(from.uri);
    context_.args = copy(from.args);
    context_.raw_target_valid = from.raw_target_valid;
    context_.location_prefix_valid = from.location_prefix_valid;
    context_.is_internal = from.is_internal;
    context_.is_early = from.is_early;
    clone_variables(from);
  }

  void clone_head(const http::RequestHead& from) {
    http::RequestHead& head = context_.head;
    head.method = http::Method::get;
    head.method_text = "GET";
    head.request_line = copy(from.request_line);
    head.target = copy(from.target);
    head.host = copy(from.host);
    head.host_port = copy(from.host_port);
    head.version = from.version;
    for (const http::Field& field : from.fields) head.fields.add({copy(field.name), copy(field.value), field.id});
  }

  void clone_variables(const context::RequestContext& from) {
    for (const auto& value : from.user_variables)
      context_.user_variables.push_back(value ? std::optional(copy(*value)) : std::nullopt);
    context_.captures = from.captures;
    context_.captures_subject = copy(from.captures_subject);
    context_.request_id = copy(from.request_id);
  }

  CachedExchange::Means means_;
  std::shared_ptr<cache::Fill> fill_;
  cache::KeyHash hash_;
  context::ConnectionInfo connection_;
  context::RequestContext context_;
  GenerationRef generation_;  ///< the configuration outlives this
  NoClient client_;
  RequestBody body_;
  std::vector<std::unique_ptr<ProxyExchange>> exchanges_;
};

}  // namespace

void fetch_in_background(const CachedExchange::Means& means, std::shared_ptr<cache::Fill> fill, cache::KeyHash hash) {
  BackgroundFetch::run(std::make_unique<BackgroundFetch>(means, std::move(fill), hash));
}

}  // namespace drishti::request
