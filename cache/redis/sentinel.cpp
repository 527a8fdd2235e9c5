#include "cache/redis/sentinel.hpp"

#include <algorithm>
#include <utility>

#include "cache/redis/client.hpp"
#include "cache/redis/command.hpp"
#include "conf/units.hpp"

namespace drishti::cache::redis {
namespace {

constexpr std::string_view channel = "+switch-master";
constexpr net::milliseconds heartbeat{1000};
constexpr net::milliseconds patience{1000};
// After so many attempts in a row the next sentinel is asked: this one may know less than the others.
constexpr int attempts_a_sentinel = 4;

std::optional<Node> node_of(std::string_view host, std::string_view port) {
  const auto number = conf::parse_number(port);
  if (host.empty() || host.size() > 255 || !number || *number == 0 || *number > 65535) return std::nullopt;
  return Node{std::string(host), static_cast<std::uint16_t>(*number)};
}

std::string_view take_word(std::string_view& text) {
  const std::size_t at = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return word;
}

ConnectionOptions sentinel_options(const RedisUrl& url) {
  ConnectionOptions options = connection_options(url);
  options.user.clear();
  options.password = url.sentinel_password;
  options.database = 0;
  options.must_be_master = false;
  options.timeout = std::max(options.timeout, patience);
  return options;
}

}  // namespace

class SentinelSource::Watch : public std::enable_shared_from_this<Watch> {
 public:
  Watch(const RedisUrl& url, const ClientServices& services)
      : reactor_(services.reactor),
        resolve_(services.resolve),
        name_(url.master_name),
        sentinel_(std::make_shared<Connection>(
            reactor_, std::make_unique<NodeList>(reactor_, services.resolve, url.nodes), sentinel_options(url),
            services.metrics, services.log)),
        known_(reactor_),
        stop_(reactor_) {
    sentinel_->on_prepare([this](Connection& connection) { return ask(connection); });
    sentinel_->on_message([this](Reply& reply) { return take_message(reply); });
  }

  void stop() {
    if (std::exchange(stopped_, true)) return;
    moved = nullptr;
    sentinel_->stop();
    stop_.notify();
    known_.notify();
  }

  net::Task<std::optional<Target>> next([[maybe_unused]] std::shared_ptr<Watch> self) {
    if (!std::exchange(started_, true)) {
      sentinel_->start();
      net::spawn(beat(shared_from_this()));
    }
    if (++attempts_ % attempts_a_sentinel == 0) sentinel_->end(ErrorKind::connect, "the next sentinel is asked");
    if (!sentinel_->is_available()) co_await known_.wait(patience);
    if (stopped_ || !master_) co_return std::nullopt;
    const Node node = *master_;
    const auto address = co_await address_of(reactor_, resolve_, node, patience);
    if (!address) co_return std::nullopt;
    co_return Target{node, *address};
  }

  std::function<void()> moved;

 private:
  net::Task<bool> ask(Connection& connection) {
    const std::string question = command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", name_);
    const CallResult answer = co_await connection.prepare(question);
    const auto& words = answer.reply.elements;
    if (!answer.ok() || words.size() != 2) co_return false;
    const auto master = node_of(words[0].text, words[1].text);
    if (!master) co_return false;
    const std::string subscribe = command("SUBSCRIBE", channel);
    const CallResult subscribed = co_await connection.prepare(subscribe);
    if (!subscribed.ok() || !subscribed.reply.is(Reply::Type::array)) co_return false;
    learn(*master);
    co_return true;
  }

  /// `message +switch-master "NAME OLD-IP OLD-PORT NEW-IP NEW-PORT"`
  bool take_message(const Reply& reply) {
    if (reply.elements.size() != 3 || reply.elements[0].text != "message") return false;
    std::string_view text = reply.elements[2].text;
    if (take_word(text) != name_) return true;
    take_word(text);
    take_word(text);
    const std::string_view host = take_word(text);
    if (const auto master = node_of(host, take_word(text))) learn(*master);
    return true;
  }

  void learn(const Node& master) {
    const bool is_other = master_ && *master_ != master;
    master_ = master;
    attempts_ = 0;
    known_.notify();
    if (is_other && moved) moved();
  }

  net::Task<void> beat([[maybe_unused]] std::shared_ptr<Watch> self) {
    const std::string ping = command("PING");
    while (!stopped_) {
      if (sentinel_->is_available()) sentinel_->tell(ping);
      co_await stop_.wait(heartbeat);
    }
  }

  net::Reactor& reactor_;
  Resolve resolve_;
  std::string name_;
  std::shared_ptr<Connection> sentinel_;
  std::optional<Node> master_;
  Signal known_, stop_;
  int attempts_ = 0;
  bool started_ = false;
  bool stopped_ = false;
};

SentinelSource::SentinelSource(const RedisUrl& url, const ClientServices& services)
    : watch_(std::make_shared<Watch>(url, services)) {}
SentinelSource::~SentinelSource() { watch_->stop(); }
void SentinelSource::stop() { watch_->stop(); }

net::Task<std::optional<Target>> SentinelSource::next() { co_return co_await watch_->next(watch_); }

void SentinelSource::on_moved(std::function<void()> moved) { watch_->moved = std::move(moved); }

}  // namespace drishti::cache::redis
