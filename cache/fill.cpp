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
  open_.reserve(std::min<std::uint64_t>(beginning.length, block_size));
  beginning_.emplace(std::move(beginning));
  state_ = State::streaming;
  changed(std::move(lock));
}

void Fill::publish_open() {
  if (!open_.empty()) blocks_.push_back(std::make_shared<const std::string>(std::exchange(open_, {})));
}

void Fill::append(std::span<const std::string_view> pieces) {
  std::unique_lock lock(mutex_);
  for (const std::string_view piece : pieces) open_.append(piece);
  if (open_.size() >= block_size) publish_open();
  if (waiters_ == 0) return;
  publish_open();
  changed(std::move(lock));
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

void Fill::end(State state) {
  std::unique_lock lock(mutex_);
  if (state_ == State::complete || state_ == State::broken) return;
  state_ = state_ == State::streaming ? State::broken : state;
  if (state_ != State::broken) {  // nobody reads a body that was never announced
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
  return {state_, version_, whole_};
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
