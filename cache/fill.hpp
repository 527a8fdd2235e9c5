#pragma once
// A response on its way from the origin, shared by those who asked for it at the same time. One of them, the leader,
// fetches it; the others wait, and stream along once it has begun. Any thread; the leader's calls come from one at a time.

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/fill_budget.hpp"
#include "cache/stored_response.hpp"

namespace drishti::cache {

class Fill {
 public:
  enum class State : std::uint8_t {
    waiting,    ///< nothing is known yet
    streaming,  ///< the head is there, the body arrives
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
    std::uint64_t length = 0;  ///< of the body
    std::string vary;          ///< names of the selecting fields, "" without Vary
    std::string variant;       ///< their values in the leader's request (cache/vary.hpp)
  };

  // ---- the leader ----
  /// Room for BYTES of body in all; it is given back when the last who holds on has gone. False: there is none.
  bool reserve(std::uint64_t bytes, const std::shared_ptr<FillBudget>& budget) { return share_.grow_to(bytes, budget); }
  void begin(Beginning beginning);
  void append(std::span<const std::string_view> pieces);
  /// The body so far, for storing it.
  std::vector<BodyBlock> take_body();
  void complete(StoredResponsePtr whole);
  /// It ends without a response for others; STATE: again, alone or broken. Nothing after complete().
  void end(State state);
  bool has_waiters() const;

  // ---- the waiters ----
  struct Progress {
    State state = State::waiting;
    std::uint64_t version = 0;
    StoredResponsePtr whole;
  };
  Progress progress() const;
  /// Valid while the fill lives; only in State::streaming, and complete or broken after it.
  const Beginning* beginning() const;
  /// Appends the blocks of the body from number FROM on. Returns how many there are now.
  std::size_t blocks_from(std::size_t from, std::vector<BodyBlock>& out) const;
  /// Calls WAKE once at the next change; false when there was one since VERSION.
  bool wait(std::uint64_t version, Wake wake);
  /// Counts who holds on, so that a leader whose client left knows whether to go on.
  void join();
  void leave();

 private:
  void publish_open();
  void changed(std::unique_lock<std::mutex> lock);

  static constexpr std::size_t block_size = 64 << 10;
  FillBudget::Share share_;  ///< the leader's
  mutable std::mutex mutex_;
  State state_ = State::waiting;
  std::uint64_t version_ = 0;
  std::size_t waiters_ = 0;
  std::optional<Beginning> beginning_;
  std::vector<BodyBlock> blocks_;
  std::string open_;  ///< the leader's: what no waiter has seen yet
  StoredResponsePtr whole_;
  std::vector<Wake> wakes_;
};

}  // namespace drishti::cache
