#pragma once
// A response on its way from the origin, shared by those who asked for it at the same time. One of them, the leader,
// fetches it; the others wait, and stream along once it has begun. Any thread; the leader's calls come from one at a time.

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/body_overflow.hpp"
#include "cache/fill_budget.hpp"
#include "cache/stored_response.hpp"

namespace drishti::cache {

class Fill {
 public:
  enum class State : std::uint8_t {
    waiting,    ///< nothing is known yet
    streaming,  ///< the head is there, the body arrives
    outgrown,   ///< the same, but too large to be kept: for those who read it already, nobody else
    passed,     ///< an outgrown one arrived whole
    complete,   ///< whole() is the response
    again,      ///< it came to nothing, or was for others only: ask the cache again, one becomes the leader
    alone,      ///< the response is for the leader only: each for himself
    broken      ///< it began and did not arrive whole
  };
  /// Wakes a waiter, from any thread; must only post.
  using Wake = std::function<void()>;

  /// What stands behind a beginning: the head without a body, and for whom it is.
  struct Beginning {
    StoredResponsePtr head;
    std::optional<std::uint64_t> length;  ///< of the body; nothing: it ends when it ends (chunked, or with the connection)
    std::string vary;          ///< names of the selecting fields, "" without Vary
    std::string variant;       ///< their values in the leader's request (cache/vary.hpp)
  };

  // ---- the leader ----
  /// Room for BYTES of body in all; it is given back when the last who holds on has gone. False: there is none.
  bool reserve(std::uint64_t bytes, const std::shared_ptr<FillBudget>& budget) { return share_.grow_to(bytes, budget); }
  void begin(Beginning beginning);
  void append(std::span<const std::string_view> pieces);
  /// The body is too large to be kept: it goes on in OVERFLOW, for those who read it already. append() and end() have to go
  /// on, too. False: OVERFLOW cannot take it; nothing but end() is left.
  bool outgrow(std::unique_ptr<BodyOverflow> overflow);
  /// Somebody reads what has begun.
  bool is_read() const;
  /// The body so far, for storing it.
  std::vector<BodyBlock> take_body();
  void complete(StoredResponsePtr whole);
  /// It ends without a response for others; STATE: again, alone or broken; passed when an outgrown one is whole. Nothing
  /// after complete().
  void end(State state);
  bool has_waiters() const;
  /// What those who wait may serve meanwhile, if they may (RFC 5861): the memory may not hold it.
  void offer_stale(StoredResponsePtr stale);

  // ---- the waiters ----
  struct Progress {
    State state = State::waiting;
    std::uint64_t version = 0;
    StoredResponsePtr whole;
    StoredResponsePtr stale;
    std::uint64_t overflow_size = 0;  ///< bytes of the body in overflow(), from its first byte on
  };
  Progress progress() const;
  /// Valid while the fill lives; null before State::streaming.
  const Beginning* beginning() const;
  /// Appends the blocks of the body from number FROM on. Returns how many there are now. None once it outgrew.
  std::size_t blocks_from(std::size_t from, std::vector<BodyBlock>& out) const;
  /// Since State::outgrown, while the fill lives.
  const BodyOverflow& overflow() const { return *overflow_; }
  /// Calls WAKE once at the next change; false when there was one since VERSION.
  bool wait(std::uint64_t version, Wake wake);
  /// Counts who holds on, so that a leader whose client left knows whether to go on.
  void join();
  void leave();

 private:
  void publish_open();
  bool write_overflow(std::string_view data);
  void changed(std::unique_lock<std::mutex> lock);

  static constexpr std::size_t block_size = 64 << 10;
  FillBudget::Share share_;  ///< the leader's
  mutable std::mutex mutex_;
  State state_ = State::waiting;
  std::uint64_t version_ = 0;
  std::size_t waiters_ = 0;
  std::optional<Beginning> beginning_;
  std::vector<BodyBlock> blocks_;
  std::unique_ptr<BodyOverflow> overflow_;
  std::uint64_t overflow_size_ = 0;
  std::string open_;  ///< the leader's: what no waiter has seen yet
  StoredResponsePtr whole_, stale_;
  std::vector<Wake> wakes_;
};

}  // namespace drishti::cache
