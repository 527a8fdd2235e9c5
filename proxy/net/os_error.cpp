#include "net/os_error.hpp"

#include <system_error>

namespace drishti::net {

std::string errno_text(int error) { return std::to_string(error) + ": " + std::generic_category().message(error); }

std::string failed(std::string_view call, std::string_view path, int error) {
  return std::string(call) + " \"" + std::string(path) + "\" failed (" + errno_text(error) + ")";
}

}  // namespace drishti::net
