#include "server/cache_news.hpp"

#include <pthread.h>

#include "net/event_loop.hpp"

namespace drishti::server {

namespace redis = cache::redis;

struct CacheNews::Loop {
  Loop(net::ErrorLog& the_log, LookUp the_look_up) : log(the_log), look_up(std::move(the_look_up)) {}

  net::EventLoop events;
  net::ErrorLog& log;
  LookUp look_up;
  std::map<std::shared_ptr<RedisZone>, std::shared_ptr<redis::Invalidation>> followed;

  void post(std::function<void()> task) { events.post(std::move(task)); }

  redis::Resolve resolve() {
    return [this](const std::string& host, std::uint16_t port, std::function<void(std::vector<SocketAddress>)> done) {
      look_up(host, port, [this, done = std::move(done)](std::vector<SocketAddress> found) {
        post([done, found = std::move(found)] { done(found); });
      });
    };
  }

  void follow(const std::shared_ptr<RedisZone>& zone) {
    redis::InvalidationOptions options;
    options.prefix = zone->url.prefix;
    options.zone = zone->zone_name;
    options.on_removal = [memory = zone->zone](const cache::KeyHash& hash) { memory->forget(hash); };
    options.refusals = &zone->refusals;
    options.middleware = zone->format == conf::CacheFormat::middleware;
    options.on_bans = [memory = zone->zone](const std::vector<cache::Ban>& bans) {
      for (const cache::Ban& ban : bans) memory->add_ban(ban);
    };
    const redis::ClientServices services{events.reactor(), log, zone->counters.of_news(), resolve()};
    auto news = std::make_shared<redis::Invalidation>(zone->url, services, zone->zone->memory(), zone->hub, std::move(options));
    news->start();
    followed[zone] = std::move(news);
  }
};

CacheNews::CacheNews(net::ErrorLog& log, LookUp look_up) : loop_(std::make_unique<Loop>(log, std::move(look_up))) {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "cache news");
    loop_->events.run();
  });
}

// What stops ends in the next turns of the loop.
CacheNews::~CacheNews() {
  loop_->post([this] {
    for (auto& [zone, news] : loop_->followed) news->stop();
    loop_->post([this] { loop_->post([this] { loop_->events.stop(); }); });
  });
  thread_.join();
}

void CacheNews::follow(std::shared_ptr<RedisZone> zone) {
  loop_->post([this, zone = std::move(zone)] { loop_->follow(zone); });
}

void CacheNews::forget(const std::shared_ptr<RedisZone>& zone) {
  loop_->post([this, zone] {
    const auto found = loop_->followed.find(zone);
    if (found == loop_->followed.end()) return;
    found->second->stop();
    loop_->followed.erase(found);
    // What stops ends in the next turns of the loop, and still counts.
    loop_->post([this, zone] { loop_->post([zone] {}); });
  });
}

}  // namespace drishti::server
