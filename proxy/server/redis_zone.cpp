#include "server/redis_zone.hpp"

#include "cache/redis/client.hpp"
#include "cache/redis/middleware_format.hpp"
#include "cache/redis/redis_store.hpp"

namespace drishti::server {
namespace {

cache::redis::RedisStoreOptions store_options(RedisZone& zone) {
  cache::redis::RedisStoreOptions options;
  options.prefix = zone.url.prefix;
  options.zone = zone.zone_name;
  options.on_outdated = [memory = zone.zone](const cache::KeyHash& hash) { memory->memory().remove(hash); };
  options.on_ban = [memory = zone.zone](const cache::Ban& ban) { memory->add_ban(ban); };
  options.refusals = &zone.refusals;
  return options;
}

class Connected : public WorkerRedis {
 public:
  Connected(std::shared_ptr<RedisZone> zone, unsigned worker, net::Reactor& reactor, net::ErrorLog& log,
            cache::redis::Resolve resolve, cache::redis::ChangeHub::Post post)
      : zone_(std::move(zone)),
        services_{reactor, log, zone_->counters.all.of(worker), std::move(resolve)},
        client_(cache::redis::make_client(zone_->url, services_)),
        store_(make_store(std::move(post))) {
    client_->start();
  }
  cache::SharedStore& store() override { return *store_; }
  void stop() override {
    client_->stop();
    zone_->hub.all_changed();  // who waits for a change finds that nobody answers any more
  }

 private:
  std::unique_ptr<cache::redis::RedisStore> make_store(cache::redis::ChangeHub::Post post) {
    if (zone_->format == conf::CacheFormat::middleware)
      return std::make_unique<cache::redis::MiddlewareStore>(*client_, services_, zone_->hub, std::move(post),
                                                             store_options(*zone_));
    return std::make_unique<cache::redis::RedisStore>(*client_, services_, zone_->hub, std::move(post),
                                                      store_options(*zone_));
  }

  std::shared_ptr<RedisZone> zone_;
  cache::redis::ClientServices services_;
  std::unique_ptr<cache::redis::Client> client_;
  std::unique_ptr<cache::redis::RedisStore> store_;
};

}  // namespace

cache::redis::RedisUrl redis_url_of(const conf::CacheZone& zone) {
  cache::redis::ParsedUrl parsed = cache::redis::redis_url_from(zone.redis_url);
  if (!parsed.url) throw conf::ConfigError(parsed.error + " in \"proxy_cache_path\"", zone.where);
  if (!zone.prefix.empty()) parsed.url->prefix = zone.prefix;
  if (zone.timeout.count() > 0) parsed.url->timeout = zone.timeout;
  return *parsed.url;
}

std::shared_ptr<WorkerRedis> connect_worker(std::shared_ptr<RedisZone> zone, unsigned worker, net::Reactor& reactor,
                                            net::ErrorLog& log, cache::redis::Resolve resolve, cache::redis::ChangeHub::Post post) {
  return std::make_shared<Connected>(std::move(zone), worker, reactor, log, std::move(resolve), std::move(post));
}

}  // namespace drishti::server
