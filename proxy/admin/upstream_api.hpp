#pragma once
// Upstreams and their servers: what is told of them, and what may be changed. Control thread.

#include <string>
#include <string_view>

#include "admin/json.hpp"
#include "admin/process.hpp"

namespace drishti::admin {

/// All groups: `{"upstreams":[...]}`.
json::value upstreams_json(Process& process);
/// One group.
json::value upstream_json(const upstream::UpstreamGroup& group, Process& process);
/// The group called NAME in force, or null.
std::shared_ptr<upstream::UpstreamGroup> find_group(const Process& process, std::string_view name);

/// WORD is what is done to the group called NAME: servers, remove, drain, enable, down, weight, reset.
Response change_upstream(Process& process, std::string_view name, std::string_view word, const Body& body);
bool is_upstream_change(std::string_view word);

}  // namespace drishti::admin
