#pragma once
// Texts of failed system calls in nginx's form.

#include <string>
#include <string_view>

namespace drishti::net {

/// `2: No such file or directory`
std::string errno_text(int error);
/// `open() "PATH" failed (2: No such file or directory)`
std::string failed(std::string_view call, std::string_view path, int error);

}  // namespace drishti::net
