// Any bytes as YAML: read or refused with a ConfigError; what was read survives both writers.

#include <cstddef>
#include <cstdint>

#include "round_trip.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    drishti::fuzz::require_round_trips(drishti::conf::read_yaml_text(text, "fuzz").directives);
  } catch (const drishti::conf::ConfigError&) {
  }
  return 0;
}
