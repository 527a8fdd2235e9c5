#include "upstream/least_conn.hpp"

#include <algorithm>

namespace drishti::upstream {

std::size_t LeastConn::choose(PickRequest& request, Range range) {
  // Loads are compared by cross-multiplication, conns / weight without division, as nginx does.
  std::size_t best = none;
  std::int64_t best_conns = 0;
  std::int64_t best_weight = 1;
  bool tie = false;
  for (std::size_t i = range.begin; i < range.end; ++i) {
    if (!eligible(request, i)) continue;
    const Slot& slot = slots()[i];
    const std::int64_t conns = slot.in_flight();
    const std::int64_t mine = conns * best_weight;
    const std::int64_t bests = best_conns * slot.peer->weight;
    if (best == none || mine < bests) {
      best = i;
      best_conns = conns;
      best_weight = slot.peer->weight;
      tie = false;
    } else if (mine == bests) {
      tie = true;
    }
  }
  if (!tie) return best;
  range.begin = best;
  const std::size_t chosen = weighted_step(request, range, [&](const Slot& slot) {
    return slot.in_flight() * best_weight == best_conns * slot.peer->weight;
  });
  return chosen == none ? best : chosen;  // other workers moved the counts meanwhile: the first choice is still good
}

}  // namespace drishti::upstream
