#include "conf/number_locations.hpp"

namespace drishti::conf {
namespace {

void number_ifs(const std::vector<RewriteOp>& ops, unsigned number) {
  for (const RewriteOp& op : ops) {
    const auto* branch = std::get_if<IfOp>(&op.op);
    if (branch == nullptr) continue;
    number_ifs(branch->then, number);
    if (!branch->location) continue;
    branch->location->number = number;
    number_ifs(branch->location->rewrite, number);
  }
}

void number_location(Location& location, unsigned& next) {
  location.number = next++;
  number_ifs(location.rewrite, location.number);
  for (const auto& child : location.children) number_location(*child, next);
}

}  // namespace

void number_locations(const std::vector<std::shared_ptr<Server>>& servers) {
  unsigned next = 0;
  unsigned server_number = 0;
  for (const auto& server : servers) {
    server->number = server_number++;
    number_location(*server->root, next);
  }
}

}  // namespace drishti::conf
