#include "upstream/peer_probe.hpp"

#include <algorithm>

#include "upstream/health_log.hpp"

namespace drishti::upstream {

using std::chrono::milliseconds;

namespace {

/// The first checks of all peers are made within this time, the next ones are spread over their interval.
constexpr milliseconds first_spread{250};

bool is_same(const conf::HealthCheck& a, const conf::HealthCheck& b) {
  return a.type == b.type && a.request == b.request && a.port == b.port && a.interval == b.interval &&
         a.grpc_service == b.grpc_service && a.preface == b.preface && a.http2 == b.http2 && a.tls == nullptr &&
         b.tls == nullptr;
}

}  // namespace

milliseconds ProbeServices::random_time(milliseconds most) {
  return milliseconds(std::uniform_int_distribution<std::int64_t>(0, std::max<std::int64_t>(0, most.count()))(random));
}

PeerProbe::~PeerProbe() {
  task_ = {};
  if (in_use_) in_use_->stream.channel().forget_waiters();
}

void PeerProbe::use(const std::string& group, std::shared_ptr<const Peer> peer, const Checks& checks) {
  is_retired_ = false;
  group_ = group;
  peer_ = std::move(peer);
  const Steady now = services_.reactor.clock().now();
  std::vector<Due> due;
  for (const auto& check : checks) {
    const auto known = std::ranges::find_if(due_, [&](const Due& before) { return is_same(*before.check, *check); });
    if (known != due_.end()) {  // a reload is no reason to ask everybody at once
      due.push_back(*known);
      due.back().check = check;
      continue;
    }
    const milliseconds first = services_.random_time(std::min(first_spread, check->interval));
    due.push_back({check, std::make_shared<CheckConnection>(), now + first});
  }
  due_ = std::move(due);
  if (!is_checking_) task_ = run();
}

void PeerProbe::retire() {
  is_retired_ = true;
  if (!is_checking_) task_ = {};
}

PeerProbe::Due& PeerProbe::next_due() { return *std::ranges::min_element(due_, {}, &Due::at); }

// The phases of the peers spread over the interval after their first check.
void PeerProbe::schedule(Due& due) {
  const Steady now = services_.reactor.clock().now();
  const milliseconds interval = due.check->interval;
  due.at = std::max(now, due.at + interval + services_.random_time(due.check->jitter));
  if (std::exchange(due.is_first, false)) due.at -= services_.random_time(interval / 2);
}

net::OwnedTask PeerProbe::run() {
  while (!is_retired_ && !due_.empty()) {
    const milliseconds wait =
        std::chrono::ceil<milliseconds>(next_due().at - services_.reactor.clock().now());
    if (wait.count() > 0) co_await net::Sleep(services_.reactor, wait);
    const auto check = next_due().check;
    in_use_ = next_due().connection;
    is_checking_ = true;
    const Steady begun = services_.reactor.clock().now();
    auto tls = check->tls ? services_.tls->of(*check->tls) : nullptr;
    HealthExchange exchange(services_.reactor, *in_use_, *check, peer_->address, std::move(tls));
    const CheckOutcome outcome = co_await exchange.run();
    is_checking_ = false;
    if (is_retired_) break;
    const auto done = std::ranges::find(due_, check, &Due::check);
    if (done == due_.end()) continue;  // of a configuration that is gone
    schedule(*done);
    report(*check, outcome, begun);
  }
}

void PeerProbe::report(const conf::HealthCheck& check, const CheckOutcome& outcome, Steady begun) {
  health::CheckResult result;
  result.passed = outcome.passed;
  result.reason = outcome.step.empty() ? outcome.reason : std::string(outcome.step) + ": " + outcome.reason;
  result.took_ms = std::chrono::duration_cast<milliseconds>(services_.reactor.clock().now() - begun).count();
  const auto index = static_cast<std::size_t>(std::ranges::find_if(due_, [&](const Due& due) {
                       return due.check.get() == &check;
                     }) - due_.begin());
  const auto transition = peer_->state->health.checked(index, std::move(result), health::Moment::now());
  if (!transition) return;
  const std::string_view step = outcome.step.empty() ? "while checking status code" : outcome.step;
  TransitionLog{services_.log, group_, check.match_name, step}.write(*transition, *peer_);
  if (peer_->queue) peer_->queue->wake();
}

}  // namespace drishti::upstream
