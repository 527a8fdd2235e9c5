#pragma once
// What the API tells of the process, its traffic, its configuration and its caches. Control thread.

#include "admin/json.hpp"
#include "admin/process.hpp"

namespace drishti::admin {

json::value status_json(const Process& process);
json::value traffic_json(const Process& process);
json::value config_json(const Process& process);
json::value caches_json(const Process& process);
json::value certificates_json(const Process& process);

}  // namespace drishti::admin
