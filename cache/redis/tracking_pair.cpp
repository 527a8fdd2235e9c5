#include "cache/redis/tracking_pair.hpp"

#include <utility>

#include "cache/redis/command.hpp"

namespace drishti::cache::redis {
namespace {

constexpr std::string_view channel = "__redis__:invalidate";

/// Always the node that the listener is connected to.
class FixedAddress : public AddressSource {
 public:
  explicit FixedAddress(Target target) : target_(std::move(target)) {}
  net::Task<std::optional<Target>> next() override { co_return target_; }

 private:
  Target target_;
};

}  // namespace

TrackingPair::TrackingPair(std::unique_ptr<AddressSource> source, ConnectionOptions options, ClientServices services,
                           std::vector<std::string> prefixes, net::milliseconds heartbeat, Events events)
    : options_(std::move(options)),
      services_(std::move(services)),
      prefixes_(std::move(prefixes)),
      heartbeat_(heartbeat),
      events_(std::move(events)),
      listener_(std::make_shared<Connection>(services_.reactor, std::move(source), options_, services_.metrics,
                                             services_.log)),
      stop_(services_.reactor) {
  listener_->on_prepare([this](Connection& connection) { return subscribe(connection); });
  listener_->on_message([this](Reply& reply) { return take_message(reply); });
  listener_->on_change([this](bool is_up) { listener_changed(is_up); });
}

void TrackingPair::start() {
  if (std::exchange(started_, true)) return;
  listener_->start();
  net::spawn(watch(shared_from_this()));
}

void TrackingPair::stop() {
  stopped_ = true;
  listener_->stop();
  stop_tracker();
  stop_.notify();
}

net::Task<bool> TrackingPair::subscribe(Connection& connection) {
  const std::string ask_id = command("CLIENT", "ID");
  const CallResult id = co_await connection.prepare(ask_id);
  if (!id.ok() || !id.reply.is(Reply::Type::integer)) co_return false;
  listener_id_ = id.reply.integer;
  const std::string text = command("SUBSCRIBE", channel);
  const CallResult result = co_await connection.prepare(text);
  co_return result.ok() && result.reply.is(Reply::Type::array);
}

net::Task<bool> TrackingPair::ask_for_broadcasts(Connection& connection) {
  const Decimal id(static_cast<std::uint64_t>(listener_id_));
  std::vector<std::string_view> words{"CLIENT", "TRACKING", "ON", "REDIRECT", id, "BCAST"};
  for (const std::string& prefix : prefixes_) {
    words.push_back("PREFIX");
    words.push_back(prefix);
  }
  std::string text;
  append_command(text, words);
  const CallResult result = co_await connection.prepare(text);
  co_return result.ok() && result.reply.is_ok();
}

void TrackingPair::listener_changed(bool is_up) {
  if (is_up) return start_tracker();
  stop_tracker();
}

void TrackingPair::start_tracker() {
  stop_tracker();
  tracker_ = std::make_shared<Connection>(services_.reactor, std::make_unique<FixedAddress>(listener_->target()),
                                          options_, services_.metrics, services_.log);
  tracker_->on_prepare([this](Connection& connection) { return ask_for_broadcasts(connection); });
  tracker_->on_change([this](bool is_up) { tracker_changed(is_up); });
  tracker_->start();
}

void TrackingPair::stop_tracker() {
  if (const auto tracker = std::exchange(tracker_, nullptr)) tracker->stop();
}

void TrackingPair::tracker_changed(bool is_up) {
  is_up_ = is_up;
  events_.changed();
}

/// `message`, the channel, and an array of names; nil instead of it: FLUSHDB or FLUSHALL.
bool TrackingPair::take_message(const Reply& reply) {
  if (reply.elements.size() != 3 || reply.elements[0].text != "message") return false;
  const Reply& names = reply.elements[2];
  if (!names.is(Reply::Type::array)) {
    events_.flush();
    return true;
  }
  for (const Reply& name : names.elements) events_.key(name.text);
  return true;
}

// The deadline of PING ends a connection that is open but dead.
net::Task<void> TrackingPair::watch([[maybe_unused]] std::shared_ptr<TrackingPair> self) {
  const std::string ping = command("PING");
  while (!stopped_) {
    if (listener_->is_available()) listener_->tell(ping);
    if (tracker_ && tracker_->is_available()) tracker_->tell(ping);
    co_await stop_.wait(heartbeat_);
  }
}

}  // namespace drishti::cache::redis
