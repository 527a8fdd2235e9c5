#pragma once
// What the Node.js upstreams of the tests tell as JSON.

#include <string>

namespace drishti::testing {

/// The value of a member of a flat JSON text, without quotes; "absent" when there is none.
inline std::string member(const std::string& json, const std::string& name) {
  const std::string key = "\"" + name + "\":";
  std::size_t at = json.find(key);
  if (at == json.npos) return "absent";
  at += key.size();
  if (json[at] == '"') return json.substr(at + 1, json.find('"', at + 1) - at - 1);
  return json.substr(at, json.find_first_of(",}", at) - at);
}

}  // namespace drishti::testing
