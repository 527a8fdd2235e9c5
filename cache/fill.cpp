#include "cache/fill.hpp"

#include <algorithm>
#include <utility>

namespace drishti::cache {

// Posts are made without the lock: what they wake may be another worker's, which asks at once.
void Fill::changed(std::unique_lock<std::mutex> lock) {
  ++version_;
  std::vector<Wake> wakes = std::exchange(wakes_, {});
  lock.unlock();
  for (const Wake& wake : wakes) wake();
}

void Fill::begin(Beginning beginning) {
  std::unique_lock lock(mutex_);
  open_.reserve(std::min<std::uint64_t>(beginning.length.value_or(0), block_size));
  beginning_.emplace(std::move(beginning));
  state_ = State::streaming;
  changed(std::move(lock));
}

void Fill::publish_open() {
  if (!open_.empty()) blocks_.push_back(std::make_shared<const std::string>(std::exchange(open_, {})));
}

bool Fill::write_overflow(std::string_view data) {
  if (!overflow_->write_at(overflow_size_, data)) return false;
  overflow_size_ += data.size();
  return true;
}

void Fill::append(std::span<const std::string_view> pieces) {
  std::unique_lock lock(mutex_);
  if (state_ == State::broken) return;
  if (state_ == State::outgrown) {
    const auto write = [this](std::string_view piece) { return write_overflow(piece); };
    const bool is_written = std::all_of(pieces.begin(), pieces.end(), write);
    if (!is_written) state_ = State::broken;
    return changed(std::move(lock));
  }
  for (const std::string_view piece : pieces) open_.append(piece);
  if (open_.size() >= block_size) publish_open();
  if (waiters_ == 0) return;
  publish_open();
  changed(std::move(lock));
}

bool Fill::outgrow(std::unique_ptr<BodyOverflow> overflow) {
  std::unique_lock lock(mutex_);
  publish_open();
  overflow_ = std::move(overflow);
  const auto write = [this](const BodyBlock& block) { return write_overflow(*block); };
  const bool is_written = std::all_of(blocks_.begin(), blocks_.end(), write);
  if (!is_written) return false;
  blocks_ = {};
  state_ = State::outgrown;
  changed(std::move(lock));
  return true;
}

bool Fill::is_read() const {
  const std::lock_guard lock(mutex_);
  return state_ == State::streaming && waiters_ > 0;
}

std::vector<BodyBlock> Fill::take_body() {
  const std::lock_guard lock(mutex_);
  publish_open();
  return blocks_;
}

void Fill::complete(StoredResponsePtr whole) {
  std::unique_lock lock(mutex_);
  whole_ = std::move(whole);
  state_ = State::complete;
  changed(std::move(lock));
}

void Fill::offer_stale(StoredResponsePtr stale) {
  std::unique_lock lock(mutex_);
  stale_ = std::move(stale);
  changed(std::move(lock));
}

void Fill::end(State state) {
  std::unique_lock lock(mutex_);
  if (state_ == State::complete || state_ == State::broken || state_ == State::passed) return;
  if (beginning_ && state != State::passed) state = State::broken;
  state_ = state;
  if (!beginning_) {  // nobody reads a body that was never announced
    blocks_ = {};
    open_ = {};
  }
  changed(std::move(lock));
}

bool Fill::has_waiters() const {
  const std::lock_guard lock(mutex_);
  return waiters_ > 0;
}

Fill::Progress Fill::progress() const {
  const std::lock_guard lock(mutex_);
  return {state_, version_, whole_, stale_, overflow_size_};
}

const Fill::Beginning* Fill::beginning() const {
  const std::lock_guard lock(mutex_);
  return beginning_ ? &*beginning_ : nullptr;
}

std::size_t Fill::blocks_from(std::size_t from, std::vector<BodyBlock>& out) const {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = from; i < blocks_.size(); ++i) out.push_back(blocks_[i]);
  return blocks_.size();
}

bool Fill::wait(std::uint64_t version, Wake wake) {
  const std::lock_guard lock(mutex_);
  if (version_ != version) return false;
  wakes_.push_back(std::move(wake));
  return true;
}

// What the leader gathered before anybody waited has to be seen by who comes now.
void Fill::join() {
  const std::lock_guard lock(mutex_);
  ++waiters_;
  publish_open();
}

void Fill::leave() {
  const std::lock_guard lock(mutex_);
  --waiters_;
}

}  // namespace drishti::cache
