#include "upstream/http2_pool.hpp"

#include <algorithm>

namespace drishti::upstream {

using std::chrono::milliseconds;

Http2Pool::Reaper::Reaper(Http2Pool& owner)
    : Timer([](net::DeadlineWheel::Timer& timer) { static_cast<Reaper&>(timer).pool.reap(); }), pool(owner) {}

Http2Pool::Http2Pool(net::Reactor& reactor, std::shared_ptr<tls::ClientSessions> sessions)
    : reactor_(reactor), tls_sessions_(std::move(sessions)), reaper_(*this) {}

Http2Pool::~Http2Pool() { sessions_.clear(); }

void Http2Pool::clear() {
  for (const auto& session : sessions_) session->close();
}

void Http2Pool::reap() {
  std::erase_if(sessions_, [](const auto& session) { return session->is_closed() && session->may_go(); });
}

bool Http2Pool::is_opening() const {
  return std::ranges::any_of(sessions_, [](const auto& session) { return !session->may_go(); });
}

Http2Session* Http2Pool::find(const Peer& peer, const tls::ClientTarget& target, bool newest) {
  Http2Session* found = nullptr;
  for (const auto& session : sessions_) {
    if (!session->has_room() || !session->is_for(peer, target)) continue;
    found = session.get();
    if (!newest) break;
  }
  return found;
}

/// One that is being opened, unless so many wait for it that it cannot be enough.
Http2Session& Http2Pool::opening_for(Http2Opening opening) {
  const auto known = std::ranges::find_if(sessions_, [&](const auto& session) {
    return session->is_opening() && session->waiters() < Http2Client::most_streams &&
           session->is_for(*opening.peer, opening.target);
  });
  if (known != sessions_.end()) return **known;
  sessions_.push_back(std::make_unique<Http2Session>(reactor_, *this, std::move(opening)));
  Http2Session& session = *sessions_.back();
  return session;
}

net::Task<Http2Session*> Http2Pool::get(Http2Opening opening, bool fresh, WaitPoint& wait, OpenResult& result) {
  const auto deadline = reactor_.clock().now() + opening.connect_timeout;
  for (bool has_waited = false;; has_waited = true) {
    // What was opened meanwhile is fresh, too; the limit of its streams may already be reached by others that waited.
    if (!fresh || has_waited) {
      if (Http2Session* session = find(*opening.peer, opening.target, fresh)) co_return session;
    }
    const auto left = std::chrono::ceil<milliseconds>(deadline - reactor_.clock().now());
    if (left.count() <= 0) {
      result.kind = OpenResult::Kind::timeout;
      co_return nullptr;
    }
    Http2Session& session = opening_for(opening);
    const auto opened = session.opened();
    session.add_waiter(wait);
    if (session.may_go()) session.open();
    const net::Wake wake = co_await wait.wait(!session.is_opening(), left);
    if (wake != net::Wake::ready) {
      session.remove_waiter(wait);
      result.kind = wake == net::Wake::timeout ? OpenResult::Kind::timeout : OpenResult::Kind::cancelled;
      co_return nullptr;
    }
    result = *opened;
    if (result.kind != OpenResult::Kind::open) co_return nullptr;
  }
}

}  // namespace drishti::upstream
