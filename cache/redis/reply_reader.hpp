#pragma once
// Replies out of the bytes of a connection: hiredis's reader, with limits that it does not have. The bytes are hostile:
// whoever answers on Redis's port may send anything. Any one thread.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "cache/redis/reply.hpp"

struct redisReader;

namespace drishti::cache::redis {

struct ReplyLimits {
  std::size_t bytes = 8 << 20;       ///< of one reply as sent
  std::size_t elements = 64 << 10;   ///< of all arrays of one reply together
};

class ReplyReader {
 public:
  enum class State : std::uint8_t { incomplete, complete, broken };

  explicit ReplyReader(ReplyLimits limits = {});
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  void feed(std::string_view bytes);
  /// The next whole reply. Once broken it stays so, because nobody knows where the next reply would begin.
  State next(Reply& reply);
  /// Why it is broken.
  const std::string& error() const { return error_; }
  /// Forgets everything: for a new connection.
  void reset();

 private:
  struct Objects;
  struct Free {
    void operator()(redisReader* reader) const;
  };
  State broken(std::string why);

  ReplyLimits limits_;
  Reply root_;
  std::size_t elements_ = 0;  ///< announced by the arrays of the reply being read
  std::size_t bytes_ = 0;     ///< fed since the last whole reply
  std::string error_;
  std::unique_ptr<redisReader, Free> reader_;
};

}  // namespace drishti::cache::redis
