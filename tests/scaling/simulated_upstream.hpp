#pragma once
// An upstream in simulated time: servers with a few places each, requests that queue for them, one queue a server.

#include <algorithm>
#include <functional>
#include <queue>
#include <random>
#include <vector>

#include "metrics/scaling/sample.hpp"

namespace drishti::scaling {

class SimulatedUpstream {
 public:
  struct Settings {
    int peers = 2;
    int slots = 4;               ///< requests that a server works on at once
    Seconds service = 0.02;      ///< mean
    bool is_random = true;       ///< exponential arrivals and service; else as regular as a clock
    unsigned seed = 7;
  };

  explicit SimulatedUpstream(Settings settings) : settings_(settings), random_(settings.seed) { set_peers(settings.peers); }

  double peer_capacity() const { return settings_.slots / settings_.service; }
  void set_peers(int peers) {
    peers_.resize(static_cast<std::size_t>(peers), Peer{std::vector<Seconds>(static_cast<std::size_t>(settings_.slots), now_)});
    healthy_ = peers;
  }
  void set_healthy(int healthy) { healthy_ = healthy; }
  void set_service(Seconds service) { settings_.service = service; }
  int peers() const { return static_cast<int>(peers_.size()); }
  Seconds now() const { return now_; }

  /// Until a second later, with RATE requests a second; the sample that the control thread would take.
  UpstreamSample run_second(double rate) {
    const Seconds end = now_ + 1;
    while (next_arrival_ < end) {
      if (rate > 0) arrive(next_arrival_);
      next_arrival_ += rate > 0 ? gap(1 / rate) : 1;
    }
    finish_until(end);
    now_ = end;
    sample_.at = now_;
    sample_.peers = peers();
    sample_.healthy = healthy_;
    sample_.busy_seconds = integral_ + static_cast<double>(in_progress_.size()) * now_;
    return sample_;
  }

 private:
  struct Peer {
    std::vector<Seconds> free_at;
  };
  struct Request {
    Seconds end = 0, begin = 0;
    bool operator>(const Request& other) const { return end > other.end; }
  };

  Seconds gap(Seconds mean) {
    return settings_.is_random ? std::exponential_distribution<double>(1 / mean)(random_) : mean;
  }

  /// To the server whose place is free first, as least_conn would.
  void arrive(Seconds at) {
    finish_until(at);
    Seconds* best = nullptr;
    for (int i = 0; i < std::max(1, healthy_); ++i)
      for (Seconds& place : peers_[static_cast<std::size_t>(i)].free_at)
        if (best == nullptr || place < *best) best = &place;
    *best = std::max(*best, at) + gap(settings_.service);
    in_progress_.push({*best, at});
    integral_ -= at;
    sample_.arrived += 1;
  }

  void finish_until(Seconds time) {
    for (; !in_progress_.empty() && in_progress_.top().end <= time; in_progress_.pop()) {
      const Request& done = in_progress_.top();
      integral_ += done.end;
      sample_.ended += 1;
      sample_.service_seconds += done.end - done.begin;
    }
  }

  Settings settings_;
  std::mt19937 random_;
  std::vector<Peer> peers_;
  int healthy_ = 0;
  Seconds now_ = 1000, next_arrival_ = 1000;
  std::priority_queue<Request, std::vector<Request>, std::greater<>> in_progress_;
  double integral_ = 0;
  UpstreamSample sample_;
};

}  // namespace drishti::scaling
