#pragma once
// Makes another body of a body, piece by piece. docs/COMPRESSION.md.

#include <cstdint>
#include <span>
#include <string_view>

namespace drishti::compress {

/// What is wanted beside coding the input.
enum class Op : std::uint8_t {
  process,  ///< keep back what makes the result smaller
  flush,    ///< give all that the reader needs to understand the input so far
  finish,   ///< the body ends here
};

struct Step {
  std::size_t consumed = 0;  ///< of the input
  std::size_t produced = 0;  ///< into the output
  bool wants_room = false;   ///< there is more to give: call again with a new output
  const char* failure = nullptr;  ///< for the error log; nothing can follow
};

class Coder {
 public:
  virtual ~Coder() = default;
  /// Input may be left over only when room is wanted.
  virtual Step code(std::string_view input, std::span<char> output, Op op) = 0;
};

}  // namespace drishti::compress
